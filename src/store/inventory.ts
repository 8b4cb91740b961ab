import type { Sql } from './sql.ts';

/** One account and Region of the inventory. */
export interface InventoryPlace {
  readonly account: string;
  readonly region: string;
}

/** What an alert needs to know of its function before anything is asked of AWS. */
export interface KnownFunction {
  readonly functionArn: string;
  readonly roles: readonly string[];
  /** How many others are on those roles; -1 when that is not known. */
  readonly sharedWith: number;
  /** Who changed it last, and when, as the account's event history has it; `null` where that is not known. */
  readonly changedBy: string | null;
  readonly changedAt: string | null;
}

/**
 * Takes the lease on refreshing a place, for `leaseMs` by the database's clock; false while another process has it.
 * The holder renews it by taking it again.
 */
export async function leaseInventory(
  sql: Sql,
  place: InventoryPlace,
  holder: string,
  leaseMs: number,
): Promise<boolean> {
  const rows = await sql.query(
    `insert into cordon.inventory as i (account, region, lease_by, lease_until)
     values ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
     on conflict (account, region) do update set lease_by = excluded.lease_by, lease_until = excluded.lease_until
       where i.lease_until is null or i.lease_until < clock_timestamp() or i.lease_by = excluded.lease_by
     returning account`,
    [place.account, place.region, holder, leaseMs],
  );
  return rows.length === 1;
}

/** Gives the lease back, if it is still this holder's. */
export async function endInventoryLease(sql: Sql, place: InventoryPlace, holder: string): Promise<void> {
  await sql.query(
    `update cordon.inventory set lease_by = null, lease_until = null
     where account = $1 and region = $2 and lease_by = $3`,
    [place.account, place.region, holder],
  );
}

/**
 * Replaces the picture of a place, while the lease is still this holder's; false when it is not, and nothing changes:
 * a slow reader must not put an older picture over a newer one.
 */
export async function saveInventory(
  sql: Sql,
  place: InventoryPlace & { readonly takenAt: string },
  picture: unknown,
  functions: readonly KnownFunction[],
  holder: string,
): Promise<boolean> {
  return sql.withTransaction(async (transaction) => {
    const rows = await transaction.query(
      `update cordon.inventory set picture = $3::jsonb, taken_at = $4
       where account = $1 and region = $2 and lease_by = $5 returning account`,
      [place.account, place.region, JSON.stringify(picture), place.takenAt, holder],
    );
    if (rows.length !== 1) return false;
    await transaction.query('delete from cordon.inventory_function where account = $1 and region = $2', [
      place.account,
      place.region,
    ]);
    await transaction.query(
      `insert into cordon.inventory_function (function_arn, account, region, roles, shared_with, taken_at, changed_by, changed_at)
       select f ->> 'functionArn', $1, $2,
         array(select jsonb_array_elements_text(f -> 'roles')), (f ->> 'sharedWith')::int, $4, f ->> 'changedBy',
         (f ->> 'changedAt')::timestamptz
       from jsonb_array_elements($3::jsonb) as f`,
      [place.account, place.region, JSON.stringify(functions), place.takenAt],
    );
    return true;
  });
}

/** The stored pictures, as JSON: whoever reads one checks it. */
export async function readInventory(sql: Sql): Promise<readonly unknown[]> {
  const rows = await sql.query<{ picture: unknown }>(
    'select picture from cordon.inventory where picture is not null order by account, region',
  );
  return rows.map(({ picture }) => picture);
}

/** What is known of a function, if it was seen at or after `notBefore`. */
export async function knownFunction(
  sql: Sql,
  functionArn: string,
  notBefore: Date,
): Promise<Omit<KnownFunction, 'functionArn'> | undefined> {
  const rows = await sql.query<{
    roles: string[];
    sharedWith: number;
    changedBy: string | null;
    changedAt: Date | string | null;
  }>(
    `select roles, shared_with as "sharedWith", changed_by as "changedBy", changed_at as "changedAt" from cordon.inventory_function
     where function_arn = $1 and taken_at >= $2`,
    [functionArn, notBefore.toISOString()],
  );
  const row = rows[0];
  return row === undefined
    ? undefined
    : { ...row, changedAt: row.changedAt === null ? null : new Date(row.changedAt).toISOString() };
}
