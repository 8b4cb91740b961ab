import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { listExercises } from '../../../../src/main/exercise/library.ts';
import { withExerciseTables } from '../../../../src/main/exercise/page.ts';

const page = readFileSync(new URL('../../../../docs/exercises.md', import.meta.url), 'utf8');

test('docs/exercises.md has the tables of what the reader checks and what ships', async () => {
  expect(await withExerciseTables(page)).toBe(page);
  // Tables of nothing would be equal too.
  expect(page).toContain('| `expected[].oblige` |');
  expect(page).toContain('| `queue.atMost` |');
  for (const { id } of await listExercises()) expect(page).toContain(`simulations/${id}/scenario.yaml`);
});

test('CONTROL: a page whose table is out of date is written anew', async () => {
  const stale = '# x\n\n<!-- generated: matchers -->\nnothing\n<!-- end -->\n';
  expect(await withExerciseTables(stale)).toContain('| `timeline.kind` |');
});
