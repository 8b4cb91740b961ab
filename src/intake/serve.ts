import { once } from 'node:events';
import { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Clock } from '../clock.ts';
import { IntakeError } from './error.ts';

/** How long a client may take, in milliseconds; a slow one must not hold a connection for ever. */
export interface HttpTimeouts {
  /** Until the last header. */
  readonly headersMs: number;
  /** Until the last byte of the body. */
  readonly requestMs: number;
  /** Between two requests on one connection. */
  readonly keepAliveMs: number;
  /** How often Node looks for connections that are over the first two; its default is 30 s. */
  readonly checkEveryMs: number;
}

export const HTTP_TIMEOUTS: HttpTimeouts = {
  headersMs: 5_000,
  requestMs: 15_000,
  keepAliveMs: 5_000,
  checkEveryMs: 1_000,
};

/** A sender's headers are under 1 KiB. */
const MAX_HEADER_BYTES = 16_384;
const MAX_CONNECTIONS = 1_024;

export interface HttpService {
  /** `http://127.0.0.1:8080`, with the port that was really taken. */
  readonly url: string;
  /** Takes no more connections, lets requests finish for at most `drainMs`, then cuts what is left. */
  close(drainMs: number): Promise<void>;
}

/**
 * Serves a Hono app on `host`:`port` (0 takes a free one). Throws `cordon_intake_listen_failed`.
 * TLS is for the load balancer or proxy in front.
 */
export async function serveHttp(options: {
  readonly app: Hono;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly timeouts?: HttpTimeouts;
}): Promise<HttpService> {
  const timeouts = options.timeouts ?? HTTP_TIMEOUTS;
  const server = createAdaptorServer({
    fetch: options.app.fetch,
    serverOptions: {
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      keepAliveTimeout: timeouts.keepAliveMs,
      connectionsCheckingInterval: timeouts.checkEveryMs,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
  });
  if (!(server instanceof Server)) throw new TypeError('expected an HTTP/1.1 server');
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listen(server, options.host, options.port);
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    async close(drainMs) {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const drained = new AbortController();
      const cut = options.clock.sleep(drainMs, drained.signal).then(() => server.closeAllConnections());
      await closed;
      drained.abort();
      await cut;
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new IntakeError(
      'cordon_intake_listen_failed',
      `Expected to listen on ${host} port ${port}; the system refused. Choose a free port and an address of this machine.`,
      { cause },
    );
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
