import type { Action } from '../action/action.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { blocksOf, isUnwritten } from '../postmortem/blocks.ts';
import { lintPostmortem } from '../postmortem/lint.ts';
import type { Entry } from '../timeline/entry.ts';
import { postmortemText } from './postmortem-text.ts';
import type { IncidentState } from './state.ts';

/** A postmortem as people see it while they write it. */
export interface PostmortemView {
  readonly sections: readonly SectionView[];
  /** What keeps it from being reviewed, one sentence each. */
  readonly errors: readonly string[];
}

export interface SectionView {
  readonly name: string;
  /** What is saved, or the form; a person's own words. */
  readonly text: string;
  /** 0 while nobody has saved it. */
  readonly version: number;
  readonly by: string | null;
}

/** Pure: the sections as they are saved, and what the lint says of the whole. */
export function postmortemViewOf(
  state: IncidentState,
  entries: readonly Entry[],
  known: { readonly enrolment: Enrolment; readonly catalogue: ReadonlyMap<string, Action> },
): PostmortemView {
  const text = postmortemText(state, entries, known);
  return {
    sections: blocksOf(text)
      .filter((block) => block.owner === 'human')
      .map((block) => {
        const saved = state.record.sections?.[block.name];
        return {
          name: block.name,
          // A prompt is for a page; in a form only what is to be filled in helps.
          text: isUnwritten(block) ? block.content.split('\n').slice(2).join('\n') : block.content,
          version: saved?.version ?? 0,
          by: saved?.by ?? null,
        };
      }),
    errors: lintPostmortem(text).flatMap(({ level, message }) => (level === 'error' ? [message] : [])),
  };
}
