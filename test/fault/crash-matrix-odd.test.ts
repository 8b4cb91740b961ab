import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { deaths, runIncident } from '../support/crash-run.ts';
import { freshDatabase } from '../support/template.ts';

let sql: EmbeddedSql;

beforeAll(async () => {
  sql = await freshDatabase();
});

afterAll(async () => {
  await sql.close();
});

// Dying before a call leaves the same outside world as dying after the one before it, so `after` each
// call, and `before` the first, is the whole matrix, of which an even sample is played. Two files, so that two cores share it.
test('a process killed at an odd commit or outside call leaves an incident that ends the same', async () => {
  const clean = await runIncident(sql, null);
  expect(clean.problems).toEqual([]);
  const failures: string[] = [];
  for (const index of deaths(clean.calls, 1, 2)) {
    const { problems } = await runIncident(sql, { index, when: 'after' });
    if (problems.length > 0)
      failures.push(`after call ${index} (${clean.calls[index]}): ${problems.join('; ')}`);
  }
  expect(failures).toEqual([]);
  expect(clean.calls.length).toBeGreaterThan(60);
}, 240_000);
