import type { Action } from '../action/action.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { draftPostmortem } from '../postmortem/draft.ts';
import { mergePostmortem } from '../postmortem/merge.ts';
import { savedSections } from '../postmortem/sections.ts';
import type { Entry } from '../timeline/entry.ts';
import { viewOf } from './incident-view.ts';
import type { IncidentState } from './state.ts';

/**
 * The postmortem as it would be reviewed now: from the timeline and the saved sections alone. Evidence is not verified
 * for it, and earlier incidents are not compared: neither has a say in whether it may be reviewed. Pure.
 */
export function postmortemText(
  state: IncidentState,
  entries: readonly Entry[],
  known: { readonly enrolment: Enrolment; readonly catalogue: ReadonlyMap<string, Action> },
): string {
  const incident = viewOf(state, entries, { ...known, pause: null });
  return mergePostmortem(
    draftPostmortem({
      incident,
      privilege: known.enrolment.postmortem.privilege ?? null,
      entries,
      evidence: null,
      findings: null,
      earlier: [],
    }),
    { saved: savedSections(entries) },
  );
}
