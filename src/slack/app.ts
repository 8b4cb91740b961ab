import type { Receiver } from '@slack/bolt';
import type { Clock } from '../clock.ts';
import { codeOf } from '../error.ts';
import type { Log } from '../log.ts';
import { type ChannelSettings, PLAIN_CHANNELS } from './channel.ts';
import { clientOptions, type Fetch, slackLogger } from './client.ts';
import { createDeliver, type Deliver } from './deliver.ts';
import { createDrillVoice, type DrillSide, type DrillVoice } from './drill-voice.ts';
import { authorizeBy, GuardedApp } from './guarded-app.ts';
import { createOutsiders } from './outsider.ts';
import { createPace, PacedClient } from './pace.ts';
import type {
  IncidentViews,
  KeepOut,
  KeepTranscript,
  SlackCommands,
  SlackDrills,
  SlackPeople,
  SlackPlaces,
  SlackSeen,
} from './port.ts';
import { createHttpReceiver, type SlackHttpReceiver } from './receiver.ts';
import { registerListeners } from './registered.ts';
import { memorySeen } from './seen.ts';
import { createSocketReceiver } from './socket.ts';
import type { Workspaces } from './workspaces.ts';

/** The path that Slack's request URLs name. */
export const SLACK_PATH = '/slack/events';

export interface SlackAppOptions {
  readonly workspaces: Workspaces;
  readonly receiver:
    | {
        readonly kind: 'http';
        readonly signingSecret: string;
        readonly port: number;
        readonly hostname?: string;
      }
    | { readonly kind: 'socket'; readonly appToken: string };
  readonly slackApiUrl?: string;
  /** How Slack is called; the global `fetch` unless an exercise runs in process. */
  readonly fetch?: Fetch;
  readonly clock: Clock;
  readonly commands: SlackCommands;
  readonly views: IncidentViews;
  readonly places: SlackPlaces;
  readonly people: SlackPeople;
  readonly channels?: ChannelSettings;
  readonly seen?: SlackSeen;
  readonly keepTranscript?: KeepTranscript;
  readonly keepOut: KeepOut;
  /** Absent where no drill can be started. */
  readonly drills?: SlackDrills;
  readonly log: Log;
}

export interface SlackApp {
  /** Listens or connects; resolves to the HTTP port, or `undefined` in Socket Mode. Needs no answer from Slack over HTTP. */
  start(): Promise<number | undefined>;
  stop(): Promise<void>;
  /** Handles one request from Slack without a socket; refuses with 404 in Socket Mode. */
  fetch(request: Request): Promise<Response>;
  /** Resolves when everything that came in over HTTP has been worked off. */
  idle(): Promise<void>;
  /** Delivers one outbox row; see `createDeliver`. */
  readonly deliver: Deliver;
  /** The voice of a drill beside the live engine, over the same client: Slack counts both together. */
  drillVoice(side: DrillSide): DrillVoice;
}

/** Builds the Slack app: Bolt for what comes in, a client for what goes out. Starts nothing. */
export function createSlackApp(options: SlackAppOptions): SlackApp {
  const { clock, log, views, commands, places, people, keepOut, receiver: transport } = options;
  const seen = options.seen ?? memorySeen(clock);
  const http: SlackHttpReceiver | undefined =
    transport.kind === 'http'
      ? createHttpReceiver({
          signingSecret: transport.signingSecret,
          port: transport.port,
          hostname: transport.hostname ?? '0.0.0.0',
          path: SLACK_PATH,
          clock,
          seen,
          log,
        })
      : undefined;
  const web = clientOptions({
    ...(options.slackApiUrl === undefined ? {} : { slackApiUrl: options.slackApiUrl }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    log,
  });
  const receiver: Receiver =
    http ??
    createSocketReceiver({
      appToken: transport.kind === 'socket' ? transport.appToken : '',
      web,
      clock,
      log,
    });
  const app = new GuardedApp(
    {
      receiver,
      // Never `token`: with it Bolt 5 asks `auth.test` before every listener, so a slow Slack would hold up the
      // acknowledgement for as long, with or without `tokenVerificationEnabled`.
      authorize: authorizeBy(options.workspaces),
      // Recognising our own events needs `auth.test`, and there is no event that we take.
      ignoreSelf: false,
      convoStore: false,
      clientOptions: web,
      logger: slackLogger(log),
    },
    options.workspaces,
    log,
  );
  app.error(async (error) => {
    log.error({ code: codeOf(error) }, 'a Slack listener failed after its acknowledgement');
  });
  const client = new PacedClient(options.workspaces.incidentsToken, web, createPace(clock));
  const outsiders = createOutsiders(client, clock);
  registerListeners(app, {
    commands,
    views,
    people,
    places,
    seen,
    outsiders,
    keepOut,
    ...(options.drills === undefined ? {} : { drills: options.drills }),
    clock,
    log,
  });

  return {
    start: async () => {
      await app.start();
      return http?.port();
    },
    stop: async () => {
      await app.stop();
    },
    fetch: async (request) => http?.fetch(request) ?? new Response(null, { status: 404 }),
    idle: async () => http?.idle(),
    drillVoice: (side) => createDrillVoice({ ...side, client, clock, log }),
    deliver: createDeliver({
      client,
      views,
      places,
      people,
      channels: options.channels ?? PLAIN_CHANNELS,
      ...(options.keepTranscript === undefined ? {} : { keepTranscript: options.keepTranscript }),
      clock,
      log,
    }),
  };
}
