import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { play } from '../../support/play-account.ts';
import { type RandomAccount, worst } from '../../support/random-account.ts';
import { borrowedDatabase } from '../../support/template.ts';

let sql: EmbeddedSql;
beforeAll(async () => {
  sql = await borrowedDatabase();
});
afterAll(async () => {
  await sql.close();
});

// Alone on its role: the upper rungs stop siblings too, and would be asked about.
const alone: RandomAccount = {
  ...worst,
  siblings: [],
  verdict: 'false_positive',
  sink: 'none',
  mappings: [],
};

/**
 * What stands in the way of the first rung, an inline policy, and how the role is denied and released all the same. That
 * nothing else is done where nothing stands in its way is in `main-job.test.ts`.
 */
const LADDER: readonly (readonly [string, Partial<RandomAccount>, readonly string[]])[] = [
  ['full inline policies', { full: 'inline' }, ['AttachRolePolicy', 'DetachRolePolicy']],
  [
    'no policy prepared for the function',
    { profile: 'static', prepared: false },
    ['AttachRolePolicy', 'DetachRolePolicy'],
  ],
  [
    'ten attached policies',
    { profile: 'static', full: 'attached' },
    ['PutRolePermissionsBoundary', 'DeleteRolePermissionsBoundary'],
  ],
];

describe('a role that is denied in spite of', () => {
  test.each(LADDER)('%s', async (_what, given, writes) => {
    const played = await play(sql, { ...alone, ...given });
    expect(played.roleWrites).toEqual(writes);
    expect(played).toMatchObject({ differences: [], stopped: true, deniedAfterRelease: 0 });
    expect(played.deniedDuring).toBeGreaterThan(0);
  });
});
