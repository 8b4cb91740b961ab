import type { Action } from './action.ts';
import { verifyContainment } from './containment-verify.ts';
import { snapshotEvidence } from './evidence-snapshot.ts';
import { quarantineRole } from './iam-quarantine-role.ts';
import { revokeSessions } from './iam-revoke-sessions.ts';
import { reserveZeroConcurrency } from './lambda-reserve-zero-concurrency.ts';
import { captureManifest } from './target-capture-manifest.ts';
import { compareManifest } from './target-compare-manifest.ts';

/** Every action that a playbook may name, in the order of the catalogue page. */
export const CATALOGUE: readonly Action[] = Object.freeze([
  captureManifest,
  quarantineRole,
  reserveZeroConcurrency,
  revokeSessions,
  verifyContainment,
  snapshotEvidence,
  compareManifest,
]);

/** The catalogue by id. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map(CATALOGUE.map((action) => [action.id, action]));
