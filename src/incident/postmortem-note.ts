import type { Draft } from './draft.ts';
import type { AttemptRow } from './state.ts';

/** Records where the postmortem lies, and tells people. */
export function notePostmortem(draft: Draft, output: AttemptRow['output']): void {
  const { path, sha256 } = (output ?? {}) as { readonly path?: string; readonly sha256?: string }; // written by the step
  if (path === undefined) return;
  draft.log('postmortem.drafted', { kind: 'engine' }, 'Drafted the postmortem', {
    path,
    sha256: sha256 ?? null,
  });
  draft.post('postmortem', { location: path });
}
