import { createHash } from 'node:crypto';
import type { AlertVia } from '../alert/receipt.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { IntakeRefusal, RefusalRecorder } from './port.ts';

/**
 * How many refusals a process records in a minute; more are counted, and the count goes with the
 * next one. Anybody who can reach the port can cause a refusal, each is a commit, and the embedded
 * database has one connection, which containment needs.
 */
const RECORDED_PER_MINUTE = 60;

export interface Refusals {
  /** Records one refusal, or counts it when there are too many. Resolves after commit; rejects when that failed. */
  refuse(refusal: {
    readonly code: IntakeRefusal['code'];
    readonly message: string;
    readonly via: AlertVia;
    readonly source: string;
    readonly bytes: Uint8Array;
    readonly receivedAt: Date;
  }): Promise<void>;
}

/** Builds the recorder of refusals at the door, with its budget. */
export function createRefusals(options: {
  readonly recorder: RefusalRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly perMinute?: number;
}): Refusals {
  const { recorder, clock, log } = options;
  const perMinute = options.perMinute ?? RECORDED_PER_MINUTE;
  let windowFromMs = clock.monotonicMs();
  let recorded = 0;
  let unrecorded = 0;
  return {
    async refuse({ bytes, receivedAt, ...refusal }) {
      const nowMs = clock.monotonicMs();
      if (nowMs - windowFromMs >= 60_000) {
        windowFromMs = nowMs;
        recorded = 0;
      }
      if (recorded >= perMinute) {
        if (unrecorded === 0)
          log.warn({ code: refusal.code, via: refusal.via }, 'too many refusals: counting only');
        unrecorded += 1;
        return;
      }
      recorded += 1;
      const counted = unrecorded;
      unrecorded = 0;
      try {
        await recorder.recordRefusal({
          ...refusal,
          ...digest(bytes),
          receivedAt: receivedAt.toISOString(),
          unrecorded: counted,
        });
      } catch (error) {
        unrecorded += counted;
        throw error;
      }
    },
  };
}

/** Names bytes without repeating them. */
export function digest(bytes: Uint8Array): { readonly bytesSha256: string; readonly size: number } {
  return { bytesSha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.byteLength };
}
