import type { Target } from '../action/ports.ts';
import type { Draft } from './draft.ts';
import type { Watch } from './watch-state.ts';

// What was seen is told once; what is older than these comes from no question any more.
const REMEMBERED = 200;
const KEPT = 20;

const NOTHING_YET: Watch = Object.freeze({
  lookedAt: null,
  seen: [],
  refused: 0,
  throttled: 0,
  through: [],
  drifts: [],
  drain: null,
  unread: [],
});

/** What a target is known to have come to since it was contained. */
export function watchOf(draft: Draft, target: Target): Watch {
  return draft.record.watches?.[target.functionArn] ?? NOTHING_YET;
}

/** Keeps what is known of a target: the newest of it. */
export function putWatch(draft: Draft, target: Target, watch: Watch): void {
  const kept: Watch = {
    ...watch,
    seen: watch.seen.slice(-REMEMBERED),
    through: watch.through.slice(-KEPT),
    drifts: watch.drifts.slice(-KEPT),
  };
  draft.record = { ...draft.record, watches: { ...draft.record.watches, [target.functionArn]: kept } };
}
