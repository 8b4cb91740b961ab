import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { IncidentId } from '../../src/id.ts';
import { randomIds } from '../../src/id.ts';
import { openEmbeddedSession, openServerSession } from '../../src/incident/worker.ts';
import type { JsonObject } from '../../src/json.ts';
import { createLog } from '../../src/log.ts';
import { createClosing } from '../../src/main/closing.ts';
import { openDatabase } from '../../src/main/database.ts';
import { loadDefinitions } from '../../src/main/engine-parts.ts';
import { openQueue } from '../../src/main/queue.ts';
import { openWaysIn } from '../../src/main/ways-in.ts';
import type { Cordon } from '../../src/main.ts';
import { compose } from '../../src/main.ts';
import { memoryBudget, sharedBudget } from '../../src/store/rate-budget.ts';
import { alertAbout, CREDENTIALS, enrolmentText, subject } from '../account.ts';
import { answerParent } from '../child.ts';
import { instantMs, pause } from '../instant.ts';

export interface EngineOptions {
  readonly dataDir: string;
  readonly worldUrl: string;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  /**
   * AWS's rate limits on what containment calls as in production, or none, to find the engine's own. Evidence is never
   * held back: two lookups a second of CloudTrail would keep an idle engine from being idle for a minute an incident.
   */
  readonly limits: 'aws' | 'none';
}

export type EngineOperations = {
  start(body: EngineOptions): Promise<{ webhook: string; readyMs: number }>;
  /** Submits an alert about one subject; when the engine had it, and when it answered. */
  submit(body: { index: number }): Promise<{ startedMs: number; answeredMs: number; incident: string }>;
  /** Has a person close the incidents, and waits until nothing is left to do. */
  settle(body: { incidents: readonly string[] }): Promise<void>;
  memory(): { rssMiB: number; heapMiB: number };
  stop(): Promise<void>;
};

const CONTAINMENT = /\/(lambda-|iam)[^/]*$/;
export const WEBHOOK_SECRET = 'a secret that only this benchmark knows, of enough bytes';

/** The engine as `cordon serve` builds it, without Slack, on the simulated account. */
export function engineProcess(): void {
  let cordon: Cordon | undefined;
  const closing = createClosing();
  const running = (): Cordon => {
    if (cordon === undefined) throw new Error('expected to be started first');
    return cordon;
  };
  const act = async (incident: IncidentId, command: string, input: JsonObject): Promise<void> => {
    const result = await running().execute({
      command,
      incident,
      identity: { kind: 'cli', name: 'bench' },
      input,
      idempotencyKey: `${command}-${incident}`,
    });
    if (result.kind === 'refused') throw new Error(`${command} was refused: ${result.message}`);
  };

  const operations: EngineOperations = {
    async start(options) {
      const enrolment = join(options.dataDir, 'enrolment.yaml');
      await writeFile(enrolment, enrolmentText());
      const config = readConfig({
        CORDON_DATA_DIR: options.dataDir,
        CORDON_ENROLMENT: enrolment,
        CORDON_HTTP_PORT: '0',
        CORDON_WEBHOOK_SECRETS: JSON.stringify({ bench: [WEBHOOK_SECRET] }),
        DATABASE_URL: options.databaseUrl,
        REDIS_URL: options.redisUrl,
      });
      const log = createLog('warn');
      const clock = systemClock;
      const ids = randomIds;
      const database = await openDatabase(config, { holder: 'serve', clock, closing });
      const { queue } = await openQueue(config, database, { log, closing });
      const self = { ids, host: hostname(), pid: process.pid };
      const late = { forget: () => {} };
      const session =
        database.kind === 'embedded'
          ? await openEmbeddedSession({ sql: database.sql, ...self })
          : await openServerSession({
              sql: database.sql,
              clock,
              log,
              onRenewed: () => late.forget(),
              ...self,
            });
      const shared = database.kind === 'server' ? sharedBudget(database.sql) : memoryBudget(clock);
      cordon = await compose({
        ...(await loadDefinitions(config)),
        sql: database.sql,
        queue,
        clock,
        ids,
        log,
        session,
        budget: {
          take: async (request) =>
            options.limits === 'aws' && CONTAINMENT.test(request.key) ? shared.take(request) : 0,
        },
        aws: { kind: 'world', endpoint: options.worldUrl, credentials: CREDENTIALS },
        dataDir: config.dataDir,
        roles: { perform: true, deliver: true },
        exercise: false,
        headroom: config.headroom,
        periodicSweep: true,
      });
      const { engine } = cordon;
      late.forget = () => engine.advance.forget();
      closing.add(() => engine.stop(5000));
      await engine.start();
      const { webhook } = await openWaysIn(config, {
        accept: engine.accept,
        sql: database.sql,
        clock,
        ids,
        log,
        closing,
        stopping: () => false,
        drainLeftMs: () => 0,
      });
      return { webhook, readyMs: instantMs() };
    },
    async submit({ index }) {
      const bytes = alertAbout(subject(index));
      const startedMs = instantMs();
      const [outcome] = await running().engine.accept.submit({
        bytes,
        via: 'cli',
        source: 'bench',
        receivedAt: systemClock.now(),
      });
      const answeredMs = instantMs();
      if (outcome?.kind !== 'opened')
        throw new Error(`expected a new incident, found ${JSON.stringify(outcome)}`);
      return { startedMs, answeredMs, incident: outcome.incidentId };
    },
    async settle({ incidents }) {
      const { engine } = running();
      for (const id of incidents) {
        const incident = id as IncidentId; // submit or the webhook returned it
        // Whoever acknowledges leads, and what is closed without being released is handed over to them.
        await act(incident, 'acknowledge', {});
        await act(incident, 'close', { reason: 'measured' });
        for (;;) {
          const state = await engine.advance.read(incident);
          if (state?.status === 'closed') break;
          if (state?.status === 'halted') throw new Error(`incident ${id} was halted`);
          await pause(25);
        }
      }
      for (let still = 0; still < 4; still = engine.idle() ? still + 1 : 0) await pause(25);
    },
    memory() {
      const { rss, heapUsed } = process.memoryUsage();
      return { rssMiB: rss / 2 ** 20, heapMiB: heapUsed / 2 ** 20 };
    },
    async stop() {
      await closing.close();
    },
  };
  answerParent(operations);
}
