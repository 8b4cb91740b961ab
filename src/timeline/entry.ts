import type { Json, JsonObject } from '../json.ts';

/** Where a person acted: in Slack, in a terminal, or where they were paged. */
export type Via = 'slack' | 'cli' | 'page';

/** Who or what did it. */
export type Actor =
  | { readonly kind: 'engine' }
  | { readonly kind: 'playbook'; readonly id: string }
  | { readonly kind: 'responder'; readonly id: string; readonly via: Via }
  | { readonly kind: 'source'; readonly id: string };

/** The closed list of what can be in a timeline; a verifier refuses any other. */
export const ENTRY_KINDS = [
  'alert.accepted',
  'alert.joined',
  'alert.refused',
  'incident.opened',
  'incident.closed',
  'incident.halted',
  'state.entered',
  'attempt.planned',
  'attempt.decided',
  'attempt.started',
  'attempt.succeeded',
  'attempt.failed',
  'attempt.unknown',
  'attempt.refused',
  'attempt.cancelled',
  'attempt.rescued',
  'attempt.paused',
  'containment.level',
  'containment.breached',
  'containment.drift',
  'containment.drained',
  'approval.asked',
  'approval.given',
  'approval.denied',
  'approval.expired',
  'approval.fell-back',
  'question.asked',
  'question.answered',
  'question.withdrawn',
  'timer.fired',
  'command.accepted',
  'command.refused',
  'note.added',
  'inventory.revalidate',
  'role.assigned',
  'lead.handed-over',
  'task.added',
  'task.done',
  'task.reminded',
  'task.snoozed',
  'page.asked',
  'page.sent',
  'page.delayed',
  'page.seen',
  'target.added',
  'identity.asked',
  'identity.claimed',
  'suspect.cleared',
  'campaign.joined',
  'campaign.split',
  'campaign.merged',
  'evidence.stored',
  'evidence.missing',
  'evidence.quarantined',
  'evidence.sealed',
  'evidence.accessed',
  'evidence.held',
  'evidence.unheld',
  'evidence.extended',
  'evidence.purged',
  'timeline.purged',
  'hold.opened',
  'hold.released',
  'hold.handed-over',
  'release.conflict',
  'restore.degraded',
  'release.compared',
  'slack.sent',
  'slack.delayed',
  'postmortem.drafted',
  'configuration.changed',
  'writes.paused',
  'writes.resumed',
  'break-glass.opened',
  'break-glass.reviewed',
  'duty.added',
  'duty.assigned',
  'duty.settled',
  'duty.reminded',
  'duty.snoozed',
  'postmortem.written',
  'postmortem.reviewed',
  'update.asked',
  'update.approved',
  'update.denied',
  'update.sent',
] as const;

export type EntryKind = (typeof ENTRY_KINDS)[number];

/** What happened, as the hash chain commits to it. Plain JSON, no secrets. */
export interface EntryBody extends JsonObject {
  readonly kind: EntryKind;
  readonly actor: JsonObject;
  /** One sentence that a person can read. */
  readonly summary: string;
  readonly data: Json;
}

/** An entry's place in its chain. The chain of an incident is named by the incident's id. */
export interface Entry {
  readonly chain: string;
  /** 1, 2, 3 … without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  /** Hex SHA-256 of the previous entry; 64 zeros before the first. */
  readonly prevHash: string;
  /** Hex SHA-256 of the body's canonical JSON (RFC 8785). */
  readonly bodyHash: string;
  /** Hex SHA-256 of the canonical JSON of the five fields above. */
  readonly hash: string;
  /** Absent when retention purged the body: the hash remains as its tombstone. */
  readonly body: EntryBody | null;
}
