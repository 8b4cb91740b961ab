import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { EngineApi } from '../../src/console/api.ts';
import { createClient } from '../../src/console/client.ts';
import { verifyCase } from '../../src/evidence/verify.ts';
import { type IncidentId, randomIds } from '../../src/id.ts';
import type { IncidentView } from '../../src/incident/incident-view.ts';
import { silentLog } from '../../src/log.ts';
import { openApi } from '../../src/main/open.ts';
import { type ServedSlack, serveSlack } from '../../src/simulation/slack-double/serve.ts';
import { serveWorld } from '../../src/simulation/world/serve.ts';
import { diffSnapshots } from '../../src/simulation/world/snapshot.ts';
import { createWorld, type World } from '../../src/simulation/world/world.ts';
import { folderHolder } from '../../src/store/folder-lock.ts';
import { verifyChain } from '../../src/timeline/verify.ts';
import { doubledMessages } from './crash-run.ts';
import { alertJson, enrolmentText } from './engine.ts';
import { type EngineProcess, startEngineProcess } from './processes.ts';
import { SLACK_SECRETS, slackDouble } from './slack.ts';
import { smallWorld } from './world.ts';

/**
 * What engine processes share and what outlives them: the simulated account and the Slack double, both in this
 * process and over sockets, the data folder, and the database and queue that the environment names.
 */
export interface ProcessGround {
  readonly world: World;
  readonly dataDir: string;
  /** Starts one more engine, with an access key of its own. */
  start(): Promise<EngineProcess>;
  /** Runs `work` on the engine's command API, as a command in a terminal would. */
  withApi<Result>(work: (api: EngineApi) => Promise<Result>): Promise<Result>;
  /** Hands the alert in until somebody acknowledges it; returns the incident's id. */
  submit(): Promise<string>;
  /** Calls to the account and to Slack so far. */
  calls(): number;
  /** Resolves when no call has come for a while: what was still to be delivered has been. */
  quiet(): Promise<void>;
  /** The incident as it is now. */
  view(id: string): Promise<IncidentView | undefined>;
  answer(id: string, form: string, given: Readonly<Record<string, string>>): Promise<void>;
  /** What is not as it must be at the end, in words; empty for a good one. */
  problems(id: string): Promise<string[]>;
  /** Kills what still runs and removes everything. */
  close(): Promise<void>;
}

const SECRET = 'made-up-secret-key';

/** The operations that contain, in the order of their names, and those that put back. */
export const CONTAINING = ['PutFunctionConcurrency', 'PutRolePolicy'] as const;
const RESTORING = ['DeleteFunctionConcurrency', 'DeleteRolePolicy'] as const;
/** How often each takes effect in one incident: the role is denied for the function, then as a whole. */
export const TIMES = {
  PutFunctionConcurrency: 1,
  PutRolePolicy: 2,
  DeleteFunctionConcurrency: 1,
  DeleteRolePolicy: 2,
} as const;

export async function openProcessGround(options: {
  /** `DATABASE_URL` and `REDIS_URL`, or neither for the embedded database. */
  readonly environment: Readonly<Record<string, string>>;
  readonly latencyMs: number;
  /** Data folder to begin with, its database migrated already; a new one by default. */
  readonly dataDir?: string;
}): Promise<ProcessGround> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'cordon-processes-')));
  const keys = Array.from({ length: 8 }, (_, n) => `AKIACORDONPROCESS${String(n).padStart(3, '0')}`);
  const base = smallWorld();
  const [user] = base.users;
  if (user === undefined) throw new Error('the small world has no user to copy');
  const users = keys.map((accessKeyId, n) => ({
    ...user,
    name: `cordon-${n}`,
    accessKeyId,
    secretAccessKey: SECRET,
  }));
  const world = createWorld(smallWorld({ users, latencyMs: options.latencyMs }), {
    clock: systemClock,
    seed: 'processes',
  });
  const servedWorld = await serveWorld(world, { host: '127.0.0.1', port: 0 });
  const slack = slackDouble(systemClock);
  const servedSlack: ServedSlack = await serveSlack(slack);
  const enrolment = join(dataDir, 'enrolment.yaml');
  await writeFile(enrolment, enrolmentText('act'));
  const environment: Readonly<Record<string, string>> = {
    CORDON_DATA_DIR: dataDir,
    CORDON_ENROLMENT: enrolment,
    CORDON_LOG_LEVEL: 'warn',
    CORDON_HEADROOM: '0',
    CORDON_SLACK_PORT: '0',
    CORDON_SLACK_API_URL: servedSlack.apiUrl,
    ...SLACK_SECRETS,
    ...options.environment,
  };
  const config = readConfig(environment);
  const before = world.snapshot();
  const started: EngineProcess[] = [];
  let nextKey = 0;

  const throughHolder: ProcessGround['withApi'] = async (work) => {
    const holder = await folderHolder(dataDir);
    // Without one a command would open the folder itself, and the engine that is about to start would wait.
    if (holder?.kind !== 'serve') throw new Error('no engine holds the folder');
    return work(createClient(holder.socket));
  };
  // On a server the command API stays open; on a folder it goes through the engine that holds it at the moment.
  const shared =
    config.databaseUrl === undefined
      ? undefined
      : await openApi(config, { clock: systemClock, ids: randomIds, log: silentLog });
  const call = <Result>(work: (api: EngineApi) => Promise<Result>) =>
    shared === undefined ? throughHolder(work) : work(shared.api);

  const calls = () => world.journal.entries().length + slack.journal.length;

  const ground: ProcessGround = {
    world,
    dataDir,
    async start() {
      const accessKeyId = keys[nextKey++ % keys.length] ?? '';
      const engine = await startEngineProcess({
        environment,
        worldUrl: servedWorld.url,
        accessKeyId,
        secretAccessKey: SECRET,
      });
      started.push(engine);
      return engine;
    },
    withApi: call,
    async submit() {
      const bytes = new TextEncoder().encode(JSON.stringify(alertJson()));
      const [outcome] = await call((api) => api.submit({ bytes, source: 'test' }));
      if (outcome === undefined || outcome.kind === 'refused') {
        throw new Error(`refused: ${JSON.stringify(outcome)}`);
      }
      return outcome.incidentId;
    },
    calls,
    async quiet() {
      for (let before = -1; before !== calls(); ) {
        before = calls();
        await systemClock.sleep(QUIET_MS);
      }
    },
    view: (id) => call((api) => api.incident(id)),
    async answer(id, form, given) {
      const question = (await ground.view(id))?.questions.find(
        (each) => each.form === form && each.status === 'open',
      );
      if (question === undefined) return;
      await call((api) =>
        api.execute({
          command: 'answer',
          incident: id as IncidentId, // an id that the engine gave out
          identity: { kind: 'cli', name: 'alice' },
          input: { invocationId: question.invocationId, answer: given },
          // One person, one press: the same key after a restart is the same press.
          idempotencyKey: `press-${question.invocationId}`,
        }),
      );
    },
    async problems(id) {
      const problems: string[] = [];
      for (const operation of [...CONTAINING, ...RESTORING]) {
        const made = world.journal.writes({ operation }).length;
        if (made !== TIMES[operation]) problems.push(`${operation} took effect ${made} times`);
      }
      const left = diffSnapshots(before, world.snapshot());
      if (left.length > 0) problems.push(`the account is not as before: ${JSON.stringify(left)}`);
      const listed = await call((api) => api.incidents({ all: true }));
      if (listed.length !== 1) problems.push(`${listed.length} incidents instead of 1`);
      if (listed[0]?.status !== 'closed') problems.push(`the incident is ${listed[0]?.status}`);
      const extract = await call((api) => api.timeline(id, 0));
      const verdict = verifyChain(id, extract?.entries ?? [], extract?.head);
      if (verdict.kind !== 'intact') problems.push(`the timeline is broken at ${verdict.seq}`);
      const evidence = await verifyCase(join(dataDir, 'evidence'), id);
      if (!evidence.verified) problems.push(`evidence: ${JSON.stringify(evidence.findings)}`);
      problems.push(...doubledMessages(slack));
      return problems;
    },
    async close() {
      await Promise.all(started.map((engine) => engine.kill()));
      await shared?.close();
      await servedWorld.close();
      await servedSlack.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return ground;
}

const LOOK_AGAIN_MS = 5;
// Longer than the sweep's pause, by which a delivery whose wake-up was lost is found.
const QUIET_MS = 2500;

/** Resolves when `condition` holds; throws, with what was last seen, after `limitMs`. Other processes give no signal. */
export async function eventually(
  what: string,
  limitMs: number,
  condition: () => Promise<boolean> | boolean,
): Promise<void> {
  const start = systemClock.monotonicMs();
  let last: unknown = 'not yet';
  while (systemClock.monotonicMs() - start < limitMs) {
    try {
      if (await condition()) return;
    } catch (error) {
      // No engine answers at the moment: it was killed, and the next is on its way.
      last = error;
    }
    await systemClock.sleep(LOOK_AGAIN_MS);
  }
  throw new Error(`expected within ${limitMs} ms: ${what}; ${String(last)}`);
}
