import { hostname } from 'node:os';
import { createActivity } from '../../activity.ts';
import { inProcessHandler } from '../../aws/in-process.ts';
import { seededIds } from '../../id.ts';
import { openEmbeddedSession } from '../../incident/worker.ts';
import type { Log } from '../../log.ts';
import { compose } from '../../main.ts';
import { createMemoryQueue } from '../../queue/memory.ts';
import { ExerciseError } from '../../simulation/exercise/error.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import { settle } from '../../simulation/settle.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';
import { createWorld } from '../../simulation/world/world.ts';
import { createSlackApp, SLACK_PATH, type SlackApp } from '../../slack/app.ts';
import { oneWorkspace } from '../../slack/workspaces.ts';
import { openInMemory } from '../../store/in-memory.ts';
import { memoryBudget } from '../../store/rate-budget.ts';
import { trackedSql } from '../../store/tracked-sql.ts';
import type { Closing } from '../closing.ts';
import type { Definitions } from '../engine-parts.ts';
import { slackSeen, slackSide } from '../slack-parts.ts';
import { openDoor } from './door.ts';
import { exerciseSlack, NOWHERE, type PlayedGround, worldTransport } from './ground.ts';

// Nobody outside can reach any of these: everything is handed over in this process.
const SIGNING_SECRET = 'exercise-signing-secret-in-process';
const BOT_TOKEN = 'xoxb-exercise-in-process';

/**
 * The ground of a headless run: virtual time, a database in memory, and every request handed over in
 * process. Ids and chances come from the scenario's seed, so a run repeats.
 */
export async function openVirtualGround(options: {
  readonly loaded: LoadedScenario;
  readonly definitions: Pick<Definitions, 'playbooks' | 'guardrails'>;
  readonly dataDir: string;
  readonly log: Log;
  readonly closing: Closing;
}): Promise<PlayedGround> {
  const { loaded, definitions, dataDir, log, closing } = options;
  const { scenario, enrolment } = loaded;
  const clock = createVirtualClock(new Date(scenario.startsAt));
  const ids = seededIds(`${scenario.id}:${scenario.seed}`);
  const activity = createActivity();
  const database = await openInMemory();
  closing.add(() => database.close());
  const { sql, statements } = trackedSql(database, activity);
  const world = createWorld(loaded.world, { clock, seed: scenario.seed });
  const slack = exerciseSlack(loaded, clock, { signingSecret: SIGNING_SECRET, botToken: BOT_TOKEN });
  slack.dispatcher.origin = NOWHERE;
  const queue = createMemoryQueue({ clock, log });
  const made: { app?: SlackApp } = {};

  const cordon = await compose({
    playbooks: definitions.playbooks,
    guardrails: definitions.guardrails,
    enrolment,
    sql,
    queue,
    clock,
    ids,
    log,
    session: await openEmbeddedSession({ sql, ids, host: hostname(), pid: process.pid }),
    budget: memoryBudget(clock),
    aws: worldTransport(loaded, { endpoint: NOWHERE, requestHandler: inProcessHandler(world.fetch, clock) }),
    dataDir,
    people: (parts) => {
      made.app = createSlackApp({
        workspaces: oneWorkspace(BOT_TOKEN),
        receiver: { kind: 'http', signingSecret: SIGNING_SECRET, port: 0, hostname: '127.0.0.1' },
        slackApiUrl: `${NOWHERE}/api/`,
        fetch: (input, init) => slack.fetch(new Request(input, init)),
        clock,
        ...slackSide(parts, sql, enrolment),
        seen: slackSeen(sql, clock),
        log,
      });
      return made.app.deliver;
    },
    roles: { perform: true, deliver: true },
    exercise: true,
    headroom: 0,
    periodicSweep: false,
    activity,
    readAttempts: 1,
  });
  const { app } = made;
  if (app === undefined) throw new TypeError('the engine was composed without its people');
  slack.dispatcher.connect({ url: `${NOWHERE}${SLACK_PATH}`, fetch: app.fetch });

  const settled = () =>
    settle({
      outside: activity,
      idle: () => cordon.engine.idle() && queue.pending() === 0,
      progress: () =>
        `${statements()} ${clock.sleepers()} ${world.journal.count()} ${slack.journal.length} ${clock.monotonicMs()}`,
    });

  closing.add(async () => {
    let over = false;
    const stopping = cordon.engine.stop(0).finally(() => {
      over = true;
    });
    // What stops may wait for time to pass, and here nobody else makes it pass.
    while (!over) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      clock.advanceToNext();
    }
    await stopping;
  });
  await cordon.engine.start();

  return {
    cordon,
    sql: database,
    clock,
    world,
    slack,
    dataDir,
    postAlert: openDoor({ loaded, cordon, sql, clock, log }),
    settle: settled,
    async pass() {
      if (clock.advanceToNext()) return;
      const open = await cordon.views.openIncidents();
      throw new ExerciseError(
        'cordon_exercise_stuck',
        `nothing is under way at ${clock.now().toISOString()} and nobody waits for time to pass; ${
          open.map((each) => `INC-${each.number} is ${each.status}, contained: ${each.level}`).join('; ') ||
          'no incident is open'
        }. The playbook waits for something that the scenario never does`,
      );
    },
    drain: settled,
  };
}
