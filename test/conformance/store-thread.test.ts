import { expect, test } from '@jest/globals';
import { openInThread } from '../../src/store/in-thread.ts';
import { describeStore } from '../support/conformance/store.ts';

describeStore('an embedded database in a thread of its own', async () => {
  const sql = await openInThread();
  return { sql, close: () => sql.close() };
});

test('a database whose thread is closed refuses, and leaves nobody waiting', async () => {
  const sql = await openInThread();
  const refused = { code: 'cordon_store_unreachable' };
  const waiting = expect(sql.query('select pg_sleep(0.2)')).rejects.toMatchObject(refused);
  await sql.close();
  await waiting;
  await expect(sql.query('select 1')).rejects.toMatchObject(refused);
});
