import type { Change } from '../action/action.ts';
import type { JsonObject } from '../json.ts';
import { digestOf } from '../timeline/canonical.ts';
import type { Draft } from './draft.ts';
import type { AttemptRow } from './state.ts';

/**
 * A step of a release with its plan: what goes back, from what it is now. Where a policy asks for approvals, they are of
 * this; a step that was put on trial, or whose object others hold now, is another plan.
 */
export function withRestorePlan(draft: Draft, attempt: AttemptRow): AttemptRow {
  const { object, prior, desired, trial } = attempt;
  if (object === null) return attempt;
  const request: JsonObject = { from: desired, to: trial ?? prior };
  const call = releaseCall(draft, attempt.action);
  const change: Change = {
    call,
    objectArn: object.arn,
    request,
    summary:
      trial === undefined
        ? `Put back what ${attempt.action} changed`
        : `Take back what ${attempt.action} changed, one step at first, watched`,
    undo: 'Contain it again',
  };
  return {
    ...attempt,
    changes: [change],
    planDigest: digestOf({ action: attempt.action, object: object.key, restores: true, request }),
  };
}

/** The call by which the action is undone, as its permissions name it. */
function releaseCall(draft: Draft, id: string): string {
  const action = draft.env.catalogue.get(id);
  return action?.permissions.find(({ purpose }) => purpose === 'release')?.action ?? id;
}
