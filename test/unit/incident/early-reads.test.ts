import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { memoryBudget } from '../../../src/store/rate-budget.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { untilLevel } from '../../support/answers.ts';
import { freshGround, type Ground, quiet, startEngine, type TestEngine } from '../../support/engine.ts';

let ground: Ground;
let engine: TestEngine | undefined;

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  await engine?.stop();
  await ground.sql.close();
});

const calls = (operation: string) =>
  ground.world.journal.entries().filter((call) => call.operation === operation).length;
const writes = () => ground.world.journal.entries().filter((call) => call.write).length;

/** The database, which refuses the first commit. */
function refusingOnce(commits: number[], asked: () => number): Sql {
  return {
    ...ground.sql,
    query: async <Row>(text: string, parameters?: readonly unknown[]) => {
      if (text.includes('cordon.commit(')) {
        commits.push(asked());
        if (commits.length === 1) throw new Error('the connection is gone');
      }
      return ground.sql.query<Row>(text, parameters);
    },
  };
}

test('what containment reads first is asked before the commit; what it writes, never without one', async () => {
  const budget = memoryBudget(ground.clock);
  let asked = 0;
  const take = (request: Parameters<typeof budget.take>[0]) => {
    asked += 1;
    return budget.take(request);
  };
  // How many calls had been asked for at each commit.
  const commits: number[] = [];
  const sql = refusingOnce(commits, () => asked);
  engine = await startEngine(ground, { overrides: { sql, budget: { take } } });
  asked = 0;
  await expect(engine.submit()).rejects.toThrow('the connection is gone');
  expect(commits).toEqual([3]);
  // The answers come, and nobody hears of them.
  await quiet(engine);
  expect(writes()).toBe(0);
  expect(await ground.sql.query('select 1 from cordon.incident')).toEqual([]);

  // CONTROL: the same alert again, with a database that commits, is contained once.
  const id = await engine.submit();
  await untilLevel(engine, id, 'effective');
  expect(calls('PutFunctionConcurrency')).toBe(1);
});
