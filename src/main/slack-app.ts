import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Ids } from '../id.ts';
import type { Log } from '../log.ts';
import type { ComposeOptions } from '../main.ts';
import type { SlackApp } from '../slack/app.ts';
import { createDrills, type Drills } from './drill/drills.ts';
import { routeSlack } from './drill/router.ts';
import type { Definitions } from './engine-parts.ts';
import { type PeopleParts, slackSeen, slackSide, slackWorkspaces } from './slack-parts.ts';

/** The Slack app of a running engine, and the drills that are started from it. */
export interface SlackSide {
  readonly app: SlackApp;
  readonly drills: Drills;
}

/** How the Slack app is built once there are views and commands; `undefined` when it is not configured. */
export async function slackFor(
  config: Config,
  options: {
    readonly sql: ComposeOptions['sql'];
    readonly definitions: Definitions;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly log: Log;
  },
): Promise<((parts: PeopleParts) => SlackSide) | undefined> {
  const { slack } = config;
  if (slack === undefined) return undefined;
  const { createSlackApp } = await import('../slack/app.ts');
  const workspaces = await slackWorkspaces(slack);
  const { sql, definitions, clock, ids, log } = options;
  const { enrolment } = definitions;
  return (parts) => {
    const live = slackSide(parts, sql, enrolment);
    const made: { app?: SlackApp } = {};
    const drills = createDrills({
      config,
      definitions,
      clock,
      ids,
      log,
      voice: (side) => {
        if (made.app === undefined) throw new TypeError('a drill was started before there was a Slack app');
        return made.app.drillVoice(side);
      },
    });
    made.app = createSlackApp({
      workspaces,
      receiver:
        slack.appToken === undefined
          ? { kind: 'http', signingSecret: slack.signingSecret ?? '', port: slack.port }
          : { kind: 'socket', appToken: slack.appToken },
      ...(slack.apiUrl === undefined ? {} : { slackApiUrl: slack.apiUrl }),
      clock,
      ...live,
      ...routeSlack(live, drills),
      seen: slackSeen(sql, clock),
      drills,
      log,
    });
    return { app: made.app, drills };
  };
}
