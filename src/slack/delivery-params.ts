import { z } from 'zod';
import { CodedError } from '../error.ts';
import type { DeliveryKind, SlackDelivery } from './delivery.ts';

export class SlackParamsError extends CodedError<'cordon_slack_bad_params'> {}

/** `digest` names the plan that was asked about; rows of earlier versions have none. */
const approvalOf = z.object({ attempt: z.string().min(1), digest: z.string().nullish() }).strict();

/** The params of an outbox row, by kind. The row is ours, but it comes out of a database: checked again. */
const SCHEMAS = {
  'open-channel': z.object({}).strict(),
  // `first` is the engine's own mark of the card that opens the incident.
  card: z.object({ first: z.boolean().optional() }).strict(),
  // With `keepOut` about who is in the channel, and not about what: furnishing overtakes what is waiting.
  furnish: z.object({ keepOut: z.boolean().optional() }).strict(),
  question: z.object({ invocation: z.string().min(1) }).strict(),
  'question-settled': z.object({ invocation: z.string().min(1) }).strict(),
  approval: approvalOf,
  'approval-settled': approvalOf,
  // A playbook's `notify` names what happened and may add facts; facts are shown, never interpreted.
  announce: z.object({ name: z.string().min(1) }).catchall(z.json()),
  'task-due': z.object({ task: z.string(), to: z.string().nullable(), last: z.boolean() }).strict(),
  update: z.object({ update: z.string(), to: z.string() }).strict(),
  'update-asked': z.object({ update: z.string() }).strict(),
  duty: z
    .object({
      duty: z.string(),
      to: z.string().nullable(),
      last: z.boolean(),
      /** After an outage: everything that was to be said meanwhile, the first deadline first. */
      missed: z
        .object({
          since: z.string(),
          duties: z.array(
            z.object({ duty: z.string(), to: z.string().nullable(), times: z.int().min(1) }).strict(),
          ),
        })
        .strict()
        .optional(),
    })
    .strict(),
  transcript: z.object({}).strict(),
  archive: z.object({}).strict(),
  'ask-identity': z.object({ to: z.string().min(1) }).strict(),
  invite: z.object({ responder: z.string().min(1) }).strict(),
  scope: z.object({}).strict(),
  postmortem: z.object({ location: z.string().min(1) }).catchall(z.json()),
} satisfies Record<DeliveryKind, z.ZodType>;

/** Narrows the kind of a row, which came out of a database as a string. */
export function isDeliveryKind(kind: string): kind is DeliveryKind {
  return Object.hasOwn(SCHEMAS, kind);
}

type DeliveryParams<Kind extends DeliveryKind> = z.infer<(typeof SCHEMAS)[Kind]>;

/** The checked params of a row; throws `cordon_slack_bad_params` naming the row and the field. */
export function deliveryParams<Kind extends DeliveryKind>(
  row: SlackDelivery,
  kind: Kind,
): DeliveryParams<Kind> {
  const parsed = SCHEMAS[kind].safeParse(row.params);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SlackParamsError(
      'cordon_slack_bad_params',
      `Outbox row ${row.outboxId} (${kind}): expected ${issue?.path.join('.') || 'params'} to be valid, found: ${issue?.message ?? 'invalid'}. The row was written by another version; withdraw it.`,
    );
  }
  // The schema of exactly this kind has just accepted the value.
  return parsed.data as DeliveryParams<Kind>;
}
