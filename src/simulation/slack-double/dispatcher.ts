import { createHmac } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { JsonObject } from '../../json.ts';
import type { Sockets } from './sockets.ts';

/** How long Slack waits for an acknowledgement, in milliseconds. */
const ACK_MS = 3_000;
/** When Slack sends an event again that was not acknowledged: at once, after a minute, after five. */
const EVENT_RETRIES_MS = [0, 60_000, 300_000];

export interface AppEndpoint {
  /** The app's request URL. */
  readonly url: string;
  /** How it is reached; the global `fetch` unless the app runs in the same process. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

export interface Delivered {
  /** The status of the first answer; `undefined` when none came within 3 s. */
  readonly status: number | undefined;
  readonly body: string;
  /** How long the app took to acknowledge, on the clock. */
  readonly ackMs: number;
  /** How often the request was sent. */
  readonly sends: number;
}

export type SlackEnvelope =
  | { readonly kind: 'command'; readonly form: Readonly<Record<string, string>> }
  | { readonly kind: 'interaction'; readonly payload: JsonObject }
  | { readonly kind: 'event'; readonly body: JsonObject };

export interface SendOptions {
  /** Sends it this often again after it was acknowledged, as Slack does when an answer gets lost. */
  readonly duplicates?: number;
  /** Signs as if it were this much later (earlier, when negative), in milliseconds. */
  readonly skewMs?: number;
  readonly signature?: 'valid' | 'wrong' | 'missing';
}

export interface Dispatcher {
  connect(app: AppEndpoint): void;
  /** From now on over Socket Mode, unsigned: the connection is the proof. */
  connectBySocket(sockets: Sockets): void;
  /** Where the double itself is reached, for response URLs; `serveSlack` sets it. */
  origin: string;
  send(envelope: SlackEnvelope, options?: SendOptions): Promise<Delivered>;
  /** Sends a request that was captured before, byte for byte. */
  replay(captured: CapturedRequest): Promise<Delivered>;
  /** The last request that was sent, as somebody in between could have kept it. */
  lastRequest(): CapturedRequest | undefined;
}

export interface CapturedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes the side of Slack that calls the app: signed (v0), with retry headers. */
export function createDispatcher(options: {
  readonly clock: Clock;
  readonly signingSecret: string;
}): Dispatcher {
  const { clock } = options;
  let app: AppEndpoint | undefined;
  let sockets: Sockets | undefined;
  let last: CapturedRequest | undefined;

  const sign = (
    envelope: SlackEnvelope,
    send: SendOptions,
    retry: { readonly num: number; readonly reason: string } | undefined,
  ): CapturedRequest => {
    const body =
      envelope.kind === 'event'
        ? JSON.stringify(envelope.body)
        : envelope.kind === 'command'
          ? new URLSearchParams(envelope.form).toString()
          : new URLSearchParams({ payload: JSON.stringify(envelope.payload) }).toString();
    const timestamp = String(Math.floor((clock.now().getTime() + (send.skewMs ?? 0)) / 1000));
    // Slack signs each delivery anew: the retry's own second keeps two in one second apart.
    const secret = send.signature === 'wrong' ? `not-${options.signingSecret}` : options.signingSecret;
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
    return {
      body,
      headers: {
        'content-type': envelope.kind === 'event' ? 'application/json' : 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        ...(send.signature === 'missing' ? {} : { 'x-slack-signature': signature }),
        ...(retry === undefined
          ? {}
          : { 'x-slack-retry-num': String(retry.num), 'x-slack-retry-reason': retry.reason }),
      },
    };
  };

  const post = async (captured: CapturedRequest): Promise<Delivered> => {
    if (app === undefined) throw new Error('expected an app: call dispatcher.connect first');
    last = captured;
    const startMs = clock.monotonicMs();
    const request = new Request(app.url, {
      method: 'POST',
      headers: captured.headers,
      body: captured.body,
    });
    const late = new AbortController();
    const answered = (app.fetch ?? fetch)(request).then(
      async (response) => ({ status: response.status, body: await response.text() }),
      () => ({ status: undefined, body: '' }),
    );
    const answer = await Promise.race([
      answered,
      clock.sleep(ACK_MS, late.signal).then(() => ({ status: undefined, body: '' })),
    ]);
    late.abort();
    return { ...answer, ackMs: clock.monotonicMs() - startMs, sends: 1 };
  };

  const overSocket = async (connections: Sockets, envelope: SlackEnvelope): Promise<Delivered> => {
    const startMs = clock.monotonicMs();
    const late = new AbortController();
    const sent =
      envelope.kind === 'event'
        ? connections.deliver('events_api', envelope.body)
        : envelope.kind === 'command'
          ? connections.deliver('slash_commands', envelope.form)
          : connections.deliver('interactive', envelope.payload);
    const answer = await Promise.race([
      sent.then((body) => ({ status: 200, body })),
      clock.sleep(ACK_MS, late.signal).then(() => ({ status: undefined, body: '' })),
    ]);
    late.abort();
    return { ...answer, ackMs: clock.monotonicMs() - startMs, sends: 1 };
  };

  return {
    origin: 'http://slack.invalid',
    connect: (endpoint) => {
      app = endpoint;
    },
    connectBySocket: (connections) => {
      sockets = connections;
    },
    lastRequest: () => last,
    replay: post,
    send: async (envelope, send = {}) => {
      if (sockets !== undefined) return overSocket(sockets, envelope);
      const first = await post(sign(envelope, send, undefined));
      let sends = 1;
      if (envelope.kind === 'event' && !accepted(first)) {
        for (const [index, delayMs] of EVENT_RETRIES_MS.entries()) {
          await clock.sleep(delayMs);
          const reason = first.status === undefined ? 'http_timeout' : 'http_error';
          sends += 1;
          if (
            accepted(
              await post(sign(envelope, { ...send, skewMs: sends * 1000 }, { num: index + 1, reason })),
            )
          ) {
            break;
          }
        }
      }
      for (let copy = 1; copy <= (send.duplicates ?? 0); copy += 1) {
        sends += 1;
        const again = { ...send, skewMs: (send.skewMs ?? 0) + copy * 1000 };
        await post(sign(envelope, again, { num: copy, reason: 'http_timeout' }));
      }
      return { ...first, sends };
    },
  };
}

function accepted(delivered: Delivered): boolean {
  return delivered.status !== undefined && delivered.status >= 200 && delivered.status < 300;
}
