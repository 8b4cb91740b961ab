import type { Sql } from './sql.ts';

/**
 * Takes or renews the lease of what only one process may do at a time; false while another holds it. The
 * time is the database's, so that the clocks of two machines do not have to agree.
 */
export async function takeLease(sql: Sql, name: string, owner: string, forMs: number): Promise<boolean> {
  const rows = await sql.query(
    `insert into cordon.lease (name, owner, until)
     values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
     on conflict (name) do update set owner = excluded.owner, until = excluded.until
       where cordon.lease.owner = excluded.owner or cordon.lease.until < clock_timestamp()
     returning owner`,
    [name, owner, forMs],
  );
  return rows.length === 1;
}

/** Lets go of a lease, so that another process need not wait for its end. */
export async function dropLease(sql: Sql, name: string, owner: string): Promise<void> {
  await sql.query('delete from cordon.lease where name = $1 and owner = $2', [name, owner]);
}
