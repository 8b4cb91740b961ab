import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Activity, createActivity } from '../../src/activity.ts';
import { inProcessHandler } from '../../src/aws/in-process.ts';
import { loadGuardrails, loadPlaybooks } from '../../src/definitions.ts';
import { parseEnrolment } from '../../src/enrolment/enrolment.ts';
import { seededIds } from '../../src/id.ts';
import type { Deliver } from '../../src/incident/delivery.ts';
import type { IncidentState } from '../../src/incident/state.ts';
import { openEmbeddedSession } from '../../src/incident/worker.ts';
import { createLog, silentLog } from '../../src/log.ts';
import type { ComposeOptions, Cordon } from '../../src/main.ts';
import { compose } from '../../src/main.ts';
import { createMemoryQueue } from '../../src/queue/memory.ts';
import { settle } from '../../src/simulation/settle.ts';
import type { VirtualClock } from '../../src/simulation/virtual-clock.ts';
import { createVirtualClock } from '../../src/simulation/virtual-clock.ts';
import type { WorldSpec } from '../../src/simulation/world/spec.ts';
import { createWorld, type World } from '../../src/simulation/world/world.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { memoryBudget } from '../../src/store/rate-budget.ts';
import type { Sql } from '../../src/store/sql.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { borrowedDatabase, emptyDatabase } from './template.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, ROLE_ARN, smallWorld } from './world.ts';

/** An engine on a virtual clock, an embedded database and a simulated account, all in this process. */
export interface TestEngine {
  readonly cordon: Cordon;
  readonly world: World;
  readonly clock: VirtualClock;
  readonly sql: Sql;
  readonly dataDir: string;
  readonly pending: () => number;
  readonly activity: Activity;
  /** True once its process was killed: nothing of it comes back, so nothing of it is waited for. */
  readonly dead: () => boolean;
  /** Resolves when it is killed, or at once where only `dead` knows; `undefined` for one that is never killed. */
  readonly death: Promise<unknown> | undefined;
  submit(options?: AlertOptions): Promise<string>;
  state(id: string): Promise<IncidentState>;
  stop(): Promise<void>;
}

export interface AlertOptions {
  readonly id?: string;
  readonly revision?: string;
  readonly functionArn?: string;
  readonly severity?: number;
  /** How sure the source is; GuardDuty does not say, so the alert is then one of Cordon's own format. */
  readonly confidence?: number;
  /** AWS calls that the source saw abused; of Cordon's own format, so with a confidence. */
  readonly calls?: readonly { readonly service: string; readonly api: string }[];
  /** When it was first and last seen; at the world's beginning by default. */
  readonly at?: Date;
}

export const START = new Date('2026-11-24T03:00:00.000Z');

export function enrolmentText(mode: string): string {
  return `
accounts:
  - { id: '${ACCOUNT}', name: test, regions: [${REGION}], mode: ${mode}, tier: production, profile: dynamic }
responders:
  - { id: alice, name: Alice, slack: U0ALICE000, cli: alice, roles: [responder, commander] }
  - { id: bob, name: Bob, slack: U0BOB00000, cli: bob, roles: [approver] }
  - { id: eve, name: Eve, slack: U0EVE00000, cli: eve, roles: [observer] }
`;
}

/** The shared parts that outlive one engine: a restart builds a new engine on the same ones. */
export interface Ground {
  readonly sql: Sql;
  readonly world: World;
  readonly clock: VirtualClock;
  readonly dataDir: string;
}

export async function freshGround(
  options: { readonly seed?: string; readonly sql?: EmbeddedSql; readonly world?: WorldSpec } = {},
): Promise<Ground> {
  // A file's tests may share one database: emptying it takes milliseconds, loading one a second.
  if (options.sql !== undefined) await emptyDatabase(options.sql);
  const clock = createVirtualClock(START);
  return {
    sql: options.sql ?? (await borrowedDatabase()),
    world: createWorld(options.world ?? smallWorld(), { clock, seed: options.seed ?? 'test' }),
    clock,
    dataDir: await mkdtemp(join(tmpdir(), 'cordon-test-')),
  };
}

export async function startEngine(
  ground: Ground,
  options: {
    readonly mode?: string;
    readonly seed?: string;
    readonly deliver?: Deliver;
    readonly fetch?: (request: Request) => Promise<Response>;
    readonly sql?: Sql;
    readonly dead?: () => boolean;
    readonly death?: Promise<unknown>;
    readonly overrides?: Partial<ComposeOptions>;
  } = {},
): Promise<TestEngine> {
  const { world, clock, dataDir } = ground;
  const sql = options.sql ?? ground.sql;
  const activity = createActivity();
  const ids = seededIds(options.seed ?? 'engine');
  const queue = createMemoryQueue({ clock, log: silentLog });
  const session = await openEmbeddedSession({ sql, ids, host: 'test', pid: 1 });
  const delivered: Deliver =
    options.deliver ?? (async () => ({ kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } }));
  const cordon = await compose({
    sql,
    queue,
    clock,
    ids,
    log: createLog('warn'),
    session,
    budget: memoryBudget(clock),
    enrolment: parseEnrolment(enrolmentText(options.mode ?? 'act'), 'enrolment.yaml'),
    playbooks: await loadPlaybooks(),
    guardrails: await loadGuardrails(),
    aws: {
      kind: 'world',
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler(options.fetch ?? world.fetch, clock),
    },
    dataDir,
    people: () => delivered,
    roles: { perform: true, deliver: true },
    exercise: true,
    activity,
    headroom: 0,
    periodicSweep: false,
    readAttempts: 1,
    ...options.overrides,
  });
  await cordon.engine.start();
  return {
    cordon,
    world,
    clock,
    sql,
    dataDir,
    pending: () => queue.pending(),
    activity,
    dead: options.dead ?? (() => false),
    death: options.death ?? (options.dead === undefined ? undefined : Promise.resolve()),
    async submit(alert = {}) {
      const bytes = new TextEncoder().encode(JSON.stringify(alertJson(alert)));
      const [outcome] = await cordon.engine.accept.submit({
        bytes,
        via: 'cli',
        source: 'test',
        receivedAt: clock.now(),
      });
      if (outcome === undefined || outcome.kind === 'refused')
        throw new Error(`refused: ${JSON.stringify(outcome)}`);
      return outcome.incidentId;
    },
    async state(id) {
      const state = await cordon.engine.advance.read(id as never); // an id that submit returned
      if (state === undefined) throw new Error(`no incident ${id}`);
      return state;
    },
    stop: () => advanceUntil(clock, cordon.engine.stop(0)),
  };
}

/** Lets time pass until `work` is done, whatever waits for it. */
export async function advanceUntil(clock: VirtualClock, work: Promise<void>): Promise<void> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advanceToNext();
  }
  await done;
}

/** The generic form of an alert about the function under attack. */
export function alertJson(options: AlertOptions = {}): unknown {
  if (options.confidence !== undefined) return doubtfulAlert(options.confidence, options);
  const at = (options.at ?? START).toISOString();
  return {
    version: '0',
    id: 'e1',
    'detail-type': 'GuardDuty Finding',
    source: 'aws.guardduty',
    account: ACCOUNT,
    time: at,
    region: REGION,
    resources: [],
    detail: {
      schemaVersion: '2.0',
      accountId: ACCOUNT,
      region: REGION,
      partition: 'aws',
      id: options.id ?? 'finding1',
      arn: `arn:aws:guardduty:${REGION}:${ACCOUNT}:detector/d1/finding/${options.id ?? 'finding1'}`,
      type: 'Backdoor:Lambda/C&CActivity.B',
      severity: options.severity ?? 8,
      createdAt: at,
      updatedAt: options.revision ?? at,
      title: 'The function talks to a command and control server.',
      description: 'Synthetic.',
      resource: {
        resourceType: 'Lambda',
        lambdaDetails: {
          functionArn: options.functionArn ?? FUNCTION_ARN,
          functionName: (options.functionArn ?? FUNCTION_ARN).split(':').at(-1),
          description: '',
          lastModifiedAt: 0,
          revisionId: 'r1',
          functionVersion: '$LATEST',
          role: ROLE_ARN,
          tags: [],
        },
      },
      service: {
        serviceName: 'guardduty',
        detectorId: 'd1',
        archived: false,
        count: 1,
        eventFirstSeen: at,
        eventLastSeen: at,
        additionalInfo: { type: 'default', value: '{}' },
      },
    },
  };
}

function doubtfulAlert(confidence: number, options: AlertOptions): unknown {
  return {
    cordon: 1,
    id: options.id ?? 'finding1',
    type: 'egress:unknown-host',
    category: 'function-compromise',
    title: 'The function talks to a host that no release has ever used.',
    severity: options.severity ?? 8,
    confidence,
    ...(options.calls === undefined ? {} : { calls: options.calls }),
    function: { arn: options.functionArn ?? FUNCTION_ARN, roleArn: ROLE_ARN },
    lastSeenAt: (options.at ?? START).toISOString(),
  };
}

/**
 * Lets everything that can happen now happen, then lets time pass, until `until` holds. Time passes only
 * when nothing is under way: the same run again takes the same steps.
 */
export async function drive(
  engine: TestEngine,
  until: () => Promise<boolean> | boolean,
  maxSteps = 5000,
): Promise<void> {
  for (let step = 0; step < maxSteps; step++) {
    await quiet(engine);
    if (await until()) return;
    if (!engine.clock.advanceToNext())
      throw new Error('nothing is under way and nobody waits for time to pass');
  }
  throw new Error(`not there after ${maxSteps} steps`);
}

/** Lets exactly `ms` pass, waking whatever is due on the way. */
export async function pass(engine: TestEngine, ms: number): Promise<void> {
  let over = false;
  void engine.clock.sleep(ms).then(() => {
    over = true;
  });
  for (await quiet(engine); !over; await quiet(engine)) engine.clock.advanceToNext();
}

/** Resolves when nothing is under way, or all that is waits for the clock. */
export function quiet(engine: TestEngine): Promise<void> {
  const { activity, clock, dead, pending, world } = engine;
  return settle({
    // What a killed process waited for never comes.
    outside: {
      busy: () => (dead() ? 0 : activity.busy()),
      quiet: async () => {
        await (engine.death === undefined
          ? activity.quiet()
          : Promise.race([activity.quiet(), engine.death]));
      },
    },
    idle: () => dead() || (engine.cordon.engine.idle() && pending() === 0),
    progress: () => `${world.journal.count()}/${clock.sleepers()}`,
  });
}

/** The kinds of the incident's timeline entries, in order. */
export async function timelineKinds(engine: TestEngine, id: string): Promise<string[]> {
  return (await readTimeline(engine.sql, id)).map((entry) => entry.body?.kind ?? 'purged');
}
