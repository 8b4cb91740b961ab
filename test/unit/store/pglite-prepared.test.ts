import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { freshDatabase } from '../../support/template.ts';

let sql: EmbeddedSql;
beforeAll(async () => {
  sql = await freshDatabase();
});
afterAll(() => sql.close());

describe('statements of the embedded database', () => {
  test('take and give the types that PGlite’s own take and give, each time', async () => {
    const text = `select $1::jsonb as json, $2::timestamptz as at, $3::text[] as list, $4::int8 as large,
      $5::bool as yes, $6::text as nothing, $7::bytea as bytes`;
    const given = [{ a: [1] }, new Date(0), ['a', 'b,c'], 5, true, null, Uint8Array.of(0, 255)];
    const own = (await sql.database.query(text, given)).rows;
    expect(await sql.query(text, given)).toEqual(own);
    expect(await sql.query(text, given)).toEqual(own);
    expect(await sql.query('select 1 as one where $1', [false])).toEqual([]);
  });

  test('fail alone, at any stage, and can be asked again', async () => {
    const divide = 'select 6 / $1::int as result';
    for (const broken of ['selct 1', 'select * from nothing_there']) {
      const code = expect.stringMatching(/^42/);
      await expect(sql.query(broken)).rejects.toMatchObject({ code });
      await expect(sql.query(broken)).rejects.toMatchObject({ code });
    }
    await expect(sql.query(divide, [0])).rejects.toMatchObject({ code: '22012' });
    await expect(sql.query(divide, ['x'])).rejects.toMatchObject({ code: '22P02' });
    expect(await sql.query(divide, [2])).toEqual([{ result: 3 }]);
  });

  test('see a table as it is now', async () => {
    await sql.database.exec('create table public.grows (a int); insert into public.grows values (1)');
    const text = 'select count(*)::int as rows, max(a)::text as most from public.grows';
    expect(await sql.query(text)).toEqual([{ rows: 1, most: '1' }]);
    await sql.database.exec(
      `alter table public.grows alter a type text; insert into public.grows values ('z')`,
    );
    expect(await sql.query(text)).toEqual([{ rows: 2, most: 'z' }]);
    await sql.database.exec('drop table public.grows');
  });

  test('wait for a transaction of somebody else, and see what it left', async () => {
    let inside = (): void => {};
    const open = new Promise<void>((resolve) => {
      inside = resolve;
    });
    const read = () => sql.query('select reason from cordon.pause');
    const before = await read();
    let outcome: unknown;
    const rolledBack = sql
      .withTransaction(async (transaction) => {
        await transaction.query(
          `insert into cordon.pause (paused_by, reason, paused_at) values ('alice', 'inside', clock_timestamp())`,
        );
        inside();
        await new Promise((resolve) => setTimeout(resolve, 20));
        outcome = 'over';
        throw new Error('back');
      })
      .catch(() => undefined);
    await open;
    expect(await read()).toEqual(before);
    expect(outcome).toBe('over');
    await rolledBack;
  });
});
