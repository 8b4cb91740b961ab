import { hostname } from 'node:os';
import { signRequest } from '../../alert/sign.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { controlListener, createControl } from '../../console/control.ts';
import { createLocalApi } from '../../console/local.ts';
import type { Ids, IncidentId } from '../../id.ts';
import { abandonExercise } from '../../incident/abandon.ts';
import { createRecordAccess } from '../../incident/evidence-note.ts';
import { createRecordRetention } from '../../incident/retention-note.ts';
import { openEmbeddedSession } from '../../incident/worker.ts';
import type { Log } from '../../log.ts';
import { type Cordon, compose } from '../../main.ts';
import { ExerciseError } from '../../simulation/exercise/error.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import { serveSlack } from '../../simulation/slack-double/serve.ts';
import { serveWorld } from '../../simulation/world/serve.ts';
import { createWorld } from '../../simulation/world/world.ts';
import { createSlackApp, SLACK_PATH, type SlackApp } from '../../slack/app.ts';
import { oneWorkspace } from '../../slack/workspaces.ts';
import { dropDeliveries } from '../../store/outbox.ts';
import { memoryBudget } from '../../store/rate-budget.ts';
import type { Sql } from '../../store/sql.ts';
import type { Closing } from '../closing.ts';
import { openDatabase } from '../database.ts';
import type { Definitions } from '../engine-parts.ts';
import { openQueue } from '../queue.ts';
import { slackSeen, slackSide } from '../slack-parts.ts';
import { openWaysIn } from '../ways-in.ts';
import { sendersOf } from './door.ts';
import { exerciseSlack, type PlayedGround, realPace, worldTransport } from './ground.ts';

const LOOPBACK = '127.0.0.1';
const STOP_MS = 5000;

/**
 * Account ids that AWS keeps for its own documentation. A live exercise shares its database with whatever
 * else runs on the folder; with any other id a real alert could join a drill instead of being contained.
 */
const EXAMPLE_ACCOUNTS: ReadonlySet<string> = new Set([
  '111122223333',
  '123456789012',
  '444455556666',
  '555566667777',
  '777788889999',
  '999988887777',
]);

/**
 * The ground of a live run: the engine as `cordon serve` runs it, on the embedded database of the data
 * folder with the queue on it; the account, Slack and the webhook over HTTP on free ports of 127.0.0.1.
 * Throws `cordon_exercise_real_account`, and `cordon_store_folder_in_use` when an engine has the folder.
 */
export async function openLiveGround(options: {
  readonly config: Config;
  readonly loaded: LoadedScenario;
  readonly definitions: Pick<Definitions, 'playbooks' | 'guardrails'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly closing: Closing;
}): Promise<PlayedGround> {
  const { loaded, definitions, clock, ids, log, closing } = options;
  const { scenario, enrolment } = loaded;
  if (!EXAMPLE_ACCOUNTS.has(loaded.world.account)) {
    throw new ExerciseError(
      'cordon_exercise_real_account',
      `expected a live exercise to be in an account of AWS's documentation (${[...EXAMPLE_ACCOUNTS].join(', ')}), found another in ${scenario.world.join(', ')}; change it, or run without --live`,
    );
  }
  const secrets = {
    signingSecret: secret(ids),
    botToken: `xoxb-exercise-${secret(ids)}`,
    senders: Object.fromEntries(sendersOf(loaded).map((name) => [name, [secret(ids)]])),
  };
  // Only the folder is taken from the configuration: no server, no queue, no Slack, no AWS of it.
  const config: Config = {
    ...options.config,
    databaseUrl: undefined,
    redisUrl: undefined,
    sqsQueueUrl: undefined,
    slack: undefined,
    httpHost: LOOPBACK,
    httpPort: 0,
    webhookSecrets: secrets.senders,
  };
  const database = await openDatabase(config, { holder: 'serve', clock, closing });
  const { sql } = database;
  const { queue } = await openQueue(config, database, { log, closing });
  const world = createWorld(loaded.world, { clock, seed: ids.next('inc') });
  const servedWorld = await serveWorld(world, {
    host: LOOPBACK,
    port: 0,
    onDefect: () => log.error({}, 'the simulated account failed on a call'),
  });
  closing.add(() => servedWorld.close());
  const slack = exerciseSlack(loaded, clock, secrets);
  const servedSlack = await serveSlack(slack);
  closing.add(() => servedSlack.close());

  const made: { app?: SlackApp } = {};
  const session = await openEmbeddedSession({ sql, ids, host: hostname(), pid: process.pid });
  const cordon = await compose({
    playbooks: definitions.playbooks,
    guardrails: definitions.guardrails,
    enrolment,
    sql,
    queue,
    clock,
    ids,
    log,
    session,
    budget: memoryBudget(clock),
    aws: worldTransport(loaded, { endpoint: servedWorld.url }),
    dataDir: config.dataDir,
    people: (parts) => {
      made.app = createSlackApp({
        workspaces: oneWorkspace(secrets.botToken),
        receiver: { kind: 'http', signingSecret: secrets.signingSecret, port: 0, hostname: LOOPBACK },
        slackApiUrl: servedSlack.apiUrl,
        clock,
        ...slackSide(parts, sql, enrolment),
        seen: slackSeen(sql, clock),
        log,
      });
      return made.app.deliver;
    },
    roles: { perform: true, deliver: true },
    exercise: true,
    headroom: config.headroom,
    periodicSweep: true,
  });
  const { engine } = cordon;
  closing.add(() => engine.stop(STOP_MS));
  await abandonEarlier(cordon, sql, clock);
  await engine.start();

  // While it runs, `cordon show` and the others in a second terminal talk to this process.
  if (database.kind === 'embedded') {
    const api = createLocalApi({
      sql,
      inventory: cordon.inventory,
      views: cordon.views,
      execute: cordon.execute,
      declare: cordon.declare,
      accept: engine.accept,
      recordAccess: createRecordAccess(engine.advance),
      recordRetention: createRecordRetention({ advance: engine.advance, sql, enrolment }),
      clock,
      performing: async () => true,
    });
    database.lock.answer(controlListener(createControl({ api, log })));
  }
  const ending = { stopping: false };
  const waysIn = await openWaysIn(config, {
    accept: engine.accept,
    sql,
    clock,
    ids,
    log,
    closing,
    stopping: () => ending.stopping,
    drainLeftMs: () => 0,
  });
  closing.add(async () => {
    ending.stopping = true;
  });
  const { app } = made;
  if (app === undefined) throw new TypeError('the engine was composed without its people');
  const listening: Promise<number | undefined> = app.start();
  const port = await listening;
  closing.add(() => app.stop());
  slack.dispatcher.connect({ url: `http://${LOOPBACK}:${port}${SLACK_PATH}` });

  return {
    cordon,
    sql,
    clock,
    world,
    slack,
    dataDir: config.dataDir,
    async postAlert(sender, body) {
      const headers = signRequest({
        secret: secrets.senders[sender]?.[0] ?? '',
        body,
        now: clock.now(),
        nonce: secret(ids),
      });
      const url = `${waysIn.webhook}/alerts/${sender}`;
      const response = await fetch(url, { method: 'POST', headers: { ...headers }, body: Buffer.from(body) });
      return { status: response.status, body: await response.text() };
    },
    ...realPace(engine, clock),
  };
}

/** Drills that an earlier run left open: their account is gone, and their function would take the new alert. */
async function abandonEarlier(cordon: Cordon, sql: Sql, clock: Clock): Promise<void> {
  for (const { id, exercise } of await cordon.views.openIncidents()) {
    if (!exercise) continue;
    await cordon.engine.advance.advance(id as IncidentId, abandonExercise); // an id from the record
    await dropDeliveries(sql, id, 'cordon_exercise_abandoned', clock.now());
  }
}

/** 32 random characters of the engine's own ids. */
function secret(ids: Ids): string {
  const one = () => ids.next<string>('wrk').slice('wrk-'.length);
  return `${one()}${one()}${one()}`;
}
