import type { Clock } from '../clock.ts';
import type { Ids, WorkerId } from '../id.ts';
import type { Log } from '../log.ts';
import type { ServerSql } from '../store/server.ts';
import type { Sql } from '../store/sql.ts';
import {
  endOtherWorkers,
  endWorker,
  nextLockKey,
  registerWorker,
  renewLease,
  WORKER_LOCK_CLASS,
} from '../store/worker.ts';

/**
 * This process as a worker. While it is live it may own attempts; when it can no longer prove that it
 * is (its lease ran out while it was frozen, its connection broke), it stops making calls and comes
 * back under a new id: what the old one owned belongs to whoever rescued it.
 */
export interface WorkerSession {
  /** The current id. */
  readonly id: WorkerId;
  /** True while `id` surely owns what it owned: checked right before every call. */
  isLive(id: WorkerId): boolean;
  stop(): Promise<void>;
}

const LEASE_MS = 2000;
const RENEW_MS = 500;
// The margin covers the time between the check and the socket write.
const SAFETY_MS = 300;

/** A session on an embedded database: the only process there can be, so it is live until it stops. */
export async function openEmbeddedSession(options: {
  readonly sql: Sql;
  readonly ids: Ids;
  readonly host: string;
  readonly pid: number;
}): Promise<WorkerSession> {
  const { sql, ids, host, pid } = options;
  const id: WorkerId = ids.next('wrk');
  await registerWorker(sql, { id, lockKey: await nextLockKey(sql), host, pid, leaseMs: LEASE_MS });
  await endOtherWorkers(sql, id);
  let live = true;
  return {
    id,
    isLive: (asked) => live && asked === id,
    stop: async () => {
      live = false;
      await endWorker(sql, id);
    },
  };
}

/** A session on a server: an advisory lock for dying, a lease for freezing. */
export async function openServerSession(options: {
  readonly sql: ServerSql;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly host: string;
  readonly pid: number;
  readonly log: Log;
  /** Called when this process has come back under a new id. */
  readonly onRenewed: () => void;
}): Promise<WorkerSession> {
  const { sql, ids, clock, host, pid, log, onRenewed } = options;
  const stopping = new AbortController();
  let current = await begin();

  async function begin() {
    const id: WorkerId = ids.next('wrk');
    const lockKey = await nextLockKey(sql);
    const state = { id, validUntilMs: 0, broken: false };
    const lock = await sql.holdSessionLock({ lockClass: WORKER_LOCK_CLASS, lock: lockKey }, () => {
      state.broken = true;
    });
    const startedMs = clock.monotonicMs();
    await registerWorker(sql, { id, lockKey, host, pid, leaseMs: LEASE_MS });
    state.validUntilMs = startedMs + LEASE_MS - SAFETY_MS;
    return { state, lock };
  }

  async function renew(): Promise<void> {
    const { state } = current;
    const startedMs = clock.monotonicMs();
    const renewed = !state.broken && (await renewLease(sql, state.id, LEASE_MS));
    if (renewed) {
      state.validUntilMs = startedMs + LEASE_MS - SAFETY_MS;
      return;
    }
    log.warn({ worker: state.id }, 'this worker was declared dead; continuing under a new id');
    state.broken = true;
    const old = current;
    current = await begin();
    await old.lock.release();
    onRenewed();
  }

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(RENEW_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await renew();
      } catch {
        // The database does not answer: the lease runs out by itself, and `isLive` says so in time.
        log.warn({ worker: current.state.id }, 'the lease could not be renewed');
      }
    }
  })();

  return {
    get id() {
      return current.state.id;
    },
    isLive: (asked) => {
      const { state } = current;
      return asked === state.id && !state.broken && clock.monotonicMs() < state.validUntilMs;
    },
    stop: async () => {
      stopping.abort();
      await loop;
      await endWorker(sql, current.state.id);
      await current.lock.release();
    },
  };
}
