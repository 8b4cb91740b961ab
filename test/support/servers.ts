import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrate } from '../../src/store/migrate.ts';
import { openServer, type ServerSql } from '../../src/store/server.ts';

/** The PostgreSQL server of this run; a missing one is a failure and never a skipped test. */
function databaseServerUrl(): string {
  return required('CORDON_TEST_DATABASE_URL', 'postgres://<user>:<password>@127.0.0.1:<port>/<database>');
}

/** The Redis server of this run. */
export function redisUrl(): string {
  return required('CORDON_TEST_REDIS_URL', 'redis://127.0.0.1:<port>');
}

/** The moto server of this run. */
export function motoUrl(): string {
  return required('CORDON_TEST_MOTO_URL', 'http://127.0.0.1:<port>');
}

function required(name: string, form: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(`expected ${name} to name a server (${form}), found none: start one and set it`);
}

export interface FreshDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes a database of its own for one test file. `drop` also ends the sessions that are left on it. */
export async function freshServerDatabase(): Promise<FreshDatabase> {
  const server = databaseServerUrl();
  const name = `cordon_test_${randomBytes(6).toString('hex')}`;
  await runOn(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => runOn(server, `drop database ${name} with (force)`),
  };
}

/** As above, migrated and open; `close` drops it. */
export async function openFreshServer(): Promise<{
  readonly sql: ServerSql;
  readonly url: string;
  close(): Promise<void>;
}> {
  const database = await freshServerDatabase();
  const sql = openServer({ url: database.url });
  await migrate(sql);
  return {
    sql,
    url: database.url,
    close: async () => {
      await sql.close();
      await database.drop();
    },
  };
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
