import { type Receiver, SocketModeReceiver } from '@slack/bolt';
import type { WebClientOptions } from '@slack/web-api';
import type { Clock } from '../clock.ts';
import { codeOf } from '../error.ts';
import type { Log } from '../log.ts';
import { slackLogger } from './client.ts';

/** Between two tries to connect again, growing by as much each time; the first is made at once. */
const AGAIN_MS = 1_000;
const AGAIN_AT_MOST_MS = 15_000;
/** How long stopping waits for Slack to say goodbye. */
const CLOSE_MS = 1_000;

/**
 * Bolt's Socket Mode, which connects again by our own loop. Slack ends each connection every few hours, and the SDK's
 * own way back rejects a promise that nobody holds when Slack cannot be reached just then: Node ends the process for it,
 * and with it the containment of incidents that have nothing to do with Slack.
 */
export function createSocketReceiver(options: {
  readonly appToken: string;
  readonly web: WebClientOptions;
  readonly clock: Clock;
  readonly log: Log;
}): Receiver {
  const { clock, log } = options;
  const bolt = new SocketModeReceiver({
    appToken: options.appToken,
    logger: slackLogger(log),
    autoReconnectEnabled: false,
    // The one way to say how apps.connections.open is called; nothing is installed by it.
    installerOptions: { clientOptions: options.web },
  });
  const stopping = new AbortController();
  let connected = false;

  const again = async (): Promise<void> => {
    for (let tries = 0; !stopping.signal.aborted; tries += 1) {
      if (tries > 0) await clock.sleep(Math.min(tries * AGAIN_MS, AGAIN_AT_MOST_MS), stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await bolt.client.start();
        connected = true;
        return;
      } catch (error) {
        log.warn(
          { code: codeOf(error), tries: tries + 1 },
          'Slack cannot be reached by Socket Mode; it is tried again',
        );
      }
    }
  };
  bolt.client.on('disconnected', () => {
    // A connection that never came up is tried again by whoever asked for it.
    if (!connected) return;
    connected = false;
    void again();
  });

  return {
    init: (app) => bolt.init(app),
    start: async () => {
      await bolt.start();
      connected = true;
    },
    stop: async () => {
      stopping.abort();
      const patience = new AbortController();
      // Bolt's own `stop` does not wait for the end of the connection, and the SDK waits half a minute for its other side.
      const closed = bolt.client.disconnect().finally(() => patience.abort());
      await Promise.race([closed, clock.sleep(CLOSE_MS, patience.signal)]);
    },
  };
}
