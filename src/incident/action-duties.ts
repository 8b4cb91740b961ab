import { actionItemsIn } from '../postmortem/action-items.ts';
import type { Actor } from '../timeline/entry.ts';
import type { Draft } from './draft.ts';
import { actionPlan, addDuty, changeDuty, settleDuty } from './duty.ts';
import type { Duty } from './duty-state.ts';
import { dutiesOf, MAX_ACTION_DUTIES } from './duty-state.ts';

/**
 * Brings the duties into line with the table of action items as it was just saved. An item is known by its words; one
 * without a due day is no duty yet (the lint asks for the day), and one that left the table is dropped by whoever took it out.
 * Returns how many items are duties, and how many could not be since there are too many.
 */
export function followActionItems(
  draft: Draft,
  actor: Actor & { readonly kind: 'responder' },
  content: string,
): { readonly followed: number; readonly tooMany: number } {
  const items = actionItemsIn(content).flatMap(({ action, owner, dueAt, verifiedBy }) =>
    dueAt === null
      ? []
      : [
          {
            text: action.slice(0, 500),
            owner: owner === '' ? null : owner.slice(0, 200),
            why: verifiedBy === '' ? null : verifiedBy.slice(0, 500),
            // The day is over when it is over in UTC.
            dueAt: `${dueAt}T23:59:59.000Z`,
          },
        ],
  );
  const wanted = new Map(items.map((item) => [item.text, item]));
  for (const duty of ofActions(draft)) {
    if (duty.settled !== null || wanted.has(duty.text)) continue;
    settleDuty(draft, actor, duty, {
      as: 'dropped',
      by: actor.id,
      at: draft.at,
      reason: 'taken out of the table of action items',
    });
  }
  let tooMany = 0;
  for (const item of wanted.values()) {
    const known = ofActions(draft).find((duty) => duty.text === item.text && duty.settled?.as !== 'dropped');
    if (known !== undefined) {
      const changed = known.owner !== item.owner || known.why !== item.why || known.dueAt !== item.dueAt;
      if (known.settled === null && changed) {
        changeDuty(draft, actor, known, { ...item, plan: actionPlan(draft.at, item.dueAt) });
      }
      continue;
    }
    if (ofActions(draft).length >= MAX_ACTION_DUTIES) {
      tooMany += 1;
      continue;
    }
    addDuty(
      draft,
      {
        ...item,
        id: `A${ofActions(draft).length + 1}`,
        kind: 'action',
        startedAt: draft.at,
        plan: actionPlan(draft.at, item.dueAt),
      },
      actor,
    );
  }
  return { followed: wanted.size - tooMany, tooMany };
}

/** All that ever were, so that a number stays a number. */
function ofActions(draft: Draft): readonly Duty[] {
  return dutiesOf(draft.record).filter((duty) => duty.kind === 'action');
}
