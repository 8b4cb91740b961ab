import { sql as initial } from './migrations/0001-initial.ts';
import { sql as refusedContent } from './migrations/0002-refused-content.ts';
import { sql as pause } from './migrations/0003-pause.ts';
import { sql as checkpoints } from './migrations/0004-checkpoints.ts';
import { sql as alertContent } from './migrations/0005-alert-content.ts';
import { sql as inventory } from './migrations/0006-inventory.ts';
import { sql as containmentBudget } from './migrations/0007-containment-budget.ts';
import { sql as purge } from './migrations/0008-purge.ts';
import { sql as campaigns } from './migrations/0009-campaigns.ts';
import { sql as plannedOnce } from './migrations/0010-planned-once.ts';
import { sql as keptHolds } from './migrations/0011-kept-holds.ts';
import type { Sql } from './sql.ts';
import { StoreError } from './sql.ts';

/** Append-only: a migration that has landed is never edited. */
export const MIGRATIONS: readonly { readonly name: string; readonly sql: string }[] = [
  { name: '0001-initial', sql: initial },
  { name: '0002-refused-content', sql: refusedContent },
  { name: '0003-pause', sql: pause },
  { name: '0004-checkpoints', sql: checkpoints },
  { name: '0005-alert-content', sql: alertContent },
  { name: '0006-inventory', sql: inventory },
  { name: '0007-containment-budget', sql: containmentBudget },
  { name: '0008-purge', sql: purge },
  { name: '0009-campaigns', sql: campaigns },
  { name: '0010-planned-once', sql: plannedOnce },
  { name: '0011-kept-holds', sql: keptHolds },
];

// Any constant: two processes that start together migrate one after the other.
const MIGRATION_LOCK = 4_051_733;

/**
 * Brings the schema up to this version's. Throws `cordon_store_schema_newer` when the database was
 * written by a later version: running on it would drop what that version knows.
 */
export async function migrate(sql: Sql): Promise<void> {
  await sql.withTransaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await transaction.query('create schema if not exists cordon');
    await transaction.query(
      'create table if not exists cordon.migration (name text primary key, at timestamptz not null default now())',
    );
    const rows = await transaction.query<{ name: string }>('select name from cordon.migration order by name');
    const known = new Set(MIGRATIONS.map((migration) => migration.name));
    const unknown = rows.find((row) => !known.has(row.name));
    if (unknown !== undefined) {
      throw new StoreError(
        'cordon_store_schema_newer',
        `the database has migration ${unknown.name}, which this version does not know; run the version that wrote it, or a later one`,
      );
    }
    const done = new Set(rows.map((row) => row.name));
    for (const migration of MIGRATIONS) {
      if (done.has(migration.name)) continue;
      for (const statement of splitStatements(migration.sql)) await transaction.query(statement);
      await transaction.query('insert into cordon.migration (name) values ($1)', [migration.name]);
    }
  });
}

/** Splits on semicolons at the end of a line, outside dollar quotes: the form our migrations keep to. */
function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let current = '';
  let quoted = false;
  for (const line of text.split('\n')) {
    current += `${line}\n`;
    if (line.split('$fn$').length % 2 === 0) quoted = !quoted;
    if (!quoted && line.trimEnd().endsWith(';')) {
      statements.push(current);
      current = '';
    }
  }
  if (current.trim() !== '') statements.push(current);
  return statements;
}
