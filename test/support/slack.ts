import type { Clock } from '../../src/clock.ts';
import { parseEnrolment } from '../../src/enrolment/enrolment.ts';
import { silentLog } from '../../src/log.ts';
import { slackCommands, slackPeople, slackPlaces } from '../../src/main/slack-parts.ts';
import type { ComposeOptions } from '../../src/main.ts';
import { createSlackDouble, type SlackDouble } from '../../src/simulation/slack-double/double.ts';
import { createSlackApp, type SlackApp } from '../../src/slack/app.ts';
import type { Sql } from '../../src/store/sql.ts';
import { enrolmentText } from './engine.ts';

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
    ],
  });
}

/** The people part of an engine: the real Bolt app, talking to `fetch` in place of the network. */
export function peopleOn(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly onApp?: (app: SlackApp) => void;
}): NonNullable<ComposeOptions['people']> {
  const enrolment = parseEnrolment(enrolmentText('act'), 'enrolment.yaml');
  return ({ views, execute, declare }) => {
    const app = createSlackApp({
      botToken: BOT_TOKEN,
      receiver: { kind: 'http', signingSecret: SIGNING_SECRET, port: 0 },
      slackApiUrl: 'http://slack.invalid/api/',
      fetch: (input, init) => options.fetch(new Request(input, init)),
      clock: options.clock,
      commands: slackCommands(execute, declare, views),
      views,
      places: slackPlaces(options.sql),
      people: slackPeople(enrolment),
      log: silentLog,
    });
    options.onApp?.(app);
    return app.deliver as ReturnType<NonNullable<ComposeOptions['people']>>; // kinds are the engine's own
  };
}
