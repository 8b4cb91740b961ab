import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { answer, untilClosed, untilLevel } from '../../support/answers.ts';
import { drive, freshGround, type Ground, pass, quiet, startEngine } from '../../support/engine.ts';

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

describe('an exercise that was cut short', () => {
  test('is carried on by the engine of an exercise (control), and by no other', async () => {
    const first = await startEngine(ground);
    const id = await first.submit();
    await untilLevel(first, id, 'effective');
    await first.stop();
    const before = writes();

    let delivered = 0;
    const carryOn = (exercise: boolean) =>
      startEngine(ground, {
        seed: `second ${exercise}`,
        overrides: { exercise },
        deliver: async () => {
          delivered += 1;
          return { kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } };
        },
      });
    const real = await carryOn(false);
    await pass(real, HOUR_MS);
    await real.stop();
    expect(delivered).toBe(0);
    expect(writes()).toBe(before);

    // CONTROL: that there was something to do within this hour.
    const exercise = await carryOn(true);
    await drive(exercise, () => delivered > 0);
    await exercise.stop();
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
