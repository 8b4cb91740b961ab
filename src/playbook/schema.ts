import { z } from 'zod';
import type { Json } from '../json.ts';
import { parseDuration } from './duration.ts';

/**
 * The playbook language, as written in YAML. Strict at every level: a key that is not listed here is
 * refused, so a misspelt `onErorr` cannot silently drop a failure edge. What can only be judged with
 * the catalogue at hand (names, types, reachability) is judged in `build.ts` and `explore.ts`.
 */

/** Keys of states and variables: they become parts of ids, so they hold neither dots nor hashes. */
const key = z.string().regex(/^[a-z][a-z0-9-]{0,59}$/, 'expected lower-case letters, digits and hyphens');
const variableName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,59}$/, 'expected a name of letters and digits, beginning with a small letter');
const expression = z.string().min(1);
const text = z.string().min(1).max(2000);

const jsonValue: z.ZodType<Json> = z.lazy(() =>
  z.union([
    z.null(),
    z.boolean(),
    z.number(),
    z.string().max(2000),
    z.array(jsonValue).max(100),
    z.record(z.string(), jsonValue),
  ]),
);

const transitionObject = z
  .strictObject({
    guard: expression.optional(),
    target: z.string().min(1).optional(),
    assign: z.record(variableName, jsonValue).optional(),
    description: text.optional(),
  })
  .refine((value) => value.target !== undefined || value.assign !== undefined, {
    message: 'expected a target, an assign or both',
  });

/** A target, one transition, or a list of which the first whose guard holds is taken. */
const transitions = z.union([z.string().min(1), transitionObject, z.array(transitionObject).min(1).max(20)]);

const invoke = z.strictObject({
  src: z.string().min(1),
  input: z.record(z.string(), jsonValue).optional(),
  onDone: transitions.optional(),
  onError: transitions.optional(),
  /** The author has seen that what this action does cannot be undone. */
  irreversible: z.literal(true).optional(),
});

const notification = z.strictObject({
  notify: z.string().min(1),
  params: z.record(z.string(), jsonValue).optional(),
});

const duration = z.string().refine((value) => parseDuration(value) !== undefined, {
  message: 'expected a duration such as 500ms, 10s, 15m, 24h or 2d, at most 30d',
});

const variable = z.strictObject({
  type: z.enum(['string', 'number', 'boolean', 'list', 'any']),
  /** For a list: what its items are. */
  items: z.enum(['string', 'number', 'boolean', 'any']).optional(),
  default: jsonValue,
  description: text.optional(),
});

export type VariableDocument = z.infer<typeof variable>;
const variables = z.record(variableName, variable);

export type TransitionDocument = z.infer<typeof transitionObject>;
export type TransitionsDocument = z.infer<typeof transitions>;
export type InvokeDocument = z.infer<typeof invoke>;
export type NotificationDocument = z.infer<typeof notification>;

export interface StateDocument {
  readonly id?: string | undefined;
  readonly description?: string | undefined;
  readonly type?: 'parallel' | 'final' | 'history' | undefined;
  readonly history?: 'shallow' | 'deep' | undefined;
  /** The default of a history state that has nothing to remember. */
  readonly target?: string | undefined;
  readonly initial?: string | undefined;
  readonly states?: Readonly<Record<string, StateDocument>> | undefined;
  readonly on?: Readonly<Record<string, TransitionsDocument>> | undefined;
  readonly always?: TransitionsDocument | undefined;
  readonly after?: Readonly<Record<string, TransitionsDocument>> | undefined;
  readonly invoke?: InvokeDocument | undefined;
  readonly entry?: readonly NotificationDocument[] | undefined;
  readonly onDone?: TransitionsDocument | undefined;
  readonly onError?: TransitionsDocument | undefined;
  readonly forEach?: string | undefined;
  readonly vars?: Readonly<Record<string, VariableDocument>> | undefined;
  readonly output?: Readonly<Record<string, Json>> | undefined;
}

const state: z.ZodType<StateDocument> = z.lazy(() =>
  z.strictObject({
    id: key.optional(),
    description: text.optional(),
    type: z.enum(['parallel', 'final', 'history']).optional(),
    history: z.enum(['shallow', 'deep']).optional(),
    target: z.string().min(1).optional(),
    initial: key.optional(),
    states: z.record(key, state).optional(),
    on: z.record(z.string().min(1), transitions).optional(),
    always: transitions.optional(),
    after: z.record(duration, transitions).optional(),
    invoke: invoke.optional(),
    entry: z.array(notification).max(10).optional(),
    onDone: transitions.optional(),
    onError: transitions.optional(),
    forEach: z
      .literal('incident.targets', 'expected incident.targets, the only list that can be run over')
      .optional(),
    vars: variables.optional(),
    output: z.record(z.string(), jsonValue).optional(),
  }),
);

export const playbookDocument = z.strictObject({
  id: key,
  version: z.int().min(1),
  title: text,
  description: text.optional(),
  triggers: z.array(z.strictObject({ when: expression, order: z.int().min(0).max(100_000) })).max(20),
  vars: variables.optional(),
  initial: key,
  on: z.record(z.string().min(1), transitions).optional(),
  states: z.record(key, state),
});

export type PlaybookDocument = z.infer<typeof playbookDocument>;
