import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { SlackDouble } from './double.ts';

export interface ServedSlack {
  /** For the app's `slackApiUrl`: `http://127.0.0.1:PORT/api/`. */
  readonly apiUrl: string;
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves the double over HTTP on a free port of 127.0.0.1; lost answers are sockets that are cut. */
export async function serveSlack(double: SlackDouble): Promise<ServedSlack> {
  let origin = '';
  const server = createServer((incoming, outgoing) => {
    void answer(double, origin, incoming, outgoing);
  });
  server.on('upgrade', (request, socket) => double.sockets.accept(request, socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('expected a TCP address');
  origin = `http://127.0.0.1:${address.port}`;
  double.dispatcher.origin = origin;
  return {
    origin,
    apiUrl: `${origin}/api/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        // An upgraded socket is none of the server's any more.
        double.sockets.cut();
      }),
  };
}

async function answer(
  double: SlackDouble,
  origin: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const headers = new Headers();
    for (const [name, value] of Object.entries(incoming.headers)) {
      if (typeof value === 'string') headers.set(name, value);
    }
    const response = await double.fetch(
      new Request(`${origin}${incoming.url ?? '/'}`, {
        method: incoming.method ?? 'GET',
        headers,
        ...(incoming.method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
        signal: gone.signal,
      }),
    );
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  } catch {
    // `ConnectionLost`, or the caller hung up: either way there is nobody to tell.
    incoming.socket.destroy();
  }
}
