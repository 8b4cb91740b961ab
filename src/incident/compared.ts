import { z } from 'zod';
import { revokeSessions } from '../action/iam-revoke-sessions.ts';
import type { Target } from '../action/ports.ts';
import type { Json } from '../json.ts';
import type { Draft } from './draft.ts';
import type { HoldRow } from './state.ts';
import type { Comparison } from './watch-state.ts';

const output = z.looseObject({
  compared: z.boolean(),
  differences: z.array(z.strictObject({ part: z.string(), was: z.string(), now: z.string() })),
  unread: z.array(z.string()),
});

/**
 * Records what is there after a release against the manifest from before containment: nothing differs, or each
 * difference with its reason, as far as this incident knows one. What it has no reason for was done by somebody else.
 */
export function noteComparison(draft: Draft, target: Target, found: Json): void {
  const read = output.safeParse(found);
  if (!read.success) return;
  const own = [...draft.holds.values()].filter((hold) => hold.target.functionArn === target.functionArn);
  const comparison: Comparison = {
    at: draft.at,
    compared: read.data.compared,
    unread: read.data.unread,
    differences: read.data.differences
      .filter((each) => !isOwnTrace(own, each))
      .map((each) => ({ ...each, why: reasonFor(own, each.part) })),
  };
  draft.record = {
    ...draft.record,
    comparisons: { ...draft.record.comparisons, [target.functionArn]: comparison },
  };
  draft.log('release.compared', { kind: 'engine' }, summaryOf(target, comparison), {
    target: target.functionArn,
    ...comparison,
    differences: comparison.differences.map((each) => ({ ...each })),
  });
  draft.post('card', {}, { merge: 'card' });
}

function summaryOf(target: Target, { compared, differences, unread }: Comparison): string {
  const name = target.functionName;
  if (!compared) return `${name}: there is no manifest from before containment to compare with`;
  const gaps = unread.length === 0 ? '' : `; ${unread.length} part(s) could not be read`;
  if (differences.length === 0) return `${name} is as it was before containment${gaps}`;
  const parts = differences.map((each) => `${each.part} (${each.why})`).join('; ');
  return `${name} differs from its manifest in ${differences.length} part(s): ${parts}${gaps}`;
}

/**
 * True for a policy of ours that the manifest has and the account has no more. The deny goes out beside the
 * reading of the manifest, which may have seen it already: that it is gone is the release, and no difference.
 */
export function isOwnTrace(
  holds: readonly Pick<HoldRow, 'desired' | 'closedAs'>[],
  difference: { readonly part: string; readonly now: string },
): boolean {
  return (
    difference.now === 'absent' &&
    holds.some(({ desired, closedAs }) => {
      const name =
        desired.policyName ??
        String(desired.policyArn ?? '')
          .split('/')
          .at(-1);
      return (
        closedAs === 'released' &&
        typeof name === 'string' &&
        name !== '' &&
        (difference.part.startsWith(`inline policy ${name} of role `) ||
          difference.part.startsWith(`attached policy ${name} of role `))
      );
    })
  );
}

/** Policies that have a name of Cordon's: see the names of the quarantine, of its sink and of the recovery in `action`. */
const NAMED_AS_OURS = /^(?:inline|attached) policy Cordon(?:Quarantine|Recovery)/;

/** Why a part differs, as far as the holds of this incident on the target say. */
export function reasonFor(
  own: readonly Pick<
    HoldRow,
    'action' | 'status' | 'desired' | 'expiresAt' | 'left' | 'objectKey' | 'closedAs'
  >[],
  part: string,
): string {
  const guard = own.find(
    (hold) =>
      hold.action === revokeSessions.id &&
      hold.status !== 'closed' &&
      part.startsWith(`inline policy ${String(hold.desired.policyName)} of role `),
  );
  if (guard !== undefined) return `on purpose: earlier sessions stay denied until ${guard.expiresAt ?? ''}`;
  const left = own.find((hold) => hold.left !== undefined && concerns(hold.objectKey, part));
  if (left?.left !== undefined) return `left: ${left.left}`;
  const others = own.some((hold) => hold.closedAs === 'inherited' && concerns(hold.objectKey, part));
  if (others) return 'another incident still holds it';
  // A role is shared, and its denies for other functions are of other incidents; but a name can be taken by anybody.
  if (NAMED_AS_OURS.test(part)) {
    return 'not of this incident: another one holds this role (“cordon list”), or somebody took the name';
  }
  return 'changed during the incident, not by Cordon';
}

/** Which parts of a manifest the objects of each kind are. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  ['lambda-concurrency', /^reserved concurrency$/],
  ['provisioned-concurrency', /^provisioned concurrency/],
  ['role-', /of role |^role /],
  ['event-source', /^event source mapping/],
  ['sink-grant', /^(inline|attached) policy CordonQuarantineSink-/],
  ['async-sink', /^asynchronous invocation/],
  ['function-url', /^function URL/],
  ['permission', /^permission /],
  ['alias', /^alias /],
];

function concerns(objectKey: string, part: string): boolean {
  return PARTS.some(([prefix, pattern]) => objectKey.startsWith(prefix) && pattern.test(part));
}
