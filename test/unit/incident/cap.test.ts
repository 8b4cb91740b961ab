import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import {
  drive,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

let ground: Ground;
let engine: TestEngine;

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

const reserved = () => ground.world.state.functions.get(FUNCTION_ARN)?.reserved;
const holdsOf = async (id: string) => [...(await engine.state(id)).holds.values()];

/** An incident that silence capped and that was closed with its cap in place. */
async function capped(): Promise<string> {
  engine = await startEngine(ground, { mode: 'ask' });
  const id = await engine.submit();
  await drive(engine, async () => (await holdsOf(id)).some((hold) => hold.acceptedAt !== null));
  await quiet(engine);
  expect(reserved()).toBe(5);
  await act(engine, id, 'acknowledge', {});
  await act(engine, id, 'close', { reason: 'the cap stays over the weekend' });
  await untilClosed(engine, id);
  return id;
}

describe('a cap and an isolation of one function', () => {
  test('are holds on one object: isolation knows what was there before the cap, and release puts that back', async () => {
    const before = ground.world.snapshot();
    const first = await capped();
    await engine.stop();
    engine = await startEngine(ground, { mode: 'act', seed: 'second' });
    const id = await engine.submit({ id: 'finding2' });
    await untilLevel(engine, id, 'effective');
    expect(reserved()).toBe(0);
    const [cap] = await holdsOf(first);
    const zero = (await holdsOf(id)).find((hold) => hold.action === 'lambda.reserve-zero-concurrency');
    // What is there at the moment of capture is 5: taken for the prior state, release would leave the cap for ever.
    expect(cap?.desired).toEqual({ reserved: 5 });
    expect(zero?.objectKey).toBe(cap?.objectKey);
    expect(zero?.prior).toEqual({ reserved: null });
    await answer(engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, id);
    await untilNothingIsHeld(engine, id);
    expect((await holdsOf(first)).map((hold) => hold.status)).toEqual(['closed']);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
  });
});
