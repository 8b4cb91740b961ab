import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Clock } from '../clock.ts';
import type { SdkHandler } from './transport.ts';

/** What `fetch` is, without the network: a Request in, a Response out. */
export type FetchLike = (request: Request) => Promise<Response>;

/**
 * An SDK request handler without sockets, for a simulated account in the same process on any clock.
 * Rejects with `AbortError` when the call is aborted and with `TimeoutError` when no answer came within
 * the call's timeout by that clock, whether or not `fetchLike` listens.
 */
export function inProcessHandler(fetchLike: FetchLike, clock?: Clock): SdkHandler {
  return {
    handle: async (request, options: CallOptions = {}) => {
      const over = new AbortController();
      const cancelled = new AbortController();
      const timeoutMs = options.requestTimeout ?? 0;
      try {
        const response = await Promise.race([
          fetchLike(toRequest(request, cancelled.signal)),
          aborted(options.abortSignal, over.signal),
          ...(clock === undefined || timeoutMs <= 0 ? [] : [timedOut(clock, timeoutMs, over.signal)]),
        ]);
        return { response: fromResponse(response) };
      } catch (error) {
        // Tells a `fetchLike` that listens to stop. Not on success: the body may still be on its way.
        cancelled.abort();
        throw error;
      } finally {
        over.abort(OVER);
      }
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

// Made once: an abort without a reason makes an exception with a stack for each call that went well.
const OVER = named('AbortError', 'the call is over');

interface CallOptions {
  readonly abortSignal?: unknown;
  readonly requestTimeout?: number;
}

type SdkRequest = Parameters<SdkHandler['handle']>[0];
type SdkResponse = Awaited<ReturnType<SdkHandler['handle']>>['response'];

function toRequest(request: SdkRequest, signal: AbortSignal): Request {
  const query = Object.entries(request.query ?? {}).flatMap(([key, value]) => {
    const values = Array.isArray(value) ? value : [value];
    return values.map((item) =>
      item === null ? encodeURIComponent(key) : `${encodeURIComponent(key)}=${encodeURIComponent(item)}`,
    );
  });
  const port = request.port === undefined ? '' : `:${request.port}`;
  const separator = request.path.includes('?') ? '&' : '?';
  const search = query.length === 0 ? '' : `${separator}${query.join('&')}`;
  const bodiless = request.method === 'GET' || request.method === 'HEAD' || isEmpty(request.body);
  return new Request(`${request.protocol}//${request.hostname}${port}${request.path}${search}`, {
    method: request.method,
    headers: request.headers,
    signal,
    // Half duplex is what a streamed body asks for, and says nothing about any other.
    ...(bodiless ? {} : { body: request.body, duplex: 'half' as const }),
  });
}

function isEmpty(body: unknown): boolean {
  return (
    body === undefined || body === null || body === '' || (body instanceof Uint8Array && body.length === 0)
  );
}

function fromResponse(response: Response): SdkResponse {
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    // The platform's stream and Node's declaration of it are the same object under two names.
    body: response.body === null ? new Uint8Array() : Readable.fromWeb(response.body as ReadableStream),
  };
}

function aborted(signal: unknown, ended: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (!(signal instanceof AbortSignal)) return;
    const stop = () => reject(named('AbortError', 'the call was aborted'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, signal: ended });
  });
}

async function timedOut(clock: Clock, timeoutMs: number, ended: AbortSignal): Promise<never> {
  await clock.sleep(timeoutMs, ended);
  throw named('TimeoutError', `no answer within ${timeoutMs} ms`);
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
