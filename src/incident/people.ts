import type { Draft } from './draft.ts';

interface Responder {
  readonly id: string;
  readonly via: 'slack' | 'cli';
}

/** The first responder who acts leads, until somebody takes over. */
export function takeLead(draft: Draft, person: Responder): void {
  if (draft.record.lead !== null) return;
  draft.record = { ...draft.record, lead: person.id };
  draft.log('command.accepted', { kind: 'responder', id: person.id, via: person.via }, `${person.id} leads`, {
    lead: person.id,
  });
}

/** Changes the severity, 1 (critical) to 4 (low), with who said so. */
export function setSeverity(draft: Draft, person: Responder, severity: number): void {
  if (draft.record.severity === severity) return;
  draft.log(
    'command.accepted',
    { kind: 'responder', id: person.id, via: person.via },
    `${person.id} set severity ${severity} (was ${draft.record.severity})`,
    { severity, was: draft.record.severity },
  );
  draft.record = { ...draft.record, severity };
  draft.post('card', {}, { merge: 'card' });
}
