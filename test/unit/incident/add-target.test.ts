import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import {
  drive,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
  timelineKinds,
} from '../../support/engine.ts';
import { freshDatabase } from '../../support/template.ts';
import { ACCOUNT, FUNCTION_ARN, REGION } from '../../support/world.ts';

const SIBLING = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:sibling`;

let sql: EmbeddedSql;
let ground: Ground;
let engine: TestEngine;

beforeAll(async () => {
  sql = await freshDatabase();
});

afterAll(async () => {
  await sql.close();
});

beforeEach(async () => {
  ground = await freshGround({ sql });
  engine = await startEngine(ground);
});

afterEach(async () => {
  await engine.stop();
});

/** The functions whose concurrency was set, and the roles that were denied, by name. */
const puts = (operation = 'PutFunctionConcurrency') =>
  ground.world.journal
    .writes({ operation })
    .map((call) => /(checkout-webhook|sibling)/.exec(JSON.stringify(call))?.[0])
    .sort();

const add = (id: string, functionArn = SIBLING, name = 'alice') =>
  act(engine, id, 'add-target', { functionArn, reason: 'same source address' }, name);

describe('a target that is added to a running incident', () => {
  test('is contained beside the first, its evidence collected, and released with it', async () => {
    const before = ground.world.snapshot();
    const id = await engine.submit();
    await quiet(engine);
    expect(await add(id)).toMatchObject({ kind: 'done' });
    await untilLevel(engine, id, 'effective');
    expect(Object.keys((await engine.state(id)).record.levels).sort()).toEqual([FUNCTION_ARN, SIBLING]);
    expect(puts()).toEqual(['checkout-webhook', 'sibling']);
    await answer(engine, id, 'triage', { verdict: 'true_positive' });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);
    await untilNothingIsHeld(engine, id);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
    const state = await engine.state(id);
    const evidence = [...state.charts.values()].filter((chart) => chart.path.endsWith('collecting'));
    expect(evidence.map((chart) => [chart.item?.functionName, chart.status])).toEqual([
      ['checkout-webhook', 'done'],
      ['sibling', 'done'],
    ]);
  });

  test('is contained although the first is contained and its evidence sealed already, which is not done again', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    await drive(engine, async () => (await timelineKinds(engine, id)).includes('evidence.sealed'));
    expect(await add(id)).toMatchObject({ kind: 'done' });
    await untilLevel(engine, id, 'effective');
    expect(puts()).toEqual(['checkout-webhook', 'sibling']);
    // Each role twice: for the function at once, for the whole role once the function is stopped.
    expect(puts('PutRolePolicy').sort()).toEqual([
      'checkout-webhook',
      'checkout-webhook',
      'sibling',
      'sibling',
    ]);
    const charts = async () => [...(await engine.state(id)).charts.values()];
    // What guards a contained function goes on as long as it is contained.
    const isGuard = (path: string) => path.includes('.guarding.');
    await drive(engine, async () =>
      (await charts()).every(
        ({ parent, path, status }) => parent === null || isGuard(path) || status === 'done',
      ),
    );
    const root = (await charts()).find(({ parent }) => parent === null);
    expect(root?.stored.vars).toMatchObject({ containment: 'effective' });
  });

  test('is there once, however often it is added', async () => {
    const id = await engine.submit();
    await quiet(engine);
    expect(await add(id)).toMatchObject({ kind: 'done' });
    expect(await add(id)).toMatchObject({ kind: 'done', summary: expect.stringContaining('already') });
    expect(await add(id, FUNCTION_ARN)).toMatchObject({ summary: expect.stringContaining('already') });
    expect((await timelineKinds(engine, id)).filter((kind) => kind === 'target.added')).toHaveLength(1);
  });

  test('is refused without the role, in an account that is not enrolled, and where the playbook is past it', async () => {
    const id = await engine.submit();
    await quiet(engine);
    expect(await add(id, SIBLING, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    const foreign = SIBLING.replace(ACCOUNT, '999988887777');
    expect(await add(id, foreign)).toMatchObject({
      code: 'cordon_command_not_allowed',
      message: expect.stringContaining('not enrolled'),
    });
    expect(await add(id, 'arn:aws:s3:::bucket')).toMatchObject({ code: 'cordon_command_bad_input' });
    await answer(engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, id);
    expect(await add(id)).toMatchObject({ code: 'cordon_command_not_now' });
    expect((await engine.state(id)).record.targets).toHaveLength(1);
  });

  test('is refused, and said so, when another open incident has it', async () => {
    const first = await engine.submit();
    const second = await engine.submit({ id: 'finding2', functionArn: SIBLING });
    await quiet(engine);
    expect(await add(first)).toMatchObject({ kind: 'refused', code: 'cordon_target_claimed' });
    expect((await engine.state(first)).record.targets).toHaveLength(1);
    expect(await timelineKinds(engine, first)).toContain('command.refused');
    expect(second).not.toBe(first);
  });
});
