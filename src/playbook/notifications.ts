import { z } from 'zod';
import { PERSONAL_VARIANTS } from '../action/variant.ts';
import { RESPONDER_ROLES } from './roles.ts';

/** A message that a state sends when it is entered; `params` is what the playbook may say about it. */
export interface Notification {
  readonly name: string;
  readonly description: string;
  readonly params: z.ZodType;
}

const functionArn = z.string().min(1);

/** All notifications, by name. Their words are the Slack app's; a playbook only supplies facts. */
export const NOTIFICATIONS: readonly Notification[] = [
  {
    name: 'escalate',
    description: 'Nobody answered in time: page the next person.',
    params: z.strictObject({
      to: z.enum(RESPONDER_ROLES),
      reason: z.enum([
        'triage-unanswered',
        'recovery-unanswered',
        'release-unanswered',
        'owner-missing',
        'engine-failed',
      ]),
      round: z.int().min(1),
    }),
  },
  {
    name: 'containment-failed',
    description: 'One containment step of one target failed: a person must do it.',
    params: z.strictObject({ functionArn, step: z.string(), code: z.string() }),
  },
  {
    name: 'needs-a-person',
    description:
      'The function is of a kind that an automatic step would mishandle: a person does what is left.',
    params: z.strictObject({ functionArn, variants: z.array(z.enum(PERSONAL_VARIANTS)).min(1) }),
  },
  {
    name: 'containment-unproven',
    description: 'Containment was accepted but did not become effective within its budget.',
    params: z.strictObject({ functionArn, level: z.string() }),
  },
  {
    name: 'containment-effective',
    description: 'Containment of one target is shown to be effective.',
    params: z.strictObject({ functionArn }),
  },
  {
    name: 'observed-only',
    description: 'The engine was not allowed to contain: it recorded what it would have done.',
    params: z.strictObject({ functionArn }),
  },
  {
    name: 'containment-breached',
    description: 'Something got through after the cut-off: containment does not hold.',
    params: z.strictObject({ functionArn, calls: z.array(z.string()), since: z.string() }),
  },
  {
    name: 'drift',
    description: 'Somebody changed what is contained, and it is put again.',
    params: z.strictObject({ object: z.string(), found: z.string(), times: z.int().min(1) }),
  },
  {
    name: 'drift-asks',
    description: 'Somebody goes on changing what is contained: a person is asked before it is put again.',
    params: z.strictObject({ object: z.string(), found: z.string(), times: z.int().min(1) }),
  },
  {
    name: 'drift-by',
    description: 'CloudTrail has said who changed what is contained.',
    params: z.strictObject({ functionArn, principals: z.array(z.string()), calls: z.array(z.string()) }),
  },
  {
    name: 'evidence-incomplete',
    description: 'Evidence of one target could not be sealed.',
    params: z.strictObject({ functionArn, code: z.string() }),
  },
  {
    name: 'release-incomplete',
    description: 'Release met a conflict, is degraded, or failed: a person decides.',
    params: z.strictObject({ code: z.string(), conflicts: z.int().min(0) }),
  },
  {
    name: 'upkeep-failed',
    description:
      'What was to be taken back after the incident could not be: it is tried again, and a person should look.',
    params: z.strictObject({ object: z.string(), code: z.string(), nextAt: z.string() }),
  },
  {
    name: 'postmortem-failed',
    description: 'No postmortem could be drafted.',
    params: z.strictObject({ code: z.string() }),
  },
];
