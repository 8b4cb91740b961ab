import { LambdaClient, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { freshGround, startEngine } from '../../support/engine.ts';
import { enrolmentOf, type RandomAccount, worldOf, worst } from '../../support/random-account.ts';
import { freshDatabase } from '../../support/template.ts';
import { FUNCTION_ARN, REGION } from '../../support/world.ts';

let sql: EmbeddedSql;
beforeAll(async () => {
  sql = await freshDatabase();
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

/** Keeps the function contained by a first incident, lets its owner open one more source, and releases by a second. */
async function keptThenReleased(kept: Sql = sql) {
  const ground = await freshGround({ sql, world: worldOf(account), seed: 'kept' });
  const before = ground.world.snapshot();
  const engine = await startEngine(ground, {
    sql: kept,
    overrides: { enrolment: parseEnrolment(enrolmentOf(account), 'enrolment.yaml') },
  });
  try {
    const first = await engine.submit({ at: ground.clock.now() });
    await untilLevel(engine, first, 'effective');
    await answer(engine, first, 'triage', { verdict: 'true_positive' });
    await answer(engine, first, 'recovery', { decision: 'keep' });
    await untilClosed(engine, first);
    const left = await held(engine, first);

    const closed = [...ground.world.state.mappings.values()][1];
    const lambda = new LambdaClient({
      region: REGION,
      credentials: { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' },
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler(ground.world.fetch),
    });
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID: closed?.uuid ?? '', Enabled: true }));

    const second = await engine.submit({ id: 'finding2', at: ground.clock.now() });
    await untilLevel(engine, second, 'effective');
    const adopted = await held(engine, second);
    await answer(engine, second, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, second);
    const comparison = (await engine.state(second)).record.comparisons?.[FUNCTION_ARN];
    await untilNothingIsHeld(engine, second);
    return {
      left,
      adopted,
      comparison,
      stillHeld: await held(engine, first),
      differences: diffSnapshots(before, ground.world.snapshot()),
      opened: closed?.uuid ?? '',
      state: await engine.state(second),
    };
  } finally {
    await engine.stop();
  }
}

const held = async (engine: Awaited<ReturnType<typeof startEngine>>, id: string) =>
  [...(await engine.state(id)).holds.values()]
    .filter((hold) => hold.status !== 'closed')
    .map((hold) => hold.objectKey)
    .sort();

describe('a function that one incident left contained', () => {
  test('is put back by the next as it was before the first, with what only the next had closed', async () => {
    const played = await keptThenReleased();
    const kinds = new Set(played.left.map((key) => key.split(':')[0]));
    expect([...kinds].sort()).toEqual([
      'async-sink',
      'event-source',
      'function-url',
      'lambda-concurrency',
      'provisioned-concurrency',
      'role-quarantine',
      'scaling',
      'sink-grant',
    ]);
    // The same objects, each held once, and the source that was opened between the two.
    expect(played.adopted.filter((key) => !key.endsWith(played.opened))).toEqual(played.left);
    expect(played.adopted.filter((key) => key.endsWith(played.opened))).toHaveLength(1);
    expect(played.stillHeld).toEqual([]);
    expect(
      played.differences.map(({ path }) => path).filter((path) => !path.includes(played.opened)),
    ).toEqual([]);
    expect(played.differences).toMatchObject([{ after: 'Enabled' }]);
    expect(played.comparison).toMatchObject({ compared: true });
    // What its owner changed between the two is the only thing that differs from the manifest of the first.
    expect(played.comparison?.differences).toMatchObject([
      { part: `event source mapping ${played.opened} is`, was: 'Disabled', now: 'Enabled' },
    ]);
  });

  test('stays closed where the next takes nothing over (control)', async () => {
    const blind: Sql = {
      ...sql,
      query: async (text, values) => (/'baselines'/.test(text) ? [] : sql.query(text, values)),
    };
    const played = await keptThenReleased(blind);
    expect(played.stillHeld.length).toBeGreaterThan(0);
    expect(played.differences.length).toBeGreaterThan(1);
  });
});

describe('a kept function that is added to an incident about another', () => {
  test('is taken over by it', async () => {
    const ground = await freshGround({ sql });
    const before = ground.world.snapshot();
    const engine = await startEngine(ground);
    try {
      const first = await engine.submit({ at: ground.clock.now() });
      await untilLevel(engine, first, 'effective');
      await answer(engine, first, 'triage', { verdict: 'true_positive' });
      await answer(engine, first, 'recovery', { decision: 'keep' });
      await untilClosed(engine, first);
      const functionArn = FUNCTION_ARN.replace('checkout-webhook', 'sibling');
      const second = await engine.submit({ id: 'finding2', functionArn, at: ground.clock.now() });
      await untilLevel(engine, second, 'effective');
      const added = await act(engine, second, 'add-target', {
        functionArn: FUNCTION_ARN,
        reason: 'same source',
      });
      expect(added).toMatchObject({ kind: 'done' });
      await untilLevel(engine, second, 'effective');
      await answer(engine, second, 'triage', { verdict: 'false_positive' });
      await untilClosed(engine, second);
      await untilNothingIsHeld(engine, second);
      expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
    } finally {
      await engine.stop();
    }
  });
});
