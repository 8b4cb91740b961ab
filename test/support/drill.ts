import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcessHandler } from '../../src/aws/in-process.ts';
import type { Clock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { loadGuardrails, loadPlaybooks } from '../../src/definitions.ts';
import { parseEnrolment } from '../../src/enrolment/enrolment.ts';
import { randomIds } from '../../src/id.ts';
import { openEmbeddedSession } from '../../src/incident/worker.ts';
import { silentLog } from '../../src/log.ts';
import type { SlackSide } from '../../src/main/slack-app.ts';
import { slackFor } from '../../src/main/slack-app.ts';
import type { Cordon } from '../../src/main.ts';
import { compose } from '../../src/main.ts';
import { createMemoryQueue } from '../../src/queue/memory.ts';
import { buttonsOf } from '../../src/simulation/exercise/slack-text.ts';
import { createSlackDouble, type SlackDouble } from '../../src/simulation/slack-double/double.ts';
import { serveSlack } from '../../src/simulation/slack-double/serve.ts';
import type { SlackMessageState } from '../../src/simulation/slack-double/state.ts';
import { createWorld, type World } from '../../src/simulation/world/world.ts';
import { memoryBudget } from '../../src/store/rate-budget.ts';
import type { Sql } from '../../src/store/sql.ts';
import { alertJson } from './engine.ts';
import { SLACK_SECRETS } from './slack.ts';
import { borrowedDatabase } from './template.ts';
import { ACCOUNT, REGION, smallWorld } from './world.ts';

export const ALICE = 'U0ALICE000';
export const BRUNO = 'U0BRUNO000';
export const EVE = 'U0EVE00000';
/** Of the workspace, and not in the enrolment file. */
export const MALLORY = 'U0MALLORY0';

const PEOPLE = [
  [ALICE, 'alice', 'responder'],
  [BRUNO, 'bruno', 'commander, approver'],
  [EVE, 'eve', 'observer'],
] as const;

const ENROLMENT = `
accounts:
  - { id: '${ACCOUNT}', name: live, regions: [${REGION}], mode: act, tier: production, profile: dynamic }
responders:
${PEOPLE.map(([slack, id, roles]) => `  - { id: ${id}, name: ${id}, slack: ${slack}, cli: ${id}, roles: [${roles}] }`).join('\n')}
`;

/** A live engine with Slack, from which drills are started, as `cordon serve` puts them together. */
export interface DrillHouse {
  readonly cordon: Cordon;
  readonly sql: Sql;
  readonly slack: SlackDouble;
  readonly side: SlackSide;
  /** The account of the live engine. */
  readonly world: World;
  readonly dataDir: string;
  readonly clock: Clock;
  /** Types a command; resolves to what the person was told by then, or the channel. */
  type(user: string, text: string, channel?: string): Promise<string>;
  /** Presses the button with this label in a channel. */
  press(user: string, channel: string, label: string): Promise<string>;
  /** Opens an incident of the live engine. */
  alert(): Promise<string>;
  /** Resolves when `holds` does; rejects after `ms` of the clock. */
  until(holds: () => boolean | Promise<boolean>, ms?: number): Promise<void>;
  drillChannel(): Promise<string>;
  close(): Promise<void>;
}

/** A clock of this machine that runs so many times as fast: real parts, in less time. */
function quickClock(times: number): Clock {
  const startMs = Date.now();
  const from = performance.now();
  const passed = () => (performance.now() - from) * times;
  return {
    now: () => new Date(Math.floor(startMs + passed())),
    monotonicMs: passed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const done = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, Math.max(0, ms) / times);
        signal?.addEventListener('abort', done, { once: true });
      }),
  };
}

export async function openDrillHouse(
  options: { readonly times?: number; readonly enrolment?: string } = {},
): Promise<DrillHouse> {
  const clock = quickClock(options.times ?? 8);
  const dataDir = await mkdtemp(join(tmpdir(), 'cordon-drill-'));
  const sql = await borrowedDatabase();
  const slack = createSlackDouble({
    clock,
    signingSecret: SLACK_SECRETS.SLACK_SIGNING_SECRET,
    botToken: SLACK_SECRETS.SLACK_BOT_TOKEN,
    users: [...PEOPLE.map(([id, name]) => ({ id, name })), { id: MALLORY, name: 'mallory' }],
    channels: [{ name: 'general', members: [ALICE, BRUNO, EVE, MALLORY] }],
  });
  const served = await serveSlack(slack);
  const config = readConfig({
    ...SLACK_SECRETS,
    CORDON_SLACK_API_URL: served.apiUrl,
    CORDON_DATA_DIR: dataDir,
  });
  const definitions = {
    enrolment: parseEnrolment(options.enrolment ?? ENROLMENT, 'enrolment.yaml'),
    playbooks: await loadPlaybooks(),
    guardrails: await loadGuardrails(),
    owners: [],
  };
  const people = await slackFor(config, { sql, definitions, clock, ids: randomIds, log: silentLog });
  if (people === undefined) throw new Error('Slack is not configured');
  const world = createWorld(smallWorld(), { clock, seed: 'live' });
  const made: { side?: SlackSide } = {};
  const cordon = await compose({
    ...definitions,
    sql,
    queue: createMemoryQueue({ clock, log: silentLog }),
    clock,
    ids: randomIds,
    log: silentLog,
    session: await openEmbeddedSession({ sql, ids: randomIds, host: 'test', pid: 1 }),
    budget: memoryBudget(clock),
    aws: {
      kind: 'world',
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler(world.fetch, clock),
    },
    dataDir,
    people: (parts) => {
      made.side = people(parts);
      return made.side.app.deliver;
    },
    roles: { perform: true, deliver: true },
    exercise: false,
    headroom: 0,
    periodicSweep: false,
  });
  const { side } = made;
  if (side === undefined) throw new Error('the engine was composed without its people');
  await cordon.engine.start();
  slack.dispatcher.connect({ url: 'http://app.invalid/slack/events', fetch: side.app.fetch });

  const until: DrillHouse['until'] = async (holds, ms = 400_000) => {
    const untilMs = clock.monotonicMs() + ms;
    while (!(await holds())) {
      if (clock.monotonicMs() > untilMs) throw new Error('it did not come to that in time');
      await clock.sleep(200);
    }
  };
  /** What was said since, to the person alone or in the channel. */
  const answered = async (user: string, channel: string, act: () => Promise<unknown>): Promise<string> => {
    const alone = () => slack.people.ephemerals(user).map(({ text }) => text);
    const open = () => slack.people.messages(channel);
    const before = { alone: alone().length, open: open().length };
    await act();
    await side.app.idle();
    return [
      ...alone().slice(before.alone),
      ...open()
        .slice(before.open)
        .map(({ text }) => text),
    ].join('\n');
  };
  const seen = (channel: string, label: string): SlackMessageState | undefined =>
    slack.people
      .messages(channel)
      .findLast((message) => buttonsOf(message).some((button) => button.label === label));
  const drill = () => slack.people.channels().find(({ name }) => name.startsWith('drill-'));

  return {
    cordon,
    sql,
    slack,
    side,
    world,
    dataDir,
    clock,
    until,
    type: (user, text, channel = 'general') =>
      answered(user, channel, () => slack.people.runCommand(user, text, channel)),
    async press(user, channel, label) {
      await until(() => seen(channel, label) !== undefined);
      const message = seen(channel, label);
      const button =
        message === undefined ? undefined : buttonsOf(message).find((each) => each.label === label);
      return answered(user, channel, () =>
        slack.people.press(user, ({ ts }) => ts === message?.ts, button?.actionId ?? ''),
      );
    },
    async alert() {
      const [outcome] = await cordon.engine.accept.submit({
        bytes: new TextEncoder().encode(JSON.stringify(alertJson({ at: clock.now() }))),
        via: 'cli',
        source: 'test',
        receivedAt: clock.now(),
      });
      if (outcome === undefined || outcome.kind === 'refused') throw new Error(JSON.stringify(outcome));
      return outcome.incidentId;
    },
    async drillChannel() {
      await until(() => (drill()?.topic ?? '') !== '');
      return drill()?.id ?? '';
    },
    async close() {
      await side.drills.close();
      await cordon.engine.stop(0);
      await served.close();
    },
  };
}
