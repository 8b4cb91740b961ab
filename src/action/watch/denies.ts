import { denyApis } from '../iam-deny-apis.ts';
import { denyPrivilege } from '../iam-deny-privilege.ts';
import { quarantineRole } from '../iam-quarantine-role.ts';
import type { HeldObject } from '../ports.ts';
import { RIGHTS_AND_SECRETS } from '../quarantine-policy.ts';
import { rolePolicyDesired } from '../role-policy.ts';
import type { TrailedCall } from './trailed-call.ts';

/** A quarantine that is held on one role, and from when on no call may get through it. */
export interface Deny {
  readonly roleArn: string;
  /** Denies every session of the role; else only calls from inside the function. */
  readonly whole: boolean;
  /** The actions that it denies, where it is a rung short of isolation; `null`: all but evidence. */
  readonly only: readonly string[] | null;
  /** A policy that was prepared, which an organisation policy can guard; else inline. */
  readonly prepared: boolean;
  /** The cut-off: since then it has had the time to spread. */
  readonly sinceMs: number;
  /** The same of the last time that it was put. */
  readonly againMs: number;
}

/** What each action that denies leaves nothing of. */
const ONLY: ReadonlyMap<string, (held: HeldObject) => readonly string[] | null> = new Map<
  string,
  (held: HeldObject) => readonly string[] | null
>([
  [quarantineRole.id, () => null],
  [denyPrivilege.id, () => RIGHTS_AND_SECRETS],
  [denyApis.id, ({ input }: HeldObject) => (Array.isArray(input.actions) ? input.actions.map(String) : [])],
]);

/** The denies among what is held; one whose write was never accepted has no cut-off and denies nothing yet. */
export function deniesOf(held: readonly HeldObject[], propagationBudgetMs: number): readonly Deny[] {
  return held.flatMap((each) => {
    const desired = rolePolicyDesired.safeParse(each.desired);
    const only = ONLY.get(each.action)?.(each);
    if (only === undefined || !desired.success || each.acceptedAt === undefined) return [];
    const againMs = Date.parse(each.acceptedAt) + propagationBudgetMs;
    return [
      {
        roleArn: desired.data.roleArn,
        whole: desired.data.functionArn === null,
        prepared: desired.data.policyArn !== null,
        only,
        sinceMs:
          each.firstAcceptedAt === undefined
            ? againMs
            : Date.parse(each.firstAcceptedAt) + propagationBudgetMs,
        againMs,
      },
    ];
  });
}

// What a quarantine leaves open, so that evidence is written; and the one call that no policy can deny (STS API
// reference, GetCallerIdentity: it works even under an explicit deny).
const OPEN = /^(?:logs:(?:CreateLogGroup|CreateLogStream|PutLogEvents)|xray:.*|sts:GetCallerIdentity)$/;

/** Whether a session of a denied role made the call after the cut-off, by itself. */
function isDenied(call: TrailedCall, denies: readonly Deny[], from: 'sinceMs' | 'againMs'): boolean {
  const cutOffs = denies
    .filter((deny) => deny.roleArn === call.roleArn && covers(deny, call.call))
    .map((deny) => deny[from]);
  return (
    cutOffs.length > 0 &&
    call.invokedBy === null &&
    !OPEN.test(call.call) &&
    // A whole second, rounded down: one that began before the cut-off is never taken for a breach.
    Date.parse(call.at) >= Math.min(...cutOffs)
  );
}

/** `iam:*` covers every call to IAM. */
function covers({ only }: Deny, call: string): boolean {
  return only === null || only.some((action) => action === call || action === `${call.split(':')[0]}:*`);
}

/** Calls that a deny should have stopped and did not: containment is breached. */
export function gotThrough(calls: readonly TrailedCall[], denies: readonly Deny[]): readonly TrailedCall[] {
  return calls.filter((call) => call.outcome === 'succeeded' && isDenied(call, denies, 'sinceMs'));
}

/** Calls that were refused since the denies were put the last time: containment is seen to bite. */
export function wereRefused(calls: readonly TrailedCall[], denies: readonly Deny[]): readonly TrailedCall[] {
  return calls.filter((call) => call.outcome === 'refused' && isDenied(call, denies, 'againMs'));
}

/** What would stop what the present deny does not; `person`: nothing that this engine may do by itself. */
export type NextRung = 'none' | 'isolate' | 'role' | 'attached' | 'person';

/**
 * The rung above what is held, for the roles that it is needed on: from the function's calls to every session of the role
 * where calls get around or through it, to a prepared policy where the role itself strips an inline one. Pure.
 */
export function nextRung(
  denies: readonly Deny[],
  through: readonly TrailedCall[],
  strippedBy: readonly TrailedCall[],
): { readonly rung: NextRung; readonly roles: readonly string[] } {
  const wanted = new Map<NextRung, string[]>();
  for (const roleArn of new Set(denies.map((deny) => deny.roleArn))) {
    const rung = rungFor(roleArn, denies, through, strippedBy);
    wanted.set(rung, [...(wanted.get(rung) ?? []), roleArn]);
  }
  for (const rung of ['attached', 'role', 'isolate', 'person'] as const) {
    const roles = wanted.get(rung);
    if (roles !== undefined) return { rung, roles };
  }
  return { rung: 'none', roles: [] };
}

function rungFor(
  roleArn: string,
  denies: readonly Deny[],
  through: readonly TrailedCall[],
  strippedBy: readonly TrailedCall[],
): NextRung {
  const own = denies.filter((deny) => deny.roleArn === roleArn);
  const calls = through.filter((call) => call.roleArn === roleArn);
  // A milder rung that does not hold is followed by isolation itself.
  if (own.every((deny) => deny.only !== null)) return calls.length === 0 ? 'none' : 'isolate';
  const whole = own.some((deny) => deny.whole);
  const prepared = own.some((deny) => deny.prepared);
  const roles = new Set(denies.map((deny) => deny.roleArn));
  if (!prepared && strippedBy.some((call) => call.roleArn !== null && roles.has(call.roleArn)))
    return 'attached';
  // A deny that is conditioned on the function misses sessions that somebody else assumed (reference, 1.8.4).
  if (!whole && calls.some((call) => call.functionArn === null)) return 'role';
  const againMs = Math.max(...own.map((deny) => deny.againMs));
  if (!calls.some((call) => Date.parse(call.at) >= againMs)) return 'none';
  if (!whole) return 'role';
  return prepared ? 'person' : 'attached';
}
