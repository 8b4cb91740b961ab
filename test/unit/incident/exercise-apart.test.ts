import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { answer, untilClosed, untilLevel } from '../../support/answers.ts';
import { drive, freshGround, type Ground, quiet, startEngine } from '../../support/engine.ts';

const CONTAINING = [
  'PutFunctionConcurrency',
  'PutRolePolicy',
  'DeleteRolePolicy',
  'DeleteFunctionConcurrency',
];
const HOUR_MS = 3_600_000;

let ground: Ground;

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  await ground.sql.close();
});

const writes = () =>
  ground.world.journal.writes({ operation: (name) => CONTAINING.includes(String(name)) }).length;

/** Runs another engine on the same record for an hour. */
async function carryOn(
  exercise: boolean,
  id: string,
): Promise<{ readonly delivered: number; readonly status: string }> {
  let delivered = 0;
  const engine = await startEngine(ground, {
    seed: `second ${exercise}`,
    overrides: { exercise },
    deliver: async () => {
      delivered += 1;
      return { kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } };
    },
  });
  const until = ground.clock.now().getTime() + HOUR_MS;
  // Something to wait for, in case that this engine waits for nothing.
  void ground.clock.sleep(HOUR_MS);
  await drive(engine, () => ground.clock.now().getTime() >= until);
  const { status } = await engine.state(id);
  await engine.stop();
  return { delivered, status };
}

describe('an exercise that was cut short', () => {
  test('is not carried on by an engine that is not one of an exercise', async () => {
    const first = await startEngine(ground);
    const id = await first.submit();
    await untilLevel(first, id, 'effective');
    await first.stop();
    const before = writes();

    const { delivered } = await carryOn(false, id);
    expect(delivered).toBe(0);
    expect(writes()).toBe(before);
  });

  test('control: is carried on by the engine of an exercise', async () => {
    const first = await startEngine(ground);
    const id = await first.submit();
    await untilLevel(first, id, 'effective');
    await first.stop();

    const { delivered } = await carryOn(true, id);
    expect(delivered).toBeGreaterThan(0);
  });
});

describe('a real incident', () => {
  test('is not touched by the engine of an exercise, whatever people answer meanwhile', async () => {
    const first = await startEngine(ground, { overrides: { exercise: false } });
    const id = await first.submit();
    await untilLevel(first, id, 'effective');
    await first.stop();
    const before = writes();

    const drill = await startEngine(ground, { seed: 'drill' });
    await answer(drill, id, 'triage', { verdict: 'false_positive' });
    await quiet(drill);
    await drill.stop();
    expect(writes()).toBe(before);

    // Its own engine takes up what people answered.
    const second = await startEngine(ground, { seed: 'second', overrides: { exercise: false } });
    await untilClosed(second, id);
    await second.stop();
    expect(writes()).toBeGreaterThan(before);
  });
});
