import type { Clock } from '../clock.ts';
import { describeError } from '../error.ts';
import type { AttemptId, IncidentId } from '../id.ts';
import type { Log } from '../log.ts';
import { abandonDelivery, deliveriesOf, orphanDeliveries, waitingDeliveries } from '../store/outbox.ts';
import type { ServerSql } from '../store/server.ts';
import type { Sql } from '../store/sql.ts';
import { dueWork } from '../store/sweep.ts';
import { attemptsOf, endDeadWorkers, orphanedIncidents } from '../store/worker.ts';
import type { Advance } from './advance.ts';
import { rescueAttempt } from './attempt.ts';
import type { Relay } from './relay.ts';
import type { AttemptRow } from './state.ts';
import type { WorkerSession } from './worker.ts';

/**
 * Finds what no wake-up will: attempts of dead or frozen workers, and work whose wake-up was lost.
 * Death shows within `RESCUE_MS` plus the few milliseconds that the server needs to free a lock.
 */
const RESCUE_MS = 250;
const SWEEP_MS = 2000;

export interface Sweep {
  /** One pass over everything, as at start-up. */
  once(): Promise<void>;
  stop(): Promise<void>;
}

export function createSweep(options: {
  readonly sql: Sql;
  /** The same database when it is a server: only there can another process exist. */
  readonly server: ServerSql | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly session: WorkerSession;
  readonly advance: Advance;
  readonly relay: Relay;
  /** What this process is at, to be told from what it has lost track of. */
  readonly underWay: {
    attempt(id: AttemptId): boolean;
    deliveries(incident: IncidentId): boolean;
  };
  /** False in virtual time, where wake-ups cannot be lost and idle sweeps would never let time pass. */
  readonly periodic: boolean;
}): Sweep {
  const { sql, server, clock, log, session, advance, relay, underWay } = options;
  const stopping = new AbortController();

  const rescueThose = async (
    incident: IncidentId,
    which: (attempt: AttemptRow) => boolean,
  ): Promise<void> => {
    try {
      await advance.advance(incident, (draft) => {
        for (const attempt of [...draft.attempts.values()]) if (which(attempt)) rescueAttempt(draft, attempt);
      });
    } catch (error) {
      // One incident that cannot be decided on (a broken document) must not keep the others from their rescue.
      log.error(
        { incident, reason: describeError(error) },
        'an incident could not be rescued; it is tried again',
      );
    }
  };

  /**
   * What is in this process's own name and nobody here is at: the answer to the commit was lost, or the lease
   * was over for a moment, so nothing was sent and nothing recorded, and then it was renewed in time.
   */
  const rescueOwn = async (): Promise<void> => {
    const own = session.id;
    const lost = (id: AttemptId) => !underWay.attempt(id);
    const attempts = (await attemptsOf(sql, own)).filter(({ id }) => lost(id));
    for (const incident of new Set(attempts.map((row) => row.incident))) {
      // Asked again while deciding, since a commit of this process may just have handed it over.
      await rescueThose(incident, (attempt) => attempt.owner === own && lost(attempt.id));
    }
    for (const { id, incident } of await deliveriesOf(sql, own)) {
      if (underWay.deliveries(incident) || !(await abandonDelivery(sql, id, own))) continue;
      relay.send([{ lane: 'delivery', incident, subject: incident }]);
    }
  };

  const rescue = async (): Promise<void> => {
    if (server !== null) await endDeadWorkers(server, session.id);
    for (const { incident, owners } of await orphanedIncidents(sql)) {
      // Only theirs: what a third worker is at goes on. The id is one from the record.
      await rescueThose(
        incident as IncidentId,
        (attempt) => attempt.owner !== null && owners.includes(attempt.owner),
      );
    }
    for (const incident of await orphanDeliveries(sql)) {
      relay.send([{ lane: 'delivery', incident: incident as IncidentId, subject: incident }]); // as above
    }
    await rescueOwn();
  };

  const sweep = async (): Promise<void> => {
    const now = clock.now();
    const due = await dueWork(sql, now);
    relay.send([
      ...due.attempts.map((row) => ({ lane: 'attempt' as const, incident: row.incident, subject: row.id })),
      ...due.timers.map((row) => ({ lane: 'timer' as const, incident: row.incident, subject: row.id })),
      ...(await waitingDeliveries(sql, now)).map((incident) => ({
        lane: 'delivery' as const,
        incident: incident as IncidentId, // an id from the record
        subject: incident,
      })),
    ]);
  };

  const every = async (pauseMs: number, what: string, work: () => Promise<void>): Promise<void> => {
    while (!stopping.signal.aborted) {
      await clock.sleep(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await work();
      } catch (error) {
        log.warn({ reason: describeError(error) }, `${what} failed; it is tried again`);
      }
    }
  };

  const loops = options.periodic
    ? [every(server === null ? SWEEP_MS : RESCUE_MS, 'rescue', rescue), every(SWEEP_MS, 'sweep', sweep)]
    : [];

  return {
    once: async () => {
      await rescue();
      await sweep();
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}
