import { z } from 'zod';
import { defineReadAction } from './action.ts';
import { assess, verifyContainment } from './containment-verify.ts';
import { reserveZeroConcurrency } from './lambda-reserve-zero-concurrency.ts';
import { scaleInstancesToZero } from './lambda-scale-instances-to-zero.ts';
import type { ActionContext } from './ports.ts';
import { ANY } from './resources.ts';
import { changesOf, type TrailedChange } from './watch/changes.ts';
import { deniesOf, gotThrough, nextRung, wereRefused } from './watch/denies.ts';
import { type Counted, countInvocations } from './watch/invocations.ts';
import { lookUpCalls } from './watch/look-up.ts';
import type { TrailedCall } from './watch/trailed-call.ts';

// People and the timeline need to see what it was, not every instance of it.
const SHOWN = 20;

// The longest that a session of a role can last (IAM, "maximum session duration").
const SESSION_MAX_MS = 12 * 3_600_000;

const input = z.strictObject({
  /** What CloudTrail knew before this instant an earlier look has read; `null`: since the target was first held. */
  since: z.iso.datetime().nullable(),
  /** Sessions of the roles that an earlier look found the beginning of. */
  sessions: z.array(z.string()).max(10).optional(),
});

const call = z.strictObject({
  id: z.string(),
  at: z.string(),
  call: z.string(),
  principal: z.string(),
});

const output = z.strictObject({
  /** As `containment.verify` has it, of what is held at this moment. */
  level: z.enum(['none', 'accepted', 'read_back', 'effective']),
  detail: z.string(),
  /** Held objects that are not as they were left. */
  drifted: z.array(z.strictObject({ objectKey: z.string(), found: z.string() })),
  /** Calls after the cut-off that the denies should have stopped; newest first. */
  through: z.array(call),
  /** How many calls after the cut-off were refused, and how many invocations were turned away. */
  refused: z.int().min(0),
  throttled: z.int().min(0),
  /** Asynchronous events that Lambda gave up since the function was stopped. */
  dropped: z.int().min(0).default(0),
  /** Who changed what is contained, newest first; Cordon's own writes are among them. */
  changes: z.array(call.extend({ undoes: z.array(z.string()), sourceIdentity: z.string().nullable() })),
  /** Invocations that began after the function was stopped. */
  invoked: z.strictObject({ count: z.int().min(0), at: z.string().nullable() }),
  /** Runs at the same time, as last published; `null` where nobody counts, or nothing stops invocations. */
  running: z.int().min(0).nullable(),
  /** Sessions of the roles under other names than the function's, newest first. */
  sessions: z.array(z.string()).default([]),
  /** What would stop what got through, and on which roles. */
  next: z.enum(['none', 'isolate', 'role', 'attached', 'person']),
  nextRoles: z.array(z.string()),
  unread: z.array(z.string()),
});

export type Look = z.infer<typeof output>;

/** What a look of a watch gave; `undefined` for anything else. */
export function lookOf(value: unknown): Look | undefined {
  return output.safeParse(value).data;
}

export const watchContainment = defineReadAction<z.infer<typeof input>, Look>({
  id: 'containment.watch',
  title: 'Watch what is contained',
  description:
    'Reads every held object back, and asks CloudTrail and CloudWatch what the function and its roles came to since: calls ' +
    'that were refused, calls that got through after the cut-off, invocations, and who changed what is held. CloudTrail is ' +
    'minutes late, so silence shows nothing. The function is never invoked to test. Writes nothing.',
  effect: 'read',
  lane: 'verify',
  permissions: [
    ...verifyContainment.permissions,
    {
      action: 'cloudtrail:LookupEvents',
      purpose: 'read',
      resource: ANY,
      why: 'what the contained sessions called, and who changed what is held',
    },
    {
      action: 'cloudwatch:GetMetricData',
      purpose: 'read',
      resource: ANY,
      why: 'invocations and throttles since the stop',
    },
  ],
  input,
  output,

  async run(context, { since, sessions = [] }) {
    const { held, target, settings } = context;
    const denies = deniesOf(held, settings.propagationBudgetMs);
    const heldMs = held.flatMap((each) => each.firstAcceptedAt ?? each.acceptedAt ?? []).map(Date.parse);
    const fromMs = Math.max(Math.min(...heldMs), since === null ? 0 : Date.parse(since));
    // What began before the target was held is looked for by the first look, and by others as far as CloudTrail may have
    // been late; the sessions that were found are handed on by their names.
    const begunMs = since === null ? fromMs - SESSION_MAX_MS : Date.parse(since);
    const [verified, trail, counts] = await Promise.all([
      assess(context),
      heldMs.length === 0
        ? { calls: [], sessions: [], unread: [] }
        : lookUpCalls(context, fromMs, sessions, begunMs),
      countedSinceStop(context),
    ]);
    const through = gotThrough(trail.calls, denies);
    const changes = changesOf(trail.calls, target, held);
    const stripping = changes.filter((change) =>
      change.undoes.some((key) => key.startsWith('role-quarantine:')),
    );
    const next = nextRung(
      denies,
      through,
      stripping.map((change) => change.call),
    );
    const { counted } = counts;
    return {
      level: verified.level,
      detail: verified.detail,
      drifted: verified.differs.map((each) => ({ ...each })),
      through: through.slice(0, SHOWN).map(shown),
      refused: wereRefused(trail.calls, denies).length,
      throttled: counted?.throttles ?? 0,
      dropped: counted?.dropped ?? 0,
      changes: changes.slice(0, SHOWN).map(shownChange),
      invoked: { count: counted?.invocations ?? 0, at: counted?.invokedAt ?? null },
      running: counted?.running ?? null,
      sessions: [...trail.sessions],
      next: next.rung,
      nextRoles: [...next.roles],
      unread: [...trail.unread, ...counts.unread],
    };
  },
});

/** Only a function that was stopped is counted: elsewhere invocations are what it is for. */
async function countedSinceStop(
  context: ActionContext,
): Promise<{ readonly counted: Counted | null; readonly unread: readonly string[] }> {
  const stop = context.held.find(
    (each) => each.action === reserveZeroConcurrency.id || each.action === scaleInstancesToZero.id,
  );
  if (stop?.acceptedAt === undefined) return { counted: null, unread: [] };
  return countInvocations(context, {
    stoppedMs: Date.parse(stop.firstAcceptedAt ?? stop.acceptedAt),
    againMs: Date.parse(stop.acceptedAt),
  });
}

function shown({ id, at, call: name, principal }: TrailedCall) {
  return { id, at, call: name, principal };
}

function shownChange({ call: change, undoes }: TrailedChange) {
  return { ...shown(change), undoes: [...undoes], sourceIdentity: change.sourceIdentity };
}
