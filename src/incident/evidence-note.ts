import type { Draft } from './draft.ts';
import type { AttemptRow, EvidenceNote } from './state.ts';

/** Writes what an attempt collected, or could not, into the timeline. */
export function logEvidence(draft: Draft, attempt: AttemptRow, notes: readonly EvidenceNote[]): void {
  for (const note of notes) {
    switch (note.kind) {
      case 'stored':
        draft.log(
          'evidence.stored',
          { kind: 'engine' },
          `Stored ${note.name} (${note.size} bytes)${note.matchesExpected ? '' : ': it does not match its expected digest'}`,
          {
            attempt: attempt.id,
            name: note.name,
            sha256: note.sha256,
            size: note.size,
            matchesExpected: note.matchesExpected,
          },
        );
        break;
      case 'missing':
        draft.log('evidence.missing', { kind: 'engine' }, `Could not collect ${note.name}: ${note.reason}`, {
          attempt: attempt.id,
          name: note.name,
          reason: note.reason,
        });
        break;
      case 'sealed':
        draft.log('evidence.sealed', { kind: 'engine' }, `Sealed ${note.items} evidence items`, {
          attempt: attempt.id,
          items: note.items,
          manifestSha256: note.manifestSha256,
          keyId: note.keyId,
        });
        break;
    }
  }
}
