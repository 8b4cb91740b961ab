import { readAlert } from '../../src/alert/read-alert.ts';
import type { AlertOutcome, AlertSubmission } from '../../src/alert/receipt.ts';
import type { AlertIntake, IntakeRefusal, NonceStore, RefusalRecorder } from '../../src/intake/port.ts';

/**
 * The engine's side of the intake, in memory: it reads with the real reader, opens one incident per
 * finding, and remembers what it took, what was refused at the door, and which nonces were used.
 */
export function intakeDoubles() {
  const submissions: AlertSubmission[] = [];
  const refusals: IntakeRefusal[] = [];
  const nonces = new Map<string, Date>();
  const incidents = new Map<string, string>();
  const faults = {
    /** Thrown instead of committing, while set. */
    submit: null as Error | null,
    record: null as Error | null,
    /** Awaited before committing. */
    gate: Promise.resolve(),
  };

  const intake: AlertIntake = {
    async submit(submission) {
      await faults.gate;
      if (faults.submit !== null) throw faults.submit;
      submissions.push(submission);
      const reading = readAlert(submission.bytes);
      if (reading.kind !== 'alerts')
        return [{ kind: 'refused', code: reading.code, message: reading.message }];
      return [
        ...reading.alerts.map((alert): AlertOutcome => {
          const known = incidents.get(alert.dedupeKey);
          const incidentId = known ?? `inc-${incidents.size + 1}`;
          incidents.set(alert.dedupeKey, incidentId);
          return { kind: known === undefined ? 'opened' : 'duplicate', incidentId };
        }),
        ...reading.refused.map(({ code, message }): AlertOutcome => ({ kind: 'refused', code, message })),
      ];
    },
  };
  const recorder: RefusalRecorder = {
    async recordRefusal(refusal) {
      if (faults.record !== null) throw faults.record;
      refusals.push(refusal);
    },
  };
  const nonceStore: NonceStore = {
    async rememberNonce(sender, nonce, expiresAt) {
      const key = `${sender} ${nonce}`;
      if (nonces.has(key)) return false;
      nonces.set(key, expiresAt);
      return true;
    },
  };
  return { intake, recorder, nonceStore, submissions, refusals, nonces, faults };
}
