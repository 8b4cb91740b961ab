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
  const pool = await pglitePool(sql.database);
  return {
    ...real,
    connect: () => createBullQueue({ backend: { kind: 'postgres', pool }, log: silentLog }),
    close: () => sql.close(),
  };
});

describe('CONTROL: a pool whose clients pass no notification on', () => {
  let sql: EmbeddedSql;

  beforeAll(async () => {
    sql = await freshDatabase();
  });
  afterAll(() => sql.close());

  test('leaves an idle worker asleep until its poll: the measure tells the two apart', async () => {
    const queue = createBullQueue({
      backend: { kind: 'postgres', pool: deaf(await pglitePool(sql.database)) },
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
