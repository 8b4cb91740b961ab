import { z } from 'zod';
import { parseDuration } from '../../playbook/duration.ts';
import { ENTRY_KINDS } from '../../timeline/entry.ts';

/** The terms that a scenario is written in. */

export const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens, at most 63');
export const text = z.string().trim().min(1).max(2000);
/** The name of a user, a function or a queue of the account. */
export const named = z.string().min(1);
export const arn = z.string().startsWith('arn:');

/** A file beside the scenario, or one that scenarios share. */
export const yamlFile = z
  .string()
  .regex(
    /^(\.\.\/common\/)?[\w-]+\.yaml$/,
    'expected the name of a YAML file beside the scenario, or ../common/NAME.yaml',
  );

/** A duration such as `6s`, or 0: milliseconds from then on. */
export const durationMs = z
  .union([z.literal(0), z.string()])
  .transform((value, context) => {
    const parsed = value === 0 || value === '0s' ? 0 : parseDuration(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({
      code: 'custom',
      message: 'expected a duration such as 500ms, 10s, 15m or 2h, not negative',
    });
    return z.NEVER;
  })
  .meta({ of: 'duration' });

interface Refusal {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** One of several forms. What is said to be wrong is what is wrong with the one that was meant, by a member that only it has. */
export function oneOf<const Forms extends readonly z.ZodObject[]>(forms: Forms): z.ZodUnion<Forms> {
  const members = forms.map((form) => Object.keys(form.shape));
  const own = members.map((names, at) =>
    names.filter((name) => members.every((others, index) => index === at || !others.includes(name))),
  );
  return z.union(forms, {
    error: (issue) => {
      const given = typeof issue.input === 'object' && issue.input !== null ? Object.keys(issue.input) : [];
      const meant = own.findIndex((names) => names.some((name) => given.includes(name)));
      const found: readonly (readonly Refusal[])[] = issue.code === 'invalid_union' ? issue.errors : [];
      const [first] = found[meant] ?? [];
      return first === undefined
        ? `expected one of ${own.map(([name]) => name).join(', ')}`
        : `${first.path.map(String).join('.')}: ${first.message}`;
    },
  });
}

/** Something that happens in an exercise. */
export const matcher = oneOf([
  z.strictObject({
    timeline: z
      .strictObject({
        kind: z.enum(ENTRY_KINDS).meta({ of: 'kind of entry' }).describe('Kind of the entry.'),
        data: z
          .record(z.string(), z.json())
          .optional()
          .describe('Members that its data must have, to any depth; what is not named may be anything.'),
        actor: z.string().optional().describe('A responder’s id, `engine`, or the playbook’s id.'),
      })
      .describe('An entry of the timeline of an incident.'),
  }),
  z.strictObject({
    account: z
      .strictObject({
        by: z
          .enum(['attacker', 'engine', 'person', 'system'])
          .optional()
          .describe('Who made the call; `system` is what functions and services do of themselves.'),
        operation: z.string().optional().describe('`GetSecretValue`, `Invoke`.'),
        outcome: z.string().optional().describe('`ok`, `denied`, `throttled`, or an AWS error code.'),
        target: z.string().optional().describe('ARN of what the call acts on.'),
        write: z.boolean().optional().describe('Whether the call changes something.'),
      })
      .describe('A call in the account, as the account’s own journal has it.'),
  }),
  z.strictObject({
    queue: z
      .strictObject({
        name: named.describe('Name of the queue.'),
        atLeast: z.int().min(0).optional().describe('It holds so many messages or more.'),
        atMost: z.int().min(0).optional().describe('It holds so many messages or fewer.'),
      })
      .describe('How many messages a queue of the account holds.'),
  }),
  z.strictObject({ inject: id.describe('Id of an inject that has been delivered.') }),
]).meta({ of: 'matcher' });

/** When something of the script happens: at an instant, or a while after something else. */
export const timing = {
  at: durationMs.optional().describe('How long after the start. Either this or `after`.'),
  after: matcher.optional().describe('What it waits for.'),
  delay: durationMs.default(0).describe('How long after `after`.'),
};

/** Members that are made anew in each run, else the finding of a second run would be the one of the first. */
export const stamp = z
  .array(
    z.strictObject({
      path: z
        .array(z.union([z.string(), z.int().min(0)]))
        .min(1)
        .describe('Where in the document: names and indexes.'),
      as: z
        .union([z.enum(['id', 'now']), z.strictObject({ ago: durationMs }), z.strictObject({ text })])
        .describe(
          '`id`: 32 hex digits, the same throughout a run; `now`: the instant; `{ ago: 7m }`: the instant so long before; `{ text: … }`: these words, with the `id` in place of `{id}`.',
        ),
    }),
  )
  .default([])
  .describe('Members that are made anew in each run.');
