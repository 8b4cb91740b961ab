import type { SealStamp } from '../action/ports.ts';
import type { IncidentId } from '../id.ts';
import type { Advance } from './advance.ts';
import type { EvidenceNote } from './attempt-outcome.ts';
import type { Draft } from './draft.ts';
import type { AttemptRow } from './state.ts';

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
      case 'quarantined':
        draft.log(
          'evidence.quarantined',
          { kind: 'engine' },
          `Kept apart what arrived in the sink ${note.sourceArn}: ${note.events} events, written by the attacker`,
          { attempt: attempt.id, name: note.name, sourceArn: note.sourceArn, events: note.events },
        );
        break;
      case 'sealed':
        draft.log(
          'evidence.sealed',
          { kind: 'engine' },
          `Sealed ${note.items} evidence items${stampInWords(note.timestamp)}`,
          {
            attempt: attempt.id,
            items: note.items,
            manifestSha256: note.manifestSha256,
            keyId: note.keyId,
            ...(note.timestamp === undefined ? {} : { timestamp: { ...note.timestamp } }),
          },
        );
        break;
    }
  }
}

function stampInWords(stamp: SealStamp | undefined): string {
  if (stamp === undefined) return '';
  return stamp.kind === 'stamped'
    ? `, time-stamped ${stamp.at} by the authority`
    : `, without a time stamp: ${stamp.reason}`;
}

/** Somebody is about to be given evidence: who, how, and which items (all of them when `item` is null). */
export interface EvidenceAccess {
  readonly incident: IncidentId;
  /** As the terminal knows the person: whoever can open the folder is not asked to prove more. */
  readonly by: string;
  readonly how: 'export' | 'copy';
  readonly item: string | null;
}

export type RecordAccess = (access: EvidenceAccess) => Promise<void>;

/** Writes an access into the incident's timeline, closed ones included. Throws `cordon_incident_not_found`. */
export function createRecordAccess(advance: Pick<Advance, 'advance'>): RecordAccess {
  return ({ incident, by, how, item }) =>
    advance.advance(incident, (draft) => {
      const what = item === null ? 'the whole evidence' : item;
      const verb = how === 'export' ? 'exported' : 'took a copy of';
      draft.log(
        'evidence.accessed',
        { kind: 'responder', id: by, via: 'cli' },
        `${by || 'Somebody'} ${verb} ${what}`,
        { how, item },
      );
    });
}
