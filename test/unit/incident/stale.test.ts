import { expect, test } from '@jest/globals';
import { act } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { pass } from '../../support/engine.ts';

const on = engineForEachTest({ engine: () => ({ mode: 'observe' }) });

const stale = async () => (await on.engine.cordon.views.openIncidents()).map((each) => each.stale);
const MINUTE_MS = 60_000;

test('an incident is stale when no responder has done anything for an hour, whatever the engine did', async () => {
  const id = await on.engine.submit();
  await pass(on.engine, 59 * MINUTE_MS);
  expect(await stale()).toEqual([false]);
  await pass(on.engine, MINUTE_MS);
  expect(await stale()).toEqual([true]);
  expect(await act(on.engine, id, 'note', { text: 'looking at it' })).toMatchObject({ kind: 'done' });
  expect(await stale()).toEqual([false]);
  await pass(on.engine, 60 * MINUTE_MS);
  expect(await stale()).toEqual([true]);
});
