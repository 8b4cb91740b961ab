import type { Clock } from '../clock.ts';
import { describeError } from '../error.ts';
import type { IncidentId, WorkerId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import type { Log } from '../log.ts';
import type { ClaimedDelivery, DeliveryLane } from '../store/outbox.ts';
import { claimDelivery, returnDelivery } from '../store/outbox.ts';
import type { Sql } from '../store/sql.ts';
import { refusalOf } from '../store/sql.ts';
import type { Advance } from './advance.ts';
import { pageSlackDown } from './escalation.ts';
import type { DeliveryRecord } from './state.ts';
import type { WakeQueue } from './wake.ts';

/** How one try of a delivery ended, as the channel says. */
export type DeliveryOutcome =
  | {
      readonly kind: 'sent';
      readonly result: {
        readonly channel: string;
        /** The message; `null` for a channel that was opened. */
        readonly ts: string | null;
        /** What could not be done beside it (a person who could not be invited), for the timeline. */
        readonly notes: readonly string[];
        /** True for a message that this delivery made; absent for an edit. */
        readonly posted?: true;
      };
    }
  /** Certainly not posted; try again after `afterMs`. */
  | {
      readonly kind: 'retry';
      readonly afterMs: number;
      readonly code: string;
      /** The time is the service's own: not sooner, and no sign of an outage. */
      readonly exact?: true;
    }
  /** May be posted: the next try must be told so, and looks before it posts. */
  | { readonly kind: 'unknown'; readonly code: string }
  /** Certainly not posted and never will be. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** Nothing left to say: the question was settled before it was asked, say. */
  | { readonly kind: 'skipped'; readonly reason: string };

/** Delivers one row to people. `previousUnknown`: an earlier try may have arrived, so look first. */
export type Deliver = (
  row: {
    readonly outboxId: string;
    readonly incidentId: string;
    /** The incident whose channel it goes to: its campaign's, which may be its own. */
    readonly lane: string;
    readonly kind: string;
    readonly params: JsonObject;
    /** Set on a notice that an outage held up: since when, for all that it stands for. */
    readonly lateSince?: string | null;
    /** When it was to be said. */
    readonly madeAt?: string;
  },
  previousUnknown: boolean,
) => Promise<DeliveryOutcome>;

const UNKNOWN_RETRY_MS = 2000;
// About a day of trying; then it is recorded as failed, where people see it. Each pause is twice the one before,
// up to the longest: an hour without Slack costs sixty calls, and one that is back is found within a minute.
const MAX_TRIES = 1_440;
const MAX_PAUSE_MS = 60_000;
// By then Slack has been away for about a minute: whoever leads is told another way, once for each outage.
const SLACK_DOWN_TRIES = 5;
const LANES: readonly DeliveryLane[] = ['slack', 'page'];

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
  // By lane and incident: a page is not kept waiting by Slack.
  const busy = new Map<string, { again: boolean; done: Promise<void> }>();

  const attemptDelivery = async (row: ClaimedDelivery): Promise<DeliveryOutcome> => {
    try {
      return await deliver(
        {
          outboxId: row.id,
          incidentId: row.incident,
          lane: row.lane,
          kind: row.kind,
          params: row.params,
          lateSince: row.lateSince,
          madeAt: row.madeAt,
        },
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
    { afterMs, code, exact }: { readonly afterMs: number; readonly code: string; readonly exact?: true },
  ) => {
    const grown = Math.min(afterMs * 2 ** Math.min(row.tries - 1, 6), MAX_PAUSE_MS);
    const pause = exact === true ? afterMs : Math.max(afterMs, grown);
    const notBefore = new Date(clock.now().getTime() + pause);
    await returnDelivery(sql, { id: row.id, owner, status, notBefore, code });
    const down = row.kind !== 'page' && row.tries === SLACK_DOWN_TRIES && exact !== true;
    if (row.tries === 1 || down) {
      await advance.advance(row.incident, (draft) => {
        if (row.tries > 1) return pageSlackDown(draft);
        const [entry, what] =
          row.kind === 'page'
            ? (['page.delayed', 'The paging service'] as const)
            : (['slack.delayed', 'Slack'] as const);
        draft.log(entry, { kind: 'engine' }, `${what} is slow or down (${code}); ${row.kind} waits`, {
          outbox: row.id,
          code,
        });
      });
    }
    await queue.add([{ wake: { lane: 'delivery', incident: row.lane, subject: row.lane }, delayMs: pause }]);
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
        if (row.kind === 'card' && outcome.kind === 'sent' && outcome.result.posted === true)
          draft.post('furnish', {});
        if (
          outcome.kind === 'skipped' ||
          (outcome.kind === 'sent' && row.kind === 'card' && row.params.first !== true)
        )
          return;
        draft.log(
          row.kind === 'page' ? 'page.sent' : 'slack.sent',
          { kind: 'engine' },
          describe(row, outcome),
          {
            outbox: row.id,
            kind: row.kind,
            result: record.result,
            error: record.error,
          },
        );
      });
    } catch (error) {
      // Rescued meanwhile: the one who took it over looks for the message before posting.
      if (refusalOf(error) !== 'delivery-lost') throw error;
    }
  };

  /** Returns false when nothing more can be sent now. */
  const sendNext = async (incident: IncidentId, lane: DeliveryLane): Promise<boolean> => {
    const owner = workerId();
    const row = await claimDelivery(sql, incident, owner, clock.now(), lane);
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
          outcome.kind === 'unknown' ? { afterMs: UNKNOWN_RETRY_MS, code: outcome.code } : outcome,
        );
        return false;
    }
  };

  const sendWhileAny = async (
    incident: IncidentId,
    lane: DeliveryLane,
    state: { again: boolean },
  ): Promise<void> => {
    do {
      state.again = false;
      while (await sendNext(incident, lane)) {
        // in order, until nothing is left or the other end asks for a pause
      }
    } while (state.again);
  };

  const deliverLane = (incident: IncidentId, lane: DeliveryLane): Promise<void> => {
    const key = `${lane}:${incident}`;
    const current = busy.get(key);
    if (current !== undefined) {
      current.again = true;
      return current.done;
    }
    const state = { again: false, done: Promise.resolve() };
    state.done = sendWhileAny(incident, lane, state).finally(() => busy.delete(key));
    busy.set(key, state);
    return state.done;
  };

  return {
    has: (incident) => LANES.some((lane) => busy.has(`${lane}:${incident}`)),
    inFlight: () => busy.size,
    deliverAll: async (incident) => {
      await Promise.all(LANES.map((lane) => deliverLane(incident, lane)));
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
  if (row.kind === 'page') {
    const event = String(row.params.event);
    if (outcome.kind === 'failed') return `The page (${event}) could not be sent: ${outcome.message}`;
    return `Paged (${event}) through ${outcome.kind === 'sent' ? outcome.result.channel : 'nothing'}`;
  }
  if (row.kind === 'transcript' || row.kind === 'archive') {
    const what = row.kind === 'archive' ? 'The channel is archived' : 'What was said in Slack is kept';
    return outcome.kind === 'failed' ? `Not done in Slack: ${row.kind} (${outcome.message})` : what;
  }
  if (row.kind === 'furnish' && row.params.keepOut === true) {
    if (outcome.kind === 'failed') return `Not everybody was kept out of the channel: ${outcome.message}`;
    const notes = outcome.kind === 'sent' ? outcome.result.notes : [];
    return `Looked who is in the channel: ${notes.join('; ') || 'nobody who must not be'}`;
  }
  if (outcome.kind === 'failed') return `Could not be posted to Slack: ${row.kind} (${outcome.message})`;
  return `Posted to Slack: ${row.kind}`;
}
