import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { type Rewrite, runIncident } from '../support/crash-run.ts';
import { freshDatabase } from '../support/template.ts';

let sql: EmbeddedSql;
let names: readonly string[];

beforeAll(async () => {
  sql = await freshDatabase();
  names = (await runIncident(sql, null)).calls;
});

afterAll(async () => {
  await sql.close();
});

describe('a process that is killed', () => {
  test('before its first call has done nothing, and the next one does it all', async () => {
    expect((await runIncident(sql, { index: 0, when: 'before' })).problems).toEqual([]);
  });

  test('CONTROL: without the intent record, the same run finds a second capture of our own write', async () => {
    const put = names.findIndex((name) => name.includes('concurrency') && name.includes('PUT'));
    const { problems } = await runIncident(sql, { index: put, when: 'after' }, withoutIntent);
    expect(problems.join()).toContain('the account is not as before');
  });

  test('CONTROL: with the intent record, the same death is harmless', async () => {
    const put = names.findIndex((name) => name.includes('concurrency') && name.includes('PUT'));
    expect((await runIncident(sql, { index: put, when: 'after' })).problems).toEqual([]);
  });
});

/** Leaves the intent out: a running attempt is stored as one that still reads, and nothing is held. */
const withoutIntent: Rewrite = (text, parameters) => {
  if (!text.includes('cordon.commit')) return parameters;
  const payload = JSON.parse(String(parameters[0]));
  delete payload.holds;
  for (const attempt of payload.attempts ?? []) {
    if (attempt.effect === 'contain' && attempt.state === 'running') {
      Object.assign(attempt, { state: 'reading', hold: null, prior: null, desired: null, startedAt: null });
    }
  }
  return [JSON.stringify(payload)];
};
