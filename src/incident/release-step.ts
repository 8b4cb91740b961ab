import { revokeSessions } from '../action/iam-revoke-sessions.ts';
import { renewEnvironments } from '../action/lambda-renew-environments.ts';
import type { AttemptRow } from './state.ts';

const BEFORE_OPENING: ReadonlySet<string> = new Set([revokeSessions.id, renewEnvironments.id]);

/**
 * Whether an attempt is a step of a release: it restores, or locks earlier sessions out and makes environments anew before
 * the door is opened.
 */
export function isOfRelease(attempt: Pick<AttemptRow, 'effect' | 'action'>): boolean {
  return attempt.effect === 'restore' || BEFORE_OPENING.has(attempt.action);
}
