import { z } from 'zod';
import { RESPONDER_ROLES } from '../../playbook/roles.ts';
import { attackerStep, inject, responderStep } from './steps.ts';
import { durationMs, id, matcher, named, type stamp, text, yamlFile } from './terms.ts';

/**
 * `scenario.yaml`: what a tabletop exercise is about, what happens in it, who answers what when nobody
 * is there to, and what a good response looks like. Data, never code. docs/exercises.md describes it, from
 * the words here.
 */

const expectation = z.strictObject({
  id,
  objective: id.describe('Id of the objective that it counts for.'),
  title: text.describe('What is expected, in a sentence.'),
  why: text.optional().describe('Why it matters, for the report.'),
  oblige: z.enum(['must', 'should', 'must-not']).describe('A `must` that is missed fails the exercise.'),
  anyOf: z.array(matcher).min(1).describe('Any one of these counts.'),
  since: id.optional().describe('Id of the inject whose delivery starts its clock.'),
  from: matcher.optional().describe('It counts only from here on.'),
  within: durationMs.optional().describe('In time until so long after `since`, and late from then on.'),
  role: z.enum(RESPONDER_ROLES).optional().describe('Counts only when somebody with this role did it.'),
  weight: z.int().min(1).max(100).default(1).describe('Points that it is worth.'),
});

/** The form alone; `readScenario` checks what one part says of another. */
export const SCENARIO_SHAPE = z.strictObject({
  id: id.describe('Name of its folder.'),
  version: z
    .int()
    .min(1)
    .describe('Counted up when what is expected changes, so that results are compared with their like.'),
  title: text.describe('Its name.'),
  summary: text.describe('What has happened when it begins; everybody is told.'),
  attack: z
    .array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'expected an ATT&CK technique such as T1552.005'))
    .min(1)
    .describe('MITRE ATT&CK technique ids.'),
  difficulty: z.enum(['introductory', 'intermediate', 'advanced']).describe('How hard it is on people.'),
  duration: durationMs.describe('The exercise is over then, closed or not.'),
  aftermath: durationMs
    .default(0)
    .describe(
      'How long it goes on after the last incident is closed: what release let in again would show then.',
    ),
  seed: z.string().min(1).describe('Ids and chances of a headless run depend on it alone.'),
  startsAt: z.iso.datetime({ precision: 3 }).describe('The hour at which a headless run begins.'),
  drill: z
    .strictObject({
      banner: text
        .default('EXERCISE: a simulated account; nothing here is real.')
        .describe('Shown with everything.'),
      groundRules: z
        .array(text)
        .min(1)
        .default([
          'Do what you would do in a real incident, with the tools that you would have.',
          'Nobody is judged; the plan and the tools are.',
          'A real incident ends the exercise at once. Say "STOP, real incident" in the channel.',
        ])
        .describe('What the players are told.'),
      safety: z
        .array(text)
        .min(1)
        .default([
          'The engine can reach the simulated account only.',
          'Nobody is paged; Slack is a double, or channels that begin with drill-.',
        ])
        .describe('Why nothing real can happen.'),
    })
    .prefault({})
    .describe('What makes it a drill.'),
  world: z
    .union([yamlFile, z.array(yamlFile).min(1)])
    .transform((files): readonly string[] => (typeof files === 'string' ? [files] : files))
    .meta({ of: 'file or list of files' })
    .describe('Files that the account is put together from: their lists one after another.'),
  enrolment: yamlFile.describe('Who may do what, in the format of a real deployment.'),
  polling: durationMs
    .optional()
    .describe(
      'So often the account’s event source mappings take a batch from their queues; left out: never.',
    ),
  engine: z
    .strictObject({ user: named.describe('The user of the account whose key the engine has.') })
    .describe('The engine.'),
  objectives: z
    .array(
      z.strictObject({
        id,
        text: text.describe('What the exercise is to show.'),
        capability: text.describe('The capability that it is rated under.'),
        priority: z.enum(['high', 'medium', 'low']).default('high'),
        measure: text.describe('What it looks like when it is met.'),
      }),
    )
    .min(1)
    .describe('Each is covered by at least one expected action.'),
  roles: z
    .array(
      z.strictObject({
        role: z.enum(RESPONDER_ROLES),
        required: z.boolean().default(true),
        people: z.array(id).min(1).describe('Responders of the enrolment file who play it.'),
      }),
    )
    .min(1)
    .describe('Who takes part.'),
  injects: z.array(inject).min(1).describe('What the players meet with.'),
  attacker: z.array(attackerStep).default([]).describe('What the other side does.'),
  script: z
    .array(responderStep)
    .default([])
    .describe('What people do when a machine plays them. In a live run with people they do it themselves.'),
  expected: z.array(expectation).min(1).describe('What a good response looks like.'),
  scoring: z
    .strictObject({
      late: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe('Share of its weight that an expectation earns late.'),
      pass: z.number().min(0).max(1).default(0.7).describe('Share of all points that is needed.'),
    })
    .prefault({})
    .describe('How it is scored.'),
  hotWash: z.array(text).default([]).describe('Questions for the talk right after it.'),
});

export type Scenario = z.output<typeof SCENARIO_SHAPE>;
export type Matcher = z.output<typeof matcher>;
export type Stamp = z.output<typeof stamp>[number];
export type Inject = Scenario['injects'][number];
export type AttackerStep = Scenario['attacker'][number];
export type ResponderStep = Scenario['script'][number];
export type Expectation = Scenario['expected'][number];
