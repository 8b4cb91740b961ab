import type { Action } from '../action/action.ts';
import type { Alert } from '../alert/alert.ts';
import type { Clock } from '../clock.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { ownerOfAccount } from '../enrolment/enrolment.ts';
import { CodedError, describeError } from '../error.ts';
import type { Gate } from '../guardrail/decision.ts';
import type { AttemptId, Ids, TimerId, WorkerId } from '../id.ts';
import type { OwnerRule } from '../inventory/owners.ts';
import { ownersOf } from '../inventory/owners.ts';
import type { Log } from '../log.ts';
import type { CompiledPlaybook } from '../playbook/compile.ts';
import { playbookSource, storePlaybook } from '../store/alert.ts';
import type { Sql } from '../store/sql.ts';
import { futureWork } from '../store/sweep.ts';
import type { Accept } from './accept.ts';
import { createAccept } from './accept.ts';
import type { Advance } from './advance.ts';
import { createAdvance } from './advance.ts';
import { takeAttempt } from './attempt.ts';
import type { Deliver } from './delivery.ts';
import { createDeliveries } from './delivery.ts';
import type { DecisionEnvironment } from './draft.ts';
import type { Standstill } from './pause.ts';
import type { Perform } from './perform.ts';
import { createRelay } from './relay.ts';
import { createRunner } from './runner.ts';
import { isStartable } from './schedule.ts';
import type { IncidentState, Lane } from './state.ts';
import { createSweep } from './sweep.ts';
import { fireTimer } from './timer.ts';
import type { Wake, WakeLane, WakeQueue } from './wake.ts';
import type { WorkerSession } from './worker.ts';

class EngineError extends CodedError<'cordon_playbook_not_stored'> {}

/** What this process does: decide only, perform attempts, deliver to people. */
export interface EngineRoles {
  readonly perform: boolean;
  readonly deliver: boolean;
}

export interface EngineParts {
  readonly sql: Sql;
  readonly queue: WakeQueue;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly gate: Gate;
  readonly enrolment: Enrolment;
  /** The owners file; empty without one. */
  readonly owners: readonly OwnerRule[];
  readonly catalogue: ReadonlyMap<string, Action>;
  readonly playbooks: readonly CompiledPlaybook[];
  readonly playbookFor: (alert: Alert) => CompiledPlaybook | undefined;
  /** Compiles a stored document that an unfinished incident runs on and this version no longer ships. */
  readonly compileStored: (source: string) => CompiledPlaybook;
  readonly session: WorkerSession;
  readonly perform: Perform;
  /** What keeps writes back at this instant; see `watchPause`. */
  readonly standstill: () => Standstill | null;
  readonly deliver: Deliver;
  readonly roles: EngineRoles;
  readonly exercise: boolean;
  /** See `createSweep`. */
  readonly periodicSweep: boolean;
}

/** The engine of one process. Everything durable is in the database: stopping it loses nothing. */
export interface Engine {
  readonly accept: Accept;
  readonly advance: Advance;
  /** Loads what earlier runs left, then begins to take wake-ups. */
  start(): Promise<void>;
  /** Looks for work that waited for more than its time: when a pause is over, say. */
  sweep(): Promise<void>;
  /** Stops taking work and waits up to `boundMs` for what is under way; the rest is rescued by others. */
  stop(boundMs: number): Promise<void>;
  /** True when nothing is under way and no wake-up is on its way: in virtual time, time may pass. */
  idle(): boolean;
}

// Containment, what it needs first, and what shows that it holds: no queue hop. Evidence goes through
// the queue, so that it never stands in front.
const DIRECT_LANES: ReadonlySet<Lane> = new Set(['contain', 'prepare', 'verify']);
const NO_LANES: ReadonlySet<Lane> = new Set();

export function createEngine(parts: EngineParts): Engine {
  const { sql, queue, clock, ids, log, session, roles } = parts;
  const playbooks = new Map(parts.playbooks.map((playbook) => [playbook.sha256, playbook]));
  let stopping = false;
  let delivering = false;
  const handed = new Set<Promise<void>>();
  let handling = 0;

  const environment = (state: IncidentState): DecisionEnvironment => {
    const sha256 = state.playbookSha256;
    const playbook = playbooks.get(sha256);
    if (playbook === undefined) {
      throw new EngineError(
        'cordon_playbook_not_stored',
        `no playbook document ${sha256} is loaded; an incident runs on the exact document it began with`,
      );
    }
    const own = belongsHere(state) ? worker() : null;
    return {
      now: clock.now(),
      ids,
      gate: parts.gate,
      enrolment: parts.enrolment,
      ownersOf: (target) => ownersOf(target, parts.owners, ownerOfAccount(parts.enrolment, target.account)),
      playbook,
      catalogue: parts.catalogue,
      worker: own,
      directLanes: own === null ? NO_LANES : DIRECT_LANES,
      standstill: parts.standstill(),
    };
  };
  const ensurePlaybook = async (sha256: string): Promise<void> => {
    if (playbooks.has(sha256)) return;
    const source = await playbookSource(sql, sha256);
    if (source !== undefined) playbooks.set(sha256, parts.compileStored(source));
  };
  // Exercises and real incidents may share a database, never an engine: a drill that was cut short must not be
  // carried on against real AWS and real people, nor a real incident be "released" in a simulated account.
  const belongsHere = (state: IncidentState): boolean => state.record.exercise === parts.exercise;
  const worker = (): WorkerId | null => (roles.perform && !stopping ? session.id : null);

  const runner = createRunner({
    sql,
    clock,
    log,
    perform: parts.perform,
    isLive: (id) => session.isLive(id),
    workerId: () => (roles.perform ? session.id : null),
    advance: () => advance,
  });
  const relay = createRelay({
    queue,
    clock,
    log,
    containmentDone: () => runner.containmentDone(),
    deliverHere: (wake) => {
      // An engine that stops hands nothing to itself: whoever else listens to the queue takes it.
      if (!delivering || stopping) return false;
      const work = handle(wake)
        .catch((error: unknown) => {
          const { incident } = wake;
          log.warn({ incident, reason: describeError(error) }, 'a delivery waits for the next sweep');
        })
        .finally(() => handed.delete(work));
      handed.add(work);
      return true;
    },
  });
  const advance = createAdvance({
    sql,
    environment,
    ensurePlaybook,
    onDecided: (decided) => runner.begin(decided),
    onRefused: (draft) => runner.drop(draft),
    onCommitted: (committed) => {
      runner.start(committed);
      relay.after(committed);
    },
  });
  const deliveries = createDeliveries({
    sql,
    clock,
    log,
    queue,
    advance,
    deliver: parts.deliver,
    workerId: () => session.id,
  });
  const sweep = createSweep({
    sql,
    server: sql.kind === 'server' ? (sql as Parameters<typeof createSweep>[0]['server']) : null, // told apart by kind
    clock,
    log,
    session,
    advance,
    relay,
    underWay: { attempt: runner.has, deliveries: deliveries.has },
    periodic: parts.periodicSweep,
  });

  const handle = async (wake: Wake): Promise<void> => {
    if (stopping) return;
    handling += 1;
    try {
      const state = await advance.read(wake.incident);
      if (state !== undefined && !belongsHere(state)) return;
      switch (wake.lane) {
        case 'delivery':
          await deliveries.deliverAll(wake.incident);
          return;
        case 'timer':
          await advance.advance(wake.incident, (draft) => fireTimer(draft, wake.subject as TimerId)); // a wake carries ids
          return;
        case 'attempt': {
          const id = wake.subject as AttemptId; // as above
          await advance.advance(wake.incident, (draft) => {
            const attempt = draft.attempts.get(id);
            if (attempt !== undefined && draft.env.worker !== null && isStartable(draft, attempt)) {
              takeAttempt(draft, attempt, draft.env.worker);
            }
          });
          // The job lasts as long as the attempt, so that the queue's concurrency bounds the real work.
          await runner.finished(id);
        }
      }
    } finally {
      handling -= 1;
    }
  };

  const accept = createAccept({
    sql,
    clock,
    ids,
    enrolment: parts.enrolment,
    playbookFor: parts.playbookFor,
    advance,
    exercise: parts.exercise,
  });

  return {
    accept,
    advance,
    async start() {
      for (const playbook of parts.playbooks) await storePlaybook(sql, playbook, clock.now());
      const lanes = new Set<WakeLane>([
        ...(roles.perform ? (['attempt', 'timer'] as const) : []),
        ...(roles.deliver ? (['delivery'] as const) : []),
      ]);
      if (lanes.size > 0) await queue.consume(lanes, handle);
      delivering = roles.deliver;
      await sweep.once();
      relay.sendLater((await futureWork(sql, clock.now())).map(({ dueMs, ...wake }) => ({ wake, dueMs })));
    },
    sweep: () => (stopping ? Promise.resolve() : sweep.once()),
    async stop(boundMs) {
      stopping = true;
      const done = (async () => {
        await sweep.stop();
        await queue.stop();
        await Promise.all(handed);
        await runner.containmentDone();
        await relay.drain();
      })();
      const bound = new AbortController();
      await Promise.race([done, clock.sleep(boundMs, bound.signal)]);
      bound.abort();
      await session.stop();
      await queue.close();
    },
    idle: () => handling === 0 && runner.inFlight() === 0 && deliveries.inFlight() === 0 && relay.idle(),
  };
}
