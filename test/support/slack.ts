import type { Clock } from '../../src/clock.ts';
import { type Enrolment, parseEnrolment } from '../../src/enrolment/enrolment.ts';
import { silentLog } from '../../src/log.ts';
import { slackSide } from '../../src/main/slack-parts.ts';
import type { ComposeOptions } from '../../src/main.ts';
import { createSlackDouble, type SlackDouble } from '../../src/simulation/slack-double/double.ts';
import { createSlackApp, type SlackApp } from '../../src/slack/app.ts';
import { oneWorkspace } from '../../src/slack/workspaces.ts';
import type { Sql } from '../../src/store/sql.ts';
import type { Ground, TestEngine } from './engine.ts';
import { enrolmentText, pass, startEngine } from './engine.ts';

const BOT_TOKEN = 'xoxb-test';
const SIGNING_SECRET = 'test-signing-secret';

/** The same, as an engine's environment has them. */
export const SLACK_SECRETS = { SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_SIGNING_SECRET: SIGNING_SECRET };

export function slackDouble(clock: Clock): SlackDouble {
  return createSlackDouble({
    clock,
    signingSecret: SIGNING_SECRET,
    botToken: BOT_TOKEN,
    users: [
      { id: 'U0ALICE000', name: 'alice' },
      { id: 'U0BOB00000', name: 'bob' },
      { id: 'U0EVE00000', name: 'eve' },
    ],
  });
}

/** The people part of an engine: the real Bolt app, talking to `fetch` in place of the network. */
export function peopleOn(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly onApp?: (app: SlackApp) => void;
  /** Who is who; the one of `startEngine` by default. */
  readonly enrolment?: Enrolment;
}): NonNullable<ComposeOptions['people']> {
  const enrolment = options.enrolment ?? parseEnrolment(enrolmentText('act'), 'enrolment.yaml');
  return (parts) => {
    const app = createSlackApp({
      workspaces: oneWorkspace(BOT_TOKEN),
      receiver: { kind: 'http', signingSecret: SIGNING_SECRET, port: 0 },
      slackApiUrl: 'http://slack.invalid/api/',
      fetch: (input, init) => options.fetch(new Request(input, init)),
      clock: options.clock,
      ...slackSide(parts, options.sql, enrolment),
      log: silentLog,
    });
    options.onApp?.(app);
    return app.deliver as ReturnType<NonNullable<ComposeOptions['people']>>; // kinds are the engine's own
  };
}

/** An engine whose people are reached through the real Bolt app, with Slack's side in this process. */
export interface SlackEngine {
  readonly engine: TestEngine;
  readonly slack: SlackDouble;
  readonly app: SlackApp;
  /** What a person was told last, once everything is worked off. */
  told(user: string): Promise<string>;
}

/** Starts an engine as `startEngine` does, and connects the double to its Slack app. A double that is given outlived another. */
export async function startSlackEngine(
  ground: Ground,
  options: Parameters<typeof startEngine>[1] & {
    readonly slack?: SlackDouble;
    readonly enrolment?: Enrolment;
    readonly slackFetch?: (request: Request) => Promise<Response>;
  } = {},
): Promise<SlackEngine> {
  const slack = options.slack ?? slackDouble(ground.clock);
  const enrolment =
    options.enrolment ?? parseEnrolment(enrolmentText(options.mode ?? 'act'), 'enrolment.yaml');
  const made: { app?: SlackApp } = {};
  const engine = await startEngine(ground, {
    ...options,
    overrides: {
      enrolment,
      ...options.overrides,
      people: peopleOn({
        sql: options.sql ?? ground.sql,
        clock: ground.clock,
        fetch: options.slackFetch ?? slack.fetch,
        enrolment,
        onApp: (app) => {
          made.app = app;
        },
      }),
    },
  });
  const { app } = made;
  if (app === undefined) throw new Error('the engine was composed without its people');
  slack.dispatcher.connect({ url: 'http://app.invalid/slack/events', fetch: app.fetch });
  return {
    engine,
    slack,
    app,
    told: async (user) => {
      await app.idle();
      // What is posted comes a message a second.
      await pass(engine, 5_000);
      return slack.people.ephemerals(user).at(-1)?.text ?? '';
    },
  };
}
