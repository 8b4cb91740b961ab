import type { Clock } from '../clock.ts';
import { describeError } from '../error.ts';
import type { IncidentId, WorkerId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import type { Log } from '../log.ts';
import type { ClaimedDelivery } from '../store/outbox.ts';
import { claimDelivery, returnDelivery } from '../store/outbox.ts';
import type { Sql } from '../store/sql.ts';
import { refusalOf } from '../store/sql.ts';
import type { Advance } from './advance.ts';
import type { DeliveryRecord } from './state.ts';
import type { WakeQueue } from './wake.ts';

/** How one try of a delivery ended, as the channel says. */
export type DeliveryOutcome =
  | {
      readonly kind: 'sent';
      readonly result: {
        readonly channel: string;
        readonly ts: string | null;
        readonly notes: readonly string[];
      };
    }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly code: string }
  | { readonly kind: 'unknown'; readonly code: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'skipped'; readonly reason: string };

/** Delivers one row to people. `previousUnknown`: an earlier try may have arrived, so look first. */
export type Deliver = (
  row: {
    readonly outboxId: string;
    readonly incidentId: string;
    readonly kind: string;
    readonly params: JsonObject;
  },
  previousUnknown: boolean,
) => Promise<DeliveryOutcome>;

const UNKNOWN_RETRY_MS = 2000;
// About an hour of trying at the longest pause; then it is recorded as failed, where people see it.
const MAX_TRIES = 60;
const MAX_PAUSE_MS = 60_000;

/**
 * Sends an incident's waiting deliveries in order, one at a time. The claim is committed before the
 * post and the outcome after it; a post whose answer was lost is looked up before it is repeated.
 */
export function createDeliveries(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly queue: WakeQueue;
  readonly advance: Advance;
  readonly deliver: Deliver;
  readonly workerId: () => WorkerId;
}): {
  deliverAll(incident: IncidentId): Promise<void>;
  /** True while deliveries of the incident are under way here. */
  has(incident: IncidentId): boolean;
  inFlight(): number;
} {
  const { sql, clock, log, queue, advance, deliver, workerId } = options;
  const busy = new Map<IncidentId, { again: boolean; done: Promise<void> }>();

  const attemptDelivery = async (row: ClaimedDelivery): Promise<DeliveryOutcome> => {
    try {
      return await deliver(
        { outboxId: row.id, incidentId: row.incident, kind: row.kind, params: row.params },
        row.previousUnknown,
      );
    } catch (error) {
      log.error({ outbox: row.id, reason: describeError(error) }, 'a delivery failed unexpectedly');
      return { kind: 'unknown', code: 'cordon_internal' };
    }
  };

  const putBack = async (
    row: ClaimedDelivery,
    owner: WorkerId,
    status: 'pending' | 'unknown',
    afterMs: number,
    code: string,
  ) => {
    const pause = Math.min(afterMs, MAX_PAUSE_MS);
    const notBefore = new Date(clock.now().getTime() + pause);
    await returnDelivery(sql, { id: row.id, owner, status, notBefore, code });
    if (row.tries === 1) {
      await advance.advance(row.incident, (draft) => {
        draft.log('slack.delayed', { kind: 'engine' }, `Slack is slow or down (${code}); ${row.kind} waits`, {
          outbox: row.id,
          code,
        });
      });
    }
    await queue.add([
      { wake: { lane: 'delivery', incident: row.incident, subject: row.incident }, delayMs: pause },
    ]);
  };

  const recordEnd = async (
    row: ClaimedDelivery,
    owner: WorkerId,
    outcome: Extract<DeliveryOutcome, { kind: 'sent' | 'failed' | 'skipped' }>,
  ) => {
    const record = recordOf(row, owner, outcome);
    try {
      await advance.advance(row.incident, (draft) => {
        draft.delivered.push(record);
        if (
          outcome.kind === 'skipped' ||
          (outcome.kind === 'sent' && row.kind === 'card' && row.params.first !== true)
        )
          return;
        draft.log('slack.sent', { kind: 'engine' }, describe(row, outcome), {
          outbox: row.id,
          kind: row.kind,
          result: record.result,
          error: record.error,
        });
      });
    } catch (error) {
      // Rescued meanwhile: the one who took it over looks for the message before posting.
      if (refusalOf(error) !== 'delivery-lost') throw error;
    }
  };

  /** Returns false when nothing more can be sent now. */
  const sendNext = async (incident: IncidentId): Promise<boolean> => {
    const owner = workerId();
    const row = await claimDelivery(sql, incident, owner, clock.now());
    if (row === undefined) return false;
    const outcome = await attemptDelivery(row);
    switch (outcome.kind) {
      case 'sent':
      case 'failed':
      case 'skipped':
        await recordEnd(row, owner, outcome);
        return true;
      case 'retry':
      case 'unknown':
        if (row.tries >= MAX_TRIES) {
          await recordEnd(row, owner, {
            kind: 'failed',
            code: outcome.code,
            message: `given up after ${row.tries} tries`,
          });
          return true;
        }
        await putBack(
          row,
          owner,
          outcome.kind === 'unknown' ? 'unknown' : 'pending',
          outcome.kind === 'unknown' ? UNKNOWN_RETRY_MS : outcome.afterMs,
          outcome.code,
        );
        return false;
    }
  };

  const sendWhileAny = async (incident: IncidentId, state: { again: boolean }): Promise<void> => {
    do {
      state.again = false;
      while (await sendNext(incident)) {
        // in order, until nothing is left or Slack asks for a pause
      }
    } while (state.again);
  };

  return {
    has: (incident) => busy.has(incident),
    inFlight: () => busy.size,
    deliverAll(incident) {
      const current = busy.get(incident);
      if (current !== undefined) {
        current.again = true;
        return current.done;
      }
      const state = { again: false, done: Promise.resolve() };
      state.done = sendWhileAny(incident, state).finally(() => busy.delete(incident));
      busy.set(incident, state);
      return state.done;
    },
  };
}

function recordOf(
  row: ClaimedDelivery,
  owner: WorkerId,
  outcome: Extract<DeliveryOutcome, { kind: 'sent' | 'failed' | 'skipped' }>,
): DeliveryRecord {
  const base = { id: row.id, owner, result: null, error: null, place: null };
  switch (outcome.kind) {
    case 'sent': {
      const { channel, ts, notes } = outcome.result;
      const isPlace = row.kind === 'open-channel' || row.kind === 'card';
      return {
        ...base,
        status: 'sent',
        result: { channel, ts, notes: [...notes] },
        place: isPlace ? { channel, cardTs: row.kind === 'card' ? ts : null } : null,
      };
    }
    case 'skipped':
      return { ...base, status: 'sent', result: null };
    case 'failed':
      return { ...base, status: 'failed', error: { code: outcome.code, message: outcome.message } };
  }
}

function describe(row: ClaimedDelivery, outcome: DeliveryOutcome): string {
  if (outcome.kind === 'failed') return `Could not be posted to Slack: ${row.kind} (${outcome.message})`;
  return `Posted to Slack: ${row.kind}`;
}
