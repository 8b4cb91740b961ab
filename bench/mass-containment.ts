import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActivity } from '../src/activity.ts';
import { inProcessHandler } from '../src/aws/in-process.ts';
import { loadGuardrails, loadPlaybooks } from '../src/definitions.ts';
import { parseEnrolment } from '../src/enrolment/enrolment.ts';
import { seededIds } from '../src/id.ts';
import { openEmbeddedSession } from '../src/incident/worker.ts';
import { silentLog } from '../src/log.ts';
import { compose } from '../src/main.ts';
import { createMemoryQueue } from '../src/queue/memory.ts';
import type { RateBudget } from '../src/rate.ts';
import { settle } from '../src/simulation/settle.ts';
import { createVirtualClock } from '../src/simulation/virtual-clock.ts';
import { createWorld, type World } from '../src/simulation/world/world.ts';
import { migrate } from '../src/store/migrate.ts';
import { type EmbeddedSql, openEmbedded } from '../src/store/pglite.ts';
import { memoryBudget } from '../src/store/rate-budget.ts';
import { trackedSql } from '../src/store/tracked-sql.ts';
import { accountSpec, alertAbout, CREDENTIALS, enrolmentText, subject } from './account.ts';
import { type Benchmark, compared, figure } from './figure.ts';

const FUNCTIONS = 1000;
const REGION = 'eu-west-1';
/** Lambda's control plane: calls a second in all, per account and Region (docs: lambda gettingstarted-limits). */
const LIMIT = 15;
// More than one page, so that listing an account takes more than one call.
const OTHER_MAPPINGS = 150;

/** Reads of one function that exist for one function only, and that come before its reserved concurrency is set. */
const UNBATCHABLE: ReadonlySet<string> = new Set(['ListFunctionEventInvokeConfigs']);

/** What a containment of many functions at once came to, in virtual time. */
export interface MassContainment {
  /** From the alerts to the last reserved concurrency that was accepted. */
  readonly seconds: number;
  /** The least that AWS's limit allows: (puts + reads that cannot be batched) / 15. */
  readonly floorSeconds: number;
  /** The most calls of Lambda's control plane within any second. */
  readonly peakPerSecond: number;
  readonly throttled: number;
  readonly contained: number;
  /** Calls of each operation in Lambda's bucket of 15, up to the last put. */
  readonly calls: ReadonlyMap<string, number>;
}

/** Alerts about `functions` functions of one account and Region, all at once, until none of them can be invoked. */
export async function containMany(
  functions: number,
  options: {
    readonly note?: (line: string) => void;
    /** In place of the engine's own budget. */
    readonly budget?: RateBudget;
    /** A database to use and to close; a new one otherwise. */
    readonly database?: EmbeddedSql;
  } = {},
): Promise<MassContainment> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cordon-mass-'));
  const database = options.database ?? (await openEmbedded({}));
  const clock = createVirtualClock(new Date('2026-11-24T03:00:00.000Z'));
  const ids = seededIds('mass-containment');
  const activity = createActivity();
  try {
    const world = createWorld(
      accountSpec({
        functions,
        latencyMs: 0,
        rateLimits: true,
        region: REGION,
        otherMappings: OTHER_MAPPINGS,
      }),
      { clock, seed: 'mass-containment' },
    );
    await migrate(database);
    const { sql, statements } = trackedSql(database, activity);
    const queue = createMemoryQueue({ clock, log: silentLog });
    const { engine } = await compose({
      sql,
      queue,
      clock,
      ids,
      log: silentLog,
      session: await openEmbeddedSession({ sql, ids, host: hostname(), pid: process.pid }),
      budget: options.budget ?? memoryBudget(clock),
      enrolment: parseEnrolment(enrolmentText(), 'enrolment.yaml'),
      playbooks: await loadPlaybooks(),
      guardrails: await loadGuardrails(),
      aws: {
        kind: 'world',
        endpoint: 'http://127.0.0.1:1',
        requestHandler: inProcessHandler(world.fetch, clock),
        // A copy: the SDK marks what it is given.
        credentials: { ...CREDENTIALS },
      },
      dataDir,
      roles: { perform: true, deliver: false },
      exercise: true,
      headroom: 0,
      periodicSweep: false,
      activity,
      readAttempts: 1,
    });
    await engine.start();
    // Counted as they come: to count a long journal at every turn of the loop would take longer than all the rest.
    const seen = { calls: 0, puts: 0 };
    world.journal.subscribe(({ operation, outcome }) => {
      seen.calls += 1;
      if (operation === 'PutFunctionConcurrency' && outcome === 'ok') seen.puts += 1;
    });
    const startedMs = clock.now().getTime();
    for (let index = 0; index < functions; index++) {
      const bytes = alertAbout(subject(index, REGION), clock.now());
      await engine.accept.submit({ bytes, via: 'cli', source: 'bench', receivedAt: clock.now() });
    }
    const settled = () =>
      settle({
        outside: activity,
        idle: () => engine.idle() && queue.pending() === 0,
        progress: () => `${statements()} ${clock.sleepers()} ${world.journal.count()} ${clock.monotonicMs()}`,
      });
    const putsMade = () => world.journal.count({ operation: 'PutFunctionConcurrency', outcome: 'ok' });
    for (await settled(); putsMade() < functions; await settled()) {
      if (!clock.advanceToNext()) break;
      options.note?.(`${(clock.monotonicMs() / 1000).toFixed(1)} s: ${seen.puts} of ${functions}`);
    }
    const result = resultOf(world, functions, startedMs);
    let over = false;
    const stopping = engine.stop(0).finally(() => {
      over = true;
    });
    while (!over) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      clock.advanceToNext();
    }
    await stopping;
    return result;
  } finally {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function resultOf(world: World, functions: number, startedMs: number): MassContainment {
  const inBucket = world.journal.entries({
    service: 'lambda',
    operation: (name) => name !== 'GetFunction' && name !== 'GetPolicy' && name !== 'DownloadCode',
  });
  const puts = inBucket.filter(
    ({ operation, outcome }) => operation === 'PutFunctionConcurrency' && outcome === 'ok',
  );
  const last = puts.at(-1)?.at ?? '';
  const before = inBucket.filter(({ at }) => at <= last);
  const calls = new Map<string, number>();
  for (const { operation } of before) calls.set(operation, (calls.get(operation) ?? 0) + 1);
  // One each at most: whatever is read twice was not necessary.
  const unbatchable = [...UNBATCHABLE].reduce(
    (sum, operation) => sum + Math.min(functions, calls.get(operation) ?? 0),
    0,
  );
  const instants = inBucket.map(({ at }) => Date.parse(at));
  let from = 0;
  let peak = 0;
  instants.forEach((at, index) => {
    while ((instants[from] ?? at) <= at - 1000) from += 1;
    peak = Math.max(peak, index - from + 1);
  });
  return {
    seconds: (Date.parse(last) - startedMs) / 1000,
    floorSeconds: (functions + unbatchable) / LIMIT,
    peakPerSecond: peak,
    throttled: inBucket.filter(({ outcome }) => outcome === 'TooManyRequestsException').length,
    contained: new Set(puts.map(({ target }) => target)).size,
    calls,
  };
}

/** A thousand functions of one account at once, beside what AWS's limit of 15 calls a second allows at best. */
export const massContainment: Benchmark = {
  name: 'mass-containment',
  shows: 'seconds of virtual time until 1,000 functions of one account cannot be invoked, beside the floor',
  async run(note) {
    const mass = await containMany(FUNCTIONS, { note });
    for (const [operation, count] of mass.calls) note(`${operation}: ${count}`);
    if (mass.contained !== FUNCTIONS || mass.throttled > 0) {
      throw new Error(
        `expected ${FUNCTIONS} functions contained and no call throttled, found ${mass.contained} and ${mass.throttled}`,
      );
    }
    return [
      compared('mass-containment', mass.seconds, 's', mass.floorSeconds),
      figure('peak-calls-per-second', mass.peakPerSecond, '1/s'),
    ];
  },
};
