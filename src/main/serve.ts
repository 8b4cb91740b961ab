import { hostname } from 'node:os';
import type { AwsTransport } from '../aws/transport.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { controlListener, createControl } from '../console/control.ts';
import { createLocalApi } from '../console/local.ts';
import { codeOf } from '../error.ts';
import type { Ids } from '../id.ts';
import { createRecordAccess } from '../incident/evidence-note.ts';
import { createRecordRetention } from '../incident/retention-note.ts';
import type { WorkerSession } from '../incident/worker.ts';
import { openEmbeddedSession, openServerSession } from '../incident/worker.ts';
import type { Log } from '../log.ts';
import { compose } from '../main.ts';
import type { SlackApp } from '../slack/app.ts';
import { memoryBudget, sharedBudget } from '../store/rate-budget.ts';
import { VERSION } from '../version.ts';
import type { Closing } from './closing.ts';
import { createClosing } from './closing.ts';
import { openCustody } from './custody.ts';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';
import { idleSession, loadDefinitions } from './engine-parts.ts';
import { keepInventory } from './inventory-parts.ts';
import { pageAcknowledged, pagingFor } from './paging-parts.ts';
import { openQueue } from './queue.ts';
import type { ServeRole } from './roles.ts';
import type { SlackSide } from './slack-app.ts';
import { slackFor } from './slack-app.ts';
import { keepSessionsWarm } from './warm-sessions.ts';
import { openWaysIn } from './ways-in.ts';

/** What a running engine says of itself, in one line. */
export interface ServeSummary {
  readonly version: string;
  readonly pid: number;
  readonly roles: string;
  readonly database: 'embedded' | 'server';
  readonly queue: string;
  readonly slack: string;
  readonly webhook: string;
  readonly sqs: string;
  readonly accounts: number;
  /** Accounts that containment may write to by itself. */
  readonly acting: number;
  readonly playbooks: number;
}

export interface Serving {
  readonly summary: ServeSummary;
  /** Takes no more work and finishes what is under way, within the configured drain; the rest is rescued later. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  readonly roles: ReadonlySet<ServeRole>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly transport?: AwsTransport;
}

// Of the drain, what the sessions, queues and the database need to close after the engine has stopped.
const CLOSE_SHARE_MS = 500;

/**
 * Starts the engine with everything that is configured. Throws by code what kept it from starting; what
 * it had opened is closed then.
 */
export async function startServing(config: Config, options: ServeOptions): Promise<Serving> {
  const closing = createClosing();
  try {
    return await start(config, options, closing);
  } catch (error) {
    await closing.close().catch(() => undefined);
    throw error;
  }
}

async function start(config: Config, options: ServeOptions, closing: Closing): Promise<Serving> {
  const { roles, clock, ids, log } = options;
  const drain = { stopping: false, untilMs: Number.POSITIVE_INFINITY };
  const drainLeftMs = () => (drain.stopping ? Math.max(0, drain.untilMs - clock.monotonicMs()) : 0);

  // What people wrote is checked before anything is opened.
  const definitions = await loadDefinitions(config);
  const database = await openDatabase(config, { holder: 'serve', clock, closing });
  const { sql } = database;
  const { kind: queueKind, queue } = await openQueue(config, database, { log, closing });
  const engineRoles = { perform: roles.has('worker'), deliver: roles.has('slack') };
  const late: { forget: () => void } = { forget: () => {} };
  const session = await openSession(database, options, () => late.forget());

  const composed = { done: false };
  closing.add(async () => {
    // From then on the engine closes both.
    if (composed.done) return;
    await session.stop();
    await queue.close();
  });

  const slack: { side?: SlackSide } = {};
  const people = roles.has('slack')
    ? await slackFor(config, { sql, definitions, clock, ids, log })
    : undefined;
  const custody = await openCustody({ dataDir: config.dataDir, config: config.custody, clock });
  closing.add(async () => custody.close());
  const cordon = await compose({
    ...definitions,
    sql,
    queue,
    clock,
    ids,
    log,
    session,
    budget: database.kind === 'server' ? sharedBudget(sql) : memoryBudget(clock),
    aws: options.transport ?? { kind: 'aws' },
    dataDir: config.dataDir,
    custody,
    ...(people === undefined
      ? {}
      : {
          people: (parts) => {
            slack.side = people(parts);
            return slack.side.app.deliver;
          },
        }),
    pages: await pagingFor(config, { clock, ids, closing }),
    roles: engineRoles,
    exercise: false,
    headroom: config.headroom,
    periodicSweep: true,
  });
  const { engine } = cordon;
  composed.done = true;
  late.forget = () => engine.advance.forget();
  closing.add(() => engine.stop(Math.max(0, drainLeftMs() - CLOSE_SHARE_MS)));
  await engine.start();
  if (roles.has('worker')) {
    const looking = new AbortController();
    const kept = keepInventory(cordon.inventory, clock, looking.signal);
    // A look under way ends with the engine's own calls.
    kept.catch((error: unknown) =>
      log.error({ code: codeOf(error) }, 'the inventory is no longer refreshed'),
    );
    void keepSessionsWarm({
      enrolment: definitions.enrolment,
      aws: cordon.aws,
      clock,
      log,
      headroom: config.headroom,
      signal: looking.signal,
    });
    closing.add(async () => looking.abort());
  }

  if (database.kind === 'embedded') {
    const api = createLocalApi({
      sql,
      inventory: cordon.inventory,
      views: cordon.views,
      execute: cordon.execute,
      declare: cordon.declare,
      accept: engine.accept,
      recordAccess: createRecordAccess(engine.advance),
      recordRetention: createRecordRetention({
        advance: engine.advance,
        sql,
        enrolment: definitions.enrolment,
      }),
      clock,
      performing: async () => true,
    });
    database.lock.answer(controlListener(createControl({ api, log })));
  }
  const waysIn = roles.has('intake')
    ? await openWaysIn(config, {
        accept: engine.accept,
        acknowledged: pageAcknowledged(cordon.execute, engine.advance),
        sql,
        clock,
        ids,
        log,
        closing,
        stopping: () => drain.stopping,
        drainLeftMs,
      })
    : undefined;
  // Last, and in Socket Mode in its own time: alerts are taken and contained while Slack is away.
  const app = slack.side?.app;
  if (slack.side !== undefined) {
    const { drills } = slack.side;
    closing.add(() => drills.close());
    await startSlack(slack.side.app, config, options, closing);
  }

  const { accounts } = definitions.enrolment;
  return {
    summary: {
      version: VERSION,
      pid: process.pid,
      roles: [...roles].join(','),
      database: database.kind,
      queue: queueKind,
      slack: app === undefined ? 'off' : config.slack?.appToken === undefined ? 'http' : 'socket',
      webhook: waysIn?.webhook ?? 'off',
      sqs: waysIn?.queue ?? 'off',
      accounts: accounts.length,
      acting: accounts.filter((account) => account.mode === 'act').length,
      playbooks: definitions.playbooks.length,
    },
    async stop() {
      if (drain.stopping) return;
      drain.stopping = true;
      drain.untilMs = clock.monotonicMs() + config.drainMs;
      await closing.close();
    },
  };
}

async function openSession(
  database: Database,
  options: ServeOptions,
  onRenewed: () => void,
): Promise<WorkerSession> {
  const { roles, ids, clock, log } = options;
  // A process that only takes alerts in owns nothing, and must not look like one that performs.
  if (!roles.has('worker') && !roles.has('slack')) return idleSession(ids);
  const self = { ids, host: hostname(), pid: process.pid };
  return database.kind === 'embedded'
    ? openEmbeddedSession({ sql: database.sql, ...self })
    : openServerSession({ sql: database.sql, clock, log, onRenewed, ...self });
}

/** Listens for Slack; or, in Socket Mode, connects as soon as Slack lets it. */
async function startSlack(
  app: SlackApp,
  config: Config,
  options: ServeOptions,
  closing: Closing,
): Promise<void> {
  const { clock, log } = options;
  const stopping = new AbortController();
  closing.add(async () => {
    stopping.abort();
    await app.stop();
  });
  if (config.slack?.appToken === undefined) {
    await app.start();
    return;
  }
  void (async () => {
    for (let tries = 1; !stopping.signal.aborted; tries += 1) {
      try {
        await app.start();
        return;
      } catch (error) {
        log.error({ code: codeOf(error), tries }, 'Slack cannot be reached; it is tried again');
        await clock.sleep(SLACK_RETRY_MS, stopping.signal);
      }
    }
  })();
}

const SLACK_RETRY_MS = 15_000;
