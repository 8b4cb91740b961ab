import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Where an engine keeps its record and its queue. */
export interface Backend {
  readonly name: 'embedded' | 'server';
  readonly dataDir: string;
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  /** Removes the folder and the database. */
  remove(): Promise<void>;
}

/** The PostgreSQL server to measure on, if there is one, and the Redis beside it. */
export function serversGiven():
  | { readonly database: string; readonly redis: string | undefined }
  | undefined {
  const database = process.env.CORDON_BENCH_DATABASE_URL;
  return database === undefined || database === ''
    ? undefined
    : { database, redis: process.env.CORDON_BENCH_REDIS_URL || undefined };
}

/** A new embedded backend; and one on the servers, in a database of its own, when they are given. */
async function freshBackends(): Promise<readonly Backend[]> {
  return [await freshEmbedded(), ...(serversGiven() === undefined ? [] : [await freshServer()])];
}

/** Measures on each of the backends, one after the other, and removes it. */
export async function onEachBackend<Result>(
  measure: (backend: Backend) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const figures: Result[] = [];
  for (const backend of await freshBackends()) {
    try {
      figures.push(...(await measure(backend)));
    } finally {
      await backend.remove();
    }
  }
  return figures;
}

export async function freshEmbedded(): Promise<Backend> {
  const dataDir = await freshFolder();
  return { name: 'embedded', dataDir, remove: () => rm(dataDir, { recursive: true, force: true }) };
}

async function freshServer(): Promise<Backend> {
  const servers = serversGiven();
  if (servers === undefined)
    throw new Error('expected CORDON_BENCH_DATABASE_URL to name a PostgreSQL server');
  const dataDir = await freshFolder();
  const name = `cordon_bench_${randomBytes(6).toString('hex')}`;
  await runOn(servers.database, `create database ${name}`);
  const url = new URL(servers.database);
  url.pathname = `/${name}`;
  return {
    name: 'server',
    dataDir,
    databaseUrl: url.href,
    ...(servers.redis === undefined ? {} : { redisUrl: servers.redis }),
    async remove() {
      await runOn(servers.database, `drop database ${name} with (force)`);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'cordon-bench-'));
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
