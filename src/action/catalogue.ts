import type { Action } from './action.ts';
import { verifyContainment } from './containment-verify.ts';
import { watchContainment } from './containment-watch.ts';
import { snapshotEvidence } from './evidence-snapshot.ts';
import { sweepEvidence } from './evidence-sweep.ts';
import { denyApis } from './iam-deny-apis.ts';
import { denyPrivilege } from './iam-deny-privilege.ts';
import { grantSink } from './iam-grant-sink.ts';
import { quarantineRole } from './iam-quarantine-role.ts';
import { revokeSessions } from './iam-revoke-sessions.ts';
import { capConcurrency } from './lambda-cap-concurrency.ts';
import { closeUrl } from './lambda-close-url.ts';
import { freezeChanges } from './lambda-freeze-changes.ts';
import { keepAsyncEvents } from './lambda-keep-async-events.ts';
import { pauseEventSource } from './lambda-pause-event-source.ts';
import { removePermission } from './lambda-remove-permission.ts';
import { removeProvisionedConcurrency } from './lambda-remove-provisioned-concurrency.ts';
import { renewEnvironments } from './lambda-renew-environments.ts';
import { reserveZeroConcurrency } from './lambda-reserve-zero-concurrency.ts';
import { rollBackAlias } from './lambda-roll-back-alias.ts';
import { scaleInstancesToZero } from './lambda-scale-instances-to-zero.ts';
import { suspendScaling } from './lambda-suspend-scaling.ts';
import { captureManifest } from './target-capture-manifest.ts';
import { compareManifest } from './target-compare-manifest.ts';
import { surveyDoors } from './target-survey-doors.ts';

/** Every action that a playbook may name, in the order of the catalogue page. */
export const CATALOGUE: readonly Action[] = Object.freeze([
  captureManifest,
  surveyDoors,
  quarantineRole,
  grantSink,
  keepAsyncEvents,
  pauseEventSource,
  suspendScaling,
  removeProvisionedConcurrency,
  reserveZeroConcurrency,
  revokeSessions,
  renewEnvironments,
  scaleInstancesToZero,
  removePermission,
  closeUrl,
  freezeChanges,
  denyApis,
  denyPrivilege,
  capConcurrency,
  rollBackAlias,
  verifyContainment,
  watchContainment,
  snapshotEvidence,
  sweepEvidence,
  compareManifest,
]);

/** The catalogue by id. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map(CATALOGUE.map((action) => [action.id, action]));
