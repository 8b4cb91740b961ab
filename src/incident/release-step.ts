import { revokeSessions } from '../action/iam-revoke-sessions.ts';
import type { AttemptRow } from './state.ts';

/** Whether an attempt is a step of a release: it restores, or locks earlier sessions out before the door is opened. */
export function isOfRelease(attempt: Pick<AttemptRow, 'effect' | 'action'>): boolean {
  return attempt.effect === 'restore' || attempt.action === revokeSessions.id;
}
