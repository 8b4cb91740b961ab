import { describe, expect, test } from '@jest/globals';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive, quiet, timelineKinds } from '../../support/engine.ts';
import { ACCOUNT, FUNCTION_ARN, REGION } from '../../support/world.ts';

const SIBLING = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:sibling`;

const on = engineForEachTest();

/** The functions whose concurrency was set, and the roles that were denied, by name. */
const puts = (operation = 'PutFunctionConcurrency') =>
  on.ground.world.journal
    .writes({ operation })
    .map((call) => /(checkout-webhook|sibling)/.exec(JSON.stringify(call))?.[0])
    .sort();

const add = (id: string, functionArn = SIBLING, name = 'alice') =>
  act(on.engine, id, 'add-target', { functionArn, reason: 'same source address' }, name);

describe('a target that is added to a running incident', () => {
  test('is contained beside the first, its evidence collected, and released with it', async () => {
    const before = on.ground.world.snapshot();
    const id = await on.engine.submit();
    await quiet(on.engine);
    expect(await add(id)).toMatchObject({ kind: 'done' });
    await untilLevel(on.engine, id, 'effective');
    expect(Object.keys((await on.engine.state(id)).record.levels).sort()).toEqual([FUNCTION_ARN, SIBLING]);
    expect(puts()).toEqual(['checkout-webhook', 'sibling']);
    await answer(on.engine, id, 'triage', { verdict: 'true_positive' });
    await answer(on.engine, id, 'recovery', { decision: 'release' });
    await untilClosed(on.engine, id);
    await untilNothingIsHeld(on.engine, id);
    expect(diffSnapshots(before, on.ground.world.snapshot())).toEqual([]);
    const state = await on.engine.state(id);
    const evidence = [...state.charts.values()].filter((chart) => chart.path.endsWith('collecting'));
    expect(evidence.map((chart) => [chart.item?.functionName, chart.status])).toEqual([
      ['checkout-webhook', 'done'],
      ['sibling', 'done'],
    ]);
  });

  test('is contained although the first is contained and its evidence sealed already, which is not done again', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    await drive(on.engine, async () => (await timelineKinds(on.engine, id)).includes('evidence.sealed'));
    expect(await add(id)).toMatchObject({ kind: 'done' });
    await untilLevel(on.engine, id, 'effective');
    expect(puts()).toEqual(['checkout-webhook', 'sibling']);
    // Each role twice: for the function at once, for the whole role once the function is stopped.
    expect(puts('PutRolePolicy').sort()).toEqual([
      'checkout-webhook',
      'checkout-webhook',
      'sibling',
      'sibling',
    ]);
    const charts = async () => [...(await on.engine.state(id)).charts.values()];
    // What guards a contained function goes on as long as it is contained.
    const isGuard = (path: string) => path.includes('.guarding.');
    await drive(on.engine, async () =>
      (await charts()).every(
        ({ parent, path, status }) => parent === null || isGuard(path) || status === 'done',
      ),
    );
    const root = (await charts()).find(({ parent }) => parent === null);
    expect(root?.stored.vars).toMatchObject({ containment: 'effective' });

    // It is there once, however often it is added.
    expect(await add(id)).toMatchObject({ kind: 'done', summary: expect.stringContaining('already') });
    expect(await add(id, FUNCTION_ARN)).toMatchObject({ summary: expect.stringContaining('already') });
    expect((await timelineKinds(on.engine, id)).filter((kind) => kind === 'target.added')).toHaveLength(1);
  });

  test('is refused without the role, in an account that is not enrolled, where another open incident has it, and where the playbook is past it', async () => {
    const id = await on.engine.submit();
    await quiet(on.engine);
    expect(await add(id, SIBLING, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    const foreign = SIBLING.replace(ACCOUNT, '999988887777');
    expect(await add(id, foreign)).toMatchObject({
      code: 'cordon_command_not_allowed',
      message: expect.stringContaining('not enrolled'),
    });
    expect(await add(id, 'arn:aws:s3:::bucket')).toMatchObject({ code: 'cordon_command_bad_input' });
    const second = await on.engine.submit({ id: 'finding2', functionArn: SIBLING });
    expect(second).not.toBe(id);
    await quiet(on.engine);
    expect(await add(id)).toMatchObject({ kind: 'refused', code: 'cordon_target_claimed' });
    // The refusals of people who may not are in the record, too: this is the one that names the other incident.
    expect((await timelineKinds(on.engine, id)).at(-1)).toBe('command.refused');
    await answer(on.engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(on.engine, id);
    expect(await add(id)).toMatchObject({ code: 'cordon_command_not_now' });
    expect((await on.engine.state(id)).record.targets).toHaveLength(1);
  });
});
