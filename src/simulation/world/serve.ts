import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { World } from './world.ts';
import { WorldError } from './world-error.ts';

/** A world behind a port. */
export interface ServedWorld {
  /** The one endpoint of all services: `http://127.0.0.1:34567`. */
  readonly url: string;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
}

/** A request body may be this long; what is longer is cut off with the connection. */
const MOST_BYTES = 66 * 1024 * 1024;

async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > MOST_BYTES) return undefined;
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

async function handle(world: World, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) {
    incoming.destroy();
    return;
  }
  const method = incoming.method ?? 'GET';
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const gone = new AbortController();
  outgoing.on('close', () => gone.abort());
  const request = new Request(
    new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`),
    {
      method,
      headers,
      signal: gone.signal,
      ...(method === 'GET' || method === 'HEAD' ? {} : { body: new Uint8Array(body) }),
    },
  );
  const response = await world.fetch(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

/** Serves a world on a port of its own; port 0 chooses one. */
export async function serveWorld(
  world: World,
  options: {
    readonly host: string;
    readonly port: number;
    /** Told of a defect of the world itself; its caller gets no answer. */
    readonly onDefect?: (error: unknown) => void;
  },
): Promise<ServedWorld> {
  const server = createServer((incoming, outgoing) => {
    handle(world, incoming, outgoing).catch((error: unknown) => {
      outgoing.destroy();
      const planned = error instanceof WorldError && error.code === 'cordon_world_connection_lost';
      if (!planned) options.onDefect?.(error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
