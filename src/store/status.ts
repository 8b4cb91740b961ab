import { MIGRATIONS } from './migrate.ts';
import type { Sql } from './sql.ts';

/** What can be said about a database from outside. */
export interface DatabaseStatus {
  /** `17.5`, as the server reports itself. */
  readonly postgres: string;
  /** The newest migration; `null` before the first. */
  readonly schema: string | null;
  /** Migrations of this version that the database has not had. */
  readonly pending: readonly string[];
  /** Migrations that this version does not know: a later one wrote them. */
  readonly unknown: readonly string[];
}

/** Reads the state of a database and changes nothing: it may hold no table of ours yet. */
export async function databaseStatus(sql: Sql): Promise<DatabaseStatus> {
  const [version] = await sql.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  const [table] = await sql.query<{ present: boolean }>(
    `select to_regclass('cordon.migration') is not null as present`,
  );
  const rows =
    table?.present === true
      ? await sql.query<{ name: string }>('select name from cordon.migration order by name')
      : [];
  const done = rows.map((row) => row.name);
  const known = MIGRATIONS.map((migration) => migration.name);
  return {
    postgres: version?.version ?? 'unknown',
    schema: done.at(-1) ?? null,
    pending: known.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !known.includes(name)),
  };
}

/** How many workers have a lease that still runs: none means that nobody performs what is decided. */
export async function countLiveWorkers(sql: Sql): Promise<number> {
  const rows = await sql.query<{ n: number }>(
    'select count(*)::int as n from cordon.worker where ended_at is null and lease_until > clock_timestamp()',
  );
  return Number(rows[0]?.n ?? 0);
}
