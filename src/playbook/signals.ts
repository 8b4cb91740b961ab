import { z } from 'zod';

/** A named event that reaches a chart from outside: a human command or news about the incident. */
export interface Signal {
  readonly name: string;
  readonly description: string;
  /** What the event carries: `event.payload` in the playbook. */
  readonly payload: z.ZodType;
}

const by = z.string().min(1).max(200);

/** All signals, by name. */
export const SIGNALS: readonly Signal[] = [
  {
    name: 'release.requested',
    description: 'A person asks for release now.',
    payload: z.strictObject({ by, reason: z.string().max(2000).optional() }),
  },
  {
    name: 'target.added',
    description: 'A target joined the incident; the engine has started its charts.',
    payload: z.strictObject({ functionArn: z.string().min(1), by }),
  },
  {
    name: 'widen.requested',
    description: 'A person asks to deny whole roles and not the function alone.',
    payload: z.strictObject({ by, reason: z.string().max(2000).optional() }),
  },
  {
    name: 'roll-back.requested',
    description: 'A person asks to point an alias of a target at a version whose code they know to be good.',
    payload: z.strictObject({
      functionArn: z.string().min(1),
      alias: z.string(),
      version: z.string(),
      codeSha256: z.string(),
      by,
      reason: z.string().max(2000).optional(),
    }),
  },
  {
    name: 'alert.updated',
    description: 'The finding was sent again with news, or another finding joined.',
    payload: z.strictObject({ revision: z.string(), severity: z.number() }),
  },
  {
    name: 'close.requested',
    description: 'A person asks to close the incident.',
    payload: z.strictObject({ by, reason: z.string().max(2000).optional() }),
  },
  {
    name: 'containment.breached',
    description:
      'Something got through what is held on a target, or its role undoes it: `next` is the rung that would stop it.',
    payload: z.strictObject({
      functionArn: z.string().min(1),
      next: z.enum(['isolate', 'role', 'attached', 'person']),
      /** The roles that it is needed on. */
      roles: z.array(z.string()),
      /** The widest deny that is held: `role` once every session is denied. */
      mode: z.enum(['function', 'role']),
    }),
  },
  {
    name: 'escalation.acknowledged',
    description: 'A person answered the page of an escalation.',
    payload: z.strictObject({ by }),
  },
];
