import { expect, test } from '@jest/globals';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { pass, timelineKinds } from '../../support/engine.ts';

const on = engineForEachTest();

const HOUR_MS = 3_600_000;

async function releasedAfterAttack(finding: string): Promise<string> {
  const id = await on.engine.submit({ id: finding, at: on.ground.clock.now() });
  await untilLevel(on.engine, id, 'effective');
  await answer(on.engine, id, 'triage', { verdict: 'true_positive' });
  await answer(on.engine, id, 'recovery', { decision: 'release' });
  await untilClosed(on.engine, id);
  return id;
}

test('sessions from before the second of two attacks stay denied when the deny of the first ends', async () => {
  const before = on.ground.world.snapshot();
  const first = await releasedAfterAttack('finding1');
  await pass(on.engine, 10 * HOUR_MS);
  const second = await releasedAfterAttack('finding2');
  const sessions = async (id: string) =>
    [...(await on.engine.state(id)).holds.values()]
      .filter(({ objectKey }) => objectKey.startsWith('role-sessions'))
      .map(({ status, closedAs }) => closedAs ?? status);
  expect([await sessions(first), await sessions(second)]).toEqual([['open'], ['open']]);

  await pass(on.engine, 25 * HOUR_MS);
  const both = on.ground.world.snapshot();
  await pass(on.engine, 2 * HOUR_MS);
  expect([await sessions(first), await sessions(second)]).toEqual([['inherited'], ['open']]);
  expect(diffSnapshots(both, on.ground.world.snapshot())).toEqual([]);
  expect(await timelineKinds(on.engine, first)).not.toContain('release.conflict');

  await untilNothingIsHeld(on.engine, second);
  expect(diffSnapshots(before, on.ground.world.snapshot())).toEqual([]);
});
