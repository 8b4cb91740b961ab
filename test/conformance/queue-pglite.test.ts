import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PgPool } from 'bullmq';
import { systemClock } from '../../src/clock.ts';
import { randomIds } from '../../src/id.ts';
import { silentLog } from '../../src/log.ts';
import { createBullQueue } from '../../src/queue/bullmq.ts';
import { pglitePool } from '../../src/queue/pglite-pool.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { describeQueue, idleLatencies } from '../support/conformance/queue.ts';
import { freshDatabase } from '../support/template.ts';

const real = { clock: systemClock, until: <Result>(promise: Promise<Result>) => promise };

describeQueue('an embedded database (BullMQ on PGlite)', { durable: true }, async () => {
  const sql = await freshDatabase();
  const pool = await pglitePool(sql);
  return {
    ...real,
    connect: () => createBullQueue({ backend: { kind: 'postgres', pool }, log: silentLog }),
    close: () => sql.close(),
  };
});

test('adding wake-ups leaves nothing in the catalogue of an embedded database, which nobody clears', async () => {
  const sql = await freshDatabase();
  const queue = createBullQueue({
    backend: { kind: 'postgres', pool: await pglitePool(sql) },
    log: silentLog,
  });
  const catalogue = async () =>
    (await sql.query<{ bytes: number }>(`select pg_table_size('pg_attribute')::int as bytes`))[0]?.bytes ?? 0;
  const wakes = Array.from({ length: 20 }, (_, index): Parameters<typeof queue.add>[0][number] => ({
    wake: { lane: 'attempt', incident: randomIds.next('inc'), subject: `${index}` },
    delayMs: 60_000,
  }));
  await queue.add(wakes);
  const before = await catalogue();
  for (let round = 0; round < 10; round += 1) await queue.add(wakes);
  expect(await catalogue()).toBe(before);
  // CONTROL: what `addBulk` does at each call is seen in the same measure.
  for (let round = 0; round < 10; round += 1)
    await sql.database.exec(
      'begin; create temp table passing on commit drop as select n from generate_series(1, 5) as n; commit',
    );
  expect(await catalogue()).toBeGreaterThan(before);
  await queue.close();
  await sql.close();
});

describe('CONTROL: a pool whose clients pass no notification on', () => {
  let sql: EmbeddedSql;

  beforeAll(async () => {
    sql = await freshDatabase();
  });
  afterAll(() => sql.close());

  test('leaves an idle worker asleep until its poll: the measure tells the two apart', async () => {
    const queue = createBullQueue({
      backend: { kind: 'postgres', pool: deaf(await pglitePool(sql)) },
      log: silentLog,
    });
    let woken = () => {};
    await queue.consume(new Set(['attempt']), async () => woken());
    const [tookMs] = await idleLatencies(
      real,
      async () => {
        const handled = new Promise<void>((resolve) => {
          woken = resolve;
        });
        await queue.add([
          { wake: { lane: 'attempt', incident: randomIds.next('inc'), subject: 'x' }, delayMs: 0 },
        ]);
        await handled;
      },
      1,
    );
    expect(tookMs).toBeGreaterThan(2500);
    await queue.stop();
    await queue.close();
  }, 20_000);
});

/** What a shim that looks for `^LISTEN` comes to: BullMQ's statement begins with a comment. */
function deaf(pool: PgPool): PgPool {
  return {
    ...pool,
    connect: async () => {
      const client = await pool.connect();
      // The client without its notifications; all else goes through.
      return Object.assign(Object.create(client), { on: () => client });
    },
  };
}
