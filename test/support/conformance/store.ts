import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate } from '../../../src/store/migrate.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { databaseStatus } from '../../../src/store/status.ts';
import { describeClaims } from './store-claims.ts';
import { describeCommits } from './store-commits.ts';
import { describeDeliveries } from './store-deliveries.ts';
import { describeSharedState } from './store-shared-state.ts';
import { describeWorkers } from './store-workers.ts';

export interface OpenedStore {
  readonly sql: Sql;
  close(): Promise<void>;
}

/**
 * What every database that may hold the record must do. Each test makes rows of its own, so that one database
 * serves them all.
 */
export function describeStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`the store on ${name}`, () => {
    let opened: OpenedStore;

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    const sql = () => opened.sql;

    describeDoor(sql);
    describeCommits(sql);
    describeClaims(sql);
    describeDeliveries(sql);
    describeSharedState(sql);
    describeWorkers(sql);
    describeMigrations(sql);
  });
}

function describeMigrations(sql: () => Sql): void {
  describe('the schema', () => {
    test('is brought up once: migrating again changes nothing', async () => {
      const before = await databaseStatus(sql());
      await migrate(sql());
      await Promise.all([migrate(sql()), migrate(sql())]);
      expect(await databaseStatus(sql())).toEqual(before);
      expect(before).toMatchObject({ pending: [], unknown: [] });
    });

    test('is refused when a later version has written it, and is left as it is', async () => {
      await sql().query(`insert into cordon.migration (name) values ('9999-later')`);
      await expect(migrate(sql())).rejects.toThrow(
        expect.objectContaining({ code: 'cordon_store_schema_newer' }),
      );
      expect(await databaseStatus(sql())).toMatchObject({ unknown: ['9999-later'] });
      await sql().query(`delete from cordon.migration where name = '9999-later'`);
      await migrate(sql());
    });
  });
}

function describeDoor(sql: () => Sql): void {
  const inTransaction = expect.objectContaining({ code: 'cordon_store_queue_in_transaction' });

  describe('the door', () => {
    test('commits what a transaction did, or none of it', async () => {
      const names = async () =>
        (
          await sql().query<{ name: string }>(
            `select name from cordon.chain where name like 'door-%' order by 1`,
          )
        ).map((row) => row.name);
      const add = 'insert into cordon.chain (name, seq, hash) values ($1, 0, $2)';
      await sql().withTransaction(async (transaction) => {
        await transaction.query(add, ['door-1', '']);
        await transaction.query(add, ['door-2', '']);
      });
      const failing = sql().withTransaction(async (transaction) => {
        await transaction.query(add, ['door-3', '']);
        throw new RangeError('stop');
      });
      await expect(failing).rejects.toThrow(RangeError);
      expect(await names()).toEqual(['door-1', 'door-2']);
    });

    test('is free again after a transaction whose statement was refused', async () => {
      const refused = sql().withTransaction((transaction) => transaction.query('select 1 / 0'));
      await expect(refused).rejects.toThrow();
      expect(await sql().query('select 1 as one')).toEqual([{ one: 1 }]);
    });

    test('refuses a query inside a transaction, where it would wait for itself', async () => {
      const nested = sql().withTransaction(async () => sql().query('select 1'));
      await expect(nested).rejects.toThrow(inTransaction);
      expect(await sql().query('select 1 as one')).toEqual([{ one: 1 }]);
    });

    test('refuses a transaction inside a transaction', async () => {
      const nested = sql().withTransaction(async () => sql().withTransaction(async () => 1));
      await expect(nested).rejects.toThrow(inTransaction);
      expect(await sql().withTransaction(async () => 'free')).toBe('free');
    });

    test('gives bigint, count and double columns back as numbers', async () => {
      const text =
        'select 9007199254740991::bigint as most, count(*) as n, 0.5::double precision as half, 7::int as i';
      expect(await sql().query(text)).toEqual([{ most: 9007199254740991, n: 1, half: 0.5, i: 7 }]);
    });

    test('gives jsonb back as it was given: nesting, unicode, nothing interpreted', async () => {
      const value = { a: [1, null, { b: "'; drop schema cordon; --" }], é: '\u2028 𝄞', deep: { c: [[[]]] } };
      expect(await sql().query('select $1::jsonb as v', [JSON.stringify(value)])).toEqual([{ v: value }]);
    });

    test('runs statements that are sent at once, each with its own answer', async () => {
      const asked = Array.from({ length: 40 }, (_, n) => n);
      const answers = await Promise.all(
        asked.map((n) => sql().query<{ n: number }>('select $1::int as n', [n])),
      );
      expect(answers.map((rows) => rows[0]?.n)).toEqual(asked);
    });
  });
}
