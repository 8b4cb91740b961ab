import { z } from 'zod';
import { parseDuration } from '../../playbook/duration.ts';
import { FORM_IDS } from '../../playbook/forms.ts';
import { RESPONDER_ROLES } from '../../playbook/roles.ts';
import { ENTRY_KINDS } from '../../timeline/entry.ts';

/**
 * `scenario.yaml`: what a tabletop exercise is about, what happens in it, who answers what when nobody
 * is there to, and what a good response looks like. Data, never code. docs/exercises.md describes it.
 */

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens, at most 63');
const text = z.string().trim().min(1).max(2000);

/** A duration such as `6s`, or 0: milliseconds from then on. */
const durationMs = z.union([z.literal(0), z.string()]).transform((value, context) => {
  const parsed = value === 0 || value === '0s' ? 0 : parseDuration(value);
  if (parsed !== undefined) return parsed;
  context.addIssue({
    code: 'custom',
    message: 'expected a duration such as 500ms, 10s, 15m or 2h, not negative',
  });
  return z.NEVER;
});

/** Members that a value must have, to any depth; what is not named may be anything. */
const subset = z.record(z.string(), z.json());

/** Something that happens in an exercise: an entry of the timeline, a call in the account, an inject. */
const matcher = z.union([
  z.strictObject({
    timeline: z.strictObject({
      kind: z.enum(ENTRY_KINDS),
      data: subset.optional(),
      /** A responder's id, `engine`, or the playbook's id. */
      actor: z.string().optional(),
    }),
  }),
  z.strictObject({
    account: z.strictObject({
      by: z.enum(['attacker', 'engine', 'person']).optional(),
      operation: z.string().optional(),
      /** `ok`, `denied`, `throttled`, or an AWS error code. */
      outcome: z.string().optional(),
      /** ARN of what the call acts on. */
      target: z.string().optional(),
      write: z.boolean().optional(),
    }),
  }),
  z.strictObject({ inject: id }),
]);

/** When something of the script happens: at an instant, or a while after something else. */
const timing = {
  at: durationMs.optional(),
  after: matcher.optional(),
  delay: durationMs.default(0),
};

/**
 * Members that are made anew in each run, else the finding of a second run would be the one of the first.
 * `id`: 32 hex digits, the same in one run; `now`: the instant; `ago`: the instant so long before.
 */
const stamp = z
  .array(
    z.strictObject({
      path: z.array(z.union([z.string(), z.int().min(0)])).min(1),
      as: z.union([z.enum(['id', 'now']), z.strictObject({ ago: durationMs })]),
    }),
  )
  .default([]);

const delivery = z.union([
  z.strictObject({
    alert: z.strictObject({
      /** Name of the webhook's sender. */
      sender: id,
      /** A file beside this one, in the sender's real format. */
      file: z.string().regex(/^[\w./-]+\.json$/),
      stamp,
    }),
  }),
  z.strictObject({
    /** A person writes in the incident's channel. */
    slack: z.strictObject({ from: id, text }),
  }),
  z.strictObject({
    /** A person does something in the account, as one of its users. */
    account: z.strictObject({
      from: id,
      user: z.string().min(1),
      act: z.union([
        z.strictObject({
          service: z.literal('iam'),
          action: z.string().regex(/^[A-Za-z]+$/),
          parameters: z.record(z.string(), z.json()),
          stamp,
        }),
        z.strictObject({
          service: z.literal('lambda'),
          redeploy: z.strictObject({ function: z.string().min(1), version: z.string().regex(/^[1-9]\d*$/) }),
        }),
      ]),
    }),
  }),
]);

const inject = z.strictObject({
  id,
  ...timing,
  synopsis: text,
  kind: z
    .enum(['contextual', 'contingency', 'surprise', 'false-positive', 'resource-constraint'])
    .default('contextual'),
  objectives: z.array(id).default([]),
  /** For whoever observes: what to look at. */
  notes: text.optional(),
  deliver: delivery,
});

const attackerStep = z.strictObject({
  id,
  ...timing,
  synopsis: text,
  /** Repeats, this long after the last time. */
  every: durationMs.optional(),
  until: matcher.optional(),
  /** Gives up after so many refusals in a row. */
  giveUpAfter: z.int().min(1).optional(),
  act: z.union([
    z.strictObject({ steal: z.string().min(1) }),
    z.strictObject({
      call: z.strictObject({ with: id, service: z.string(), action: z.string(), resource: z.string() }),
    }),
    z.strictObject({ invoke: z.string().min(1), payload: z.json().default({}) }),
  ]),
});

const answer = z.record(z.string(), z.union([z.string(), z.int()]));

const responderStep = z.strictObject({
  id,
  who: id,
  when: z.union([
    z.strictObject({ question: z.enum(FORM_IDS) }),
    /** Id of the action that is to be approved; `any` for each. */
    z.strictObject({ approval: z.string() }),
  ]),
  /** Waits for this too, before the delay begins. */
  needs: matcher.optional(),
  delay: durationMs,
  answer: answer.optional(),
  approve: z.boolean().optional(),
  /** What the person writes in the channel first. */
  says: text.optional(),
  /** Why an approval is denied. */
  reason: text.optional(),
});

const expectation = z.strictObject({
  id,
  objective: id,
  title: text,
  /** Why it matters, for the report. */
  why: text.optional(),
  oblige: z.enum(['must', 'should', 'must-not']),
  /** Any one of these counts. */
  anyOf: z.array(matcher).min(1),
  /** The clock starts when this inject is delivered. */
  since: id.optional(),
  /** Counts only from here on. */
  from: matcher.optional(),
  within: durationMs.optional(),
  role: z.enum(RESPONDER_ROLES).optional(),
  weight: z.int().min(1).max(100).default(1),
});

/** The form alone; `readScenario` checks what one part says of another. */
export const SCENARIO_SHAPE = z.strictObject({
  id,
  version: z.int().min(1),
  title: text,
  summary: text,
  /** MITRE ATT&CK technique ids. */
  attack: z
    .array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'expected an ATT&CK technique such as T1552.005'))
    .min(1),
  difficulty: z.enum(['introductory', 'intermediate', 'advanced']),
  /** The exercise is over then, closed or not. */
  duration: durationMs,
  /** How long it goes on after the last incident is closed: what release let in again would show then. */
  aftermath: durationMs.default(0),
  /** Ids and chances of a headless run depend on it alone. */
  seed: z.string().min(1),
  /** The hour at which a headless run begins. */
  startsAt: z.iso.datetime({ precision: 3 }),
  drill: z.strictObject({
    banner: text,
    groundRules: z.array(text).min(1),
    safety: z.array(text).min(1),
  }),
  /** Files beside this one. */
  world: z.string().regex(/^[\w-]+\.yaml$/),
  enrolment: z.string().regex(/^[\w-]+\.yaml$/),
  /** The user of the account whose credentials the engine has. */
  engine: z.strictObject({ user: z.string().min(1) }),
  objectives: z
    .array(
      z.strictObject({
        id,
        text,
        capability: text,
        priority: z.enum(['high', 'medium', 'low']).default('high'),
        /** What it looks like when it is met. */
        measure: text,
      }),
    )
    .min(1),
  roles: z
    .array(
      z.strictObject({
        role: z.enum(RESPONDER_ROLES),
        required: z.boolean().default(true),
        /** Responders of the enrolment file who play it. */
        people: z.array(id).min(1),
      }),
    )
    .min(1),
  injects: z.array(inject).min(1),
  attacker: z.array(attackerStep).default([]),
  script: z.array(responderStep).default([]),
  expected: z.array(expectation).min(1),
  scoring: z
    .strictObject({
      /** Share of an expectation's weight that it earns when it comes late. */
      late: z.number().min(0).max(1).default(0.5),
      /** Share of all points from which the exercise counts as passed, when nothing that must be was missed. */
      pass: z.number().min(0).max(1).default(0.7),
    })
    .prefault({}),
  hotWash: z.array(text).default([]),
});

export type Scenario = z.output<typeof SCENARIO_SHAPE>;
export type Matcher = z.output<typeof matcher>;
export type Stamp = z.output<typeof stamp>[number];
export type Inject = Scenario['injects'][number];
export type AttackerStep = Scenario['attacker'][number];
export type ResponderStep = Scenario['script'][number];
export type Expectation = Scenario['expected'][number];
