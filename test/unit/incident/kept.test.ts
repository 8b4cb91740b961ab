import { LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { freshGround, startEngine, type TestEngine } from '../../support/engine.ts';
import { enrolmentOf, type RandomAccount, worldOf, worst } from '../../support/random-account.ts';
import { borrowedDatabase } from '../../support/template.ts';
import { FUNCTION_ARN, REGION } from '../../support/world.ts';

let sql: EmbeddedSql;
let engine: TestEngine;
beforeAll(async () => {
  sql = await borrowedDatabase();
});
afterEach(async () => {
  await engine.stop();
});
afterAll(async () => {
  await sql.close();
});

/** Every door that containment closes: sources, a sink and the right to it, provisioned concurrency and its scaling. */
const account: RandomAccount = {
  ...worst,
  versions: ['checkout-webhook-role'],
  alias: 'plain',
  provisioned: 2,
  scaling: 'active',
  siblings: [],
  mappings: [
    { enabled: true, receives: 1, alias: false },
    { enabled: false, receives: 1, alias: false },
  ],
};

const enrolment = parseEnrolment(enrolmentOf(account), 'enrolment.yaml');

/** An incident about the function, which a person ends with its containment kept. */
async function kept(engine: TestEngine): Promise<string> {
  const id = await engine.submit({ at: engine.clock.now() });
  await untilLevel(engine, id, 'effective');
  await answer(engine, id, 'triage', { verdict: 'true_positive' });
  await answer(engine, id, 'recovery', { decision: 'keep' });
  await untilClosed(engine, id);
  return id;
}

/** Whatever happened meanwhile was a false alarm: everything is released. */
async function released(engine: TestEngine, id: string): Promise<void> {
  await answer(engine, id, 'triage', { verdict: 'false_positive' });
  await untilClosed(engine, id);
}

const held = async (engine: TestEngine, id: string) =>
  [...(await engine.state(id)).holds.values()]
    .filter((hold) => hold.status !== 'closed')
    .map((hold) => hold.objectKey)
    .sort();

describe('a function that one incident left contained', () => {
  test('is put back by the next as it was before the first, with what only the next had closed', async () => {
    const ground = await freshGround({ sql, world: worldOf(account), seed: 'kept' });
    const before = ground.world.snapshot();
    engine = await startEngine(ground, { overrides: { enrolment } });
    const first = await kept(engine);
    const left = await held(engine, first);
    expect([...new Set(left.map((key) => key.split(':')[0]))].sort()).toEqual([
      'async-sink',
      'event-source',
      'function-url',
      'lambda-concurrency',
      'provisioned-concurrency',
      'role-quarantine',
      'scaling',
      'sink-grant',
    ]);

    const opened = [...ground.world.state.mappings.values()][1]?.uuid ?? '';
    const lambda = new LambdaClient({
      region: REGION,
      credentials: { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' },
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler(ground.world.fetch),
    });
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID: opened, Enabled: true }));

    const second = await engine.submit({ id: 'finding2', at: ground.clock.now() });
    await untilLevel(engine, second, 'effective');
    // The same objects, each held once, and the source that was opened between the two.
    const adopted = await held(engine, second);
    expect(adopted.filter((key) => !key.endsWith(opened))).toEqual(left);
    expect(adopted.filter((key) => key.endsWith(opened))).toHaveLength(1);
    await released(engine, second);
    const comparison = (await engine.state(second)).record.comparisons?.[FUNCTION_ARN];
    await untilNothingIsHeld(engine, second);
    expect(await held(engine, first)).toEqual([]);
    const differences = diffSnapshots(before, ground.world.snapshot());
    expect(differences.map(({ path }) => path).filter((path) => !path.includes(opened))).toEqual([]);
    expect(differences).toMatchObject([{ after: 'Enabled' }]);
    expect(comparison).toMatchObject({ compared: true });
    // What its owner changed between the two is the only thing that differs from the manifest of the first.
    expect(comparison?.differences).toMatchObject([
      { part: `event source mapping ${opened} is`, was: 'Disabled', now: 'Enabled' },
    ]);
  });

  test('stays closed where the next takes nothing over (control)', async () => {
    const blind: Sql = {
      ...sql,
      query: async (text, values) => (/'baselines'/.test(text) ? [] : sql.query(text, values)),
    };
    const ground = await freshGround({ sql, world: worldOf(account), seed: 'kept' });
    const before = ground.world.snapshot();
    engine = await startEngine(ground, { sql: blind, overrides: { enrolment } });
    const first = await kept(engine);
    const second = await engine.submit({ id: 'finding2', at: ground.clock.now() });
    await untilLevel(engine, second, 'effective');
    await released(engine, second);
    expect((await held(engine, first)).length).toBeGreaterThan(0);
    expect(diffSnapshots(before, ground.world.snapshot()).length).toBeGreaterThan(1);
  });
});

describe('a kept function that is added to an incident about another', () => {
  test('is taken over by it', async () => {
    const ground = await freshGround({ sql });
    const before = ground.world.snapshot();
    engine = await startEngine(ground);
    const first = await kept(engine);
    const functionArn = FUNCTION_ARN.replace('checkout-webhook', 'sibling');
    const second = await engine.submit({ id: 'finding2', functionArn, at: ground.clock.now() });
    await untilLevel(engine, second, 'effective');
    const added = await act(engine, second, 'add-target', {
      functionArn: FUNCTION_ARN,
      reason: 'same source',
    });
    expect(added).toMatchObject({ kind: 'done' });
    await untilLevel(engine, second, 'effective');
    await released(engine, second);
    await untilNothingIsHeld(engine, second);
    expect(await held(engine, first)).toEqual([]);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
  });
});
