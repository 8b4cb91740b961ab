import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { App, Receiver } from '@slack/bolt';
import type { Clock } from '../clock.ts';
import { codeOf } from '../error.ts';
import type { JsonObject } from '../json.ts';
import type { Log } from '../log.ts';
import type { SlackSeen } from './port.ts';
import { checkSlackSignature, TOLERANCE_S } from './signature.ts';

/** Slack's largest payloads, views of 250 KB included, stay well below; everything else is not Slack. */
const MAX_BODY_BYTES = 1024 * 1024;
/** Slack gives 3 s; a listener that has not acknowledged by then is reported and the request let go. */
const ACK_MS = 2_800;

export interface SlackHttpReceiver extends Receiver {
  /** Handles one request from Slack; resolves once it is acknowledged, while the work goes on. */
  fetch(request: Request): Promise<Response>;
  /** Listens; port 0 takes a free one. */
  start(): Promise<void>;
  /** The port while it listens. */
  port(): number | undefined;
  stop(): Promise<void>;
  /** Resolves when nothing that came in is still being worked on. */
  idle(): Promise<void>;
}

/**
 * A Bolt receiver on web-standard requests, where Bolt's own is a Node server: one way in for the socket
 * and for an exercise that runs in process, with the signature checked by one function, both bounds of
 * the timestamp, on our clock, and each signature taken once.
 */
export function createHttpReceiver(options: {
  readonly signingSecret: string;
  readonly port: number;
  readonly hostname: string;
  readonly path: string;
  readonly clock: Clock;
  readonly seen: SlackSeen;
  readonly log: Log;
}): SlackHttpReceiver {
  const { clock, log } = options;
  const working = new Set<Promise<void>>();
  let app: App | undefined;
  let server: Server | undefined;

  const refuse = (status: number, reason: string): Response => {
    log.warn({ reason, status }, 'a request to the Slack endpoint was refused');
    return new Response(null, { status });
  };

  const receive = async (request: Request): Promise<Response> => {
    if (request.method !== 'POST' || new URL(request.url).pathname !== options.path) {
      return new Response(null, { status: 404 });
    }
    const body = await readBody(request);
    if (body === undefined) return refuse(413, 'body_too_large');
    const signature = request.headers.get('x-slack-signature');
    const check = checkSlackSignature({
      signingSecret: options.signingSecret,
      timestamp: request.headers.get('x-slack-request-timestamp'),
      signature,
      body,
      nowMs: clock.now().getTime(),
    });
    if (check !== 'valid') return refuse(401, `signature_${check}`);
    // Slack signs each delivery anew, retries too: the same signature again is a captured request.
    if (!(await options.seen.claim(`slack:signature:${signature}`, 2 * TOLERANCE_S * 1000))) {
      return refuse(401, 'signature_replayed');
    }
    const parsed = parseBody(request.headers.get('content-type'), body);
    if (parsed === undefined) return refuse(400, 'body_malformed');
    if (parsed.ssl_check === '1') return new Response(null, { status: 200 });
    if (parsed.type === 'url_verification') return Response.json({ challenge: parsed.challenge });
    return dispatch(request, parsed);
  };

  const dispatch = (request: Request, body: JsonObject): Promise<Response> =>
    new Promise((resolve) => {
      const answered = new AbortController();
      const answer = (response: Response) => {
        answered.abort();
        resolve(response);
      };
      const retryNum = Number(request.headers.get('x-slack-retry-num') ?? 'NaN');
      const retryReason = request.headers.get('x-slack-retry-reason');
      const work = (
        app?.processEvent({
          body: { ...body },
          ...(Number.isNaN(retryNum) ? {} : { retryNum }),
          ...(retryReason === null ? {} : { retryReason }),
          ack: async (content?: unknown) => answer(contentResponse(content)),
        }) ?? Promise.resolve()
      )
        .catch((error: unknown) => {
          log.error({ code: codeOf(error) }, 'a Slack listener threw');
          // Answering 500 makes Slack retry an event and tell the person who pressed; a later ack is ignored.
          answer(new Response(null, { status: 500 }));
        })
        .then(() => {
          // Without effect after an acknowledgement: no listener took it.
          answer(new Response(null, { status: 404 }));
        });
      working.add(work);
      void work.finally(() => working.delete(work));
      void clock.sleep(ACK_MS, answered.signal).then(() => {
        if (answered.signal.aborted) return;
        log.error({ afterMs: ACK_MS }, 'a Slack listener did not acknowledge in time');
        answer(new Response(null, { status: 503 }));
      });
    });

  const idle = async () => {
    while (working.size > 0) await Promise.all(working);
  };

  return {
    init: (bolt) => {
      app = bolt;
    },
    fetch: receive,
    start: () =>
      new Promise((resolve, reject) => {
        // Without `createServer`, the adaptor makes a plain node:http server.
        const listening = createAdaptorServer({ fetch: receive, overrideGlobalObjects: false }) as Server;
        server = listening;
        listening.once('error', reject);
        listening.listen(options.port, options.hostname, resolve);
      }),
    port: () => {
      const address = server?.address();
      return typeof address === 'object' && address !== null ? address.port : undefined;
    },
    stop: async () => {
      const closing = server;
      server = undefined;
      if (closing !== undefined) {
        await new Promise<void>((resolve) => {
          closing.close(() => resolve());
          closing.closeIdleConnections();
        });
      }
      await idle();
    },
    idle,
  };
}

/** The whole body, or `undefined` when it is too large; stops reading there. */
async function readBody(request: Request): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    size += value.length;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}

/** Slack sends JSON (events), a form (commands), or JSON in the form's field `payload` (interactions). */
function parseBody(contentType: string | null, body: Uint8Array): JsonObject | undefined {
  const text = Buffer.from(body).toString('utf8');
  try {
    if (contentType?.startsWith('application/x-www-form-urlencoded') === true) {
      const form = new URLSearchParams(text);
      const payload = form.get('payload');
      return payload === null ? Object.fromEntries(form) : objectOf(JSON.parse(payload));
    }
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): JsonObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as JsonObject; // it came out of JSON.parse, and it is an object
}

function contentResponse(content: unknown): Response {
  if (content === undefined || content === null || content === '') return new Response(null, { status: 200 });
  if (typeof content === 'string') return new Response(content, { status: 200 });
  return Response.json(content);
}
