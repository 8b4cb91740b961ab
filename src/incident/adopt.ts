import type { Target } from '../action/ports.ts';
import type { HoldId } from '../id.ts';
import type { Json } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import type { Draft } from './draft.ts';
import type { HoldRow } from './state.ts';

/** A hold that a closed incident left, and what that incident's manifest had found before it. */
export interface LeftHold {
  readonly incident: string;
  readonly hold: HoldRow;
  readonly baseline: Json;
}

/** Rows of the store as what they are. */
export function leftHolds(
  rows: readonly { readonly incident: string; readonly hold: unknown; readonly baseline: unknown }[],
): readonly LeftHold[] {
  return rows.map(({ incident, hold, baseline }) => ({
    incident,
    hold: hold as HoldRow, // written by commitOf
    baseline: baseline as Json, // the output of an attempt, or of an earlier incident's: written by commitOf
  }));
}

/**
 * What a closed incident left contained, a later one about the same function takes over as a whole: not only what its own
 * playbook comes to write again. A paused source or a sink that is there already gives it nothing to do, so nothing but
 * this would put them back. The prior state stays the one from before the first incident, and so does the manifest that
 * a release is compared with: what this incident captures itself is the containment of the earlier one.
 */
export function adoptHolds(draft: Draft, target: Target, left: readonly LeftHold[]): void {
  const taken = new Set<string>();
  for (const { incident, hold } of left) {
    // Each incident that kept it left a hold of its own: the oldest knows what was there.
    const same = `${hold.objectKey} ${canonicalJson(hold.desired)}`;
    if (taken.has(same)) continue;
    taken.add(same);
    const { drift: _drift, left: _left, putAgainAt: _putAgainAt, ...kept } = hold;
    const id: HoldId = draft.env.ids.next('hld');
    draft.putHold({
      ...kept,
      id,
      ordinal: draft.holds.size,
      status: 'open',
      captor: false,
      handedOverTo: null,
      adoptedFrom: incident,
    });
    draft.log(
      'hold.opened',
      { kind: 'engine' },
      `Took over ${hold.object.arn}, which an earlier incident left contained`,
      { hold: id, object: hold.objectKey, prior: hold.prior, captor: false, adoptedFrom: incident },
    );
  }
  const baseline = left.find((each) => each.baseline !== null)?.baseline;
  if (baseline === undefined) return;
  draft.record = {
    ...draft.record,
    baselines: { ...draft.record.baselines, [target.functionArn]: baseline },
  };
}

/**
 * Ends what was adopted of an object once this incident holds the same state of it by a write of its own: one hold of it is
 * released once. Where the states differ both stay, and each is put back against its own.
 */
export function replaceAdopted(draft: Draft, own: HoldRow): void {
  for (const hold of draft.holds.values()) {
    if (hold.adoptedFrom === undefined || hold.status === 'closed' || hold.id === own.id) continue;
    if (hold.objectKey !== own.objectKey || canonicalJson(hold.desired) !== canonicalJson(own.desired))
      continue;
    draft.putHold({ ...hold, status: 'closed', closedAs: 'not-needed', closedAt: draft.at });
  }
}
