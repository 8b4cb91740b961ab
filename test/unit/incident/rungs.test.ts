import { describe, expect, test } from '@jest/globals';
import { statusLine } from '../../../src/slack/render/card.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, heldActions, openApprovals, untilLevel, viewOf } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive } from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

const on = engineForEachTest();

const view = (id: string) => viewOf(on.engine, id);
const held = (id: string) => heldActions(on.engine, id);
const open = (id: string) => openApprovals(on.engine, id);
const unanswered = async (id: string) => {
  await on.restart({ awayMs: 15 * 60_000 });
  await drive(on.engine, async () => {
    const { approvals } = await view(id);
    return approvals.length > 0 && approvals.every((each) => each.status === 'expired');
  });
};
const levels = async (id: string) =>
  (await readTimeline(on.engine.sql, id)).flatMap(
    ({ body }) =>
      body?.kind === 'containment.level' ? [String((body.data as { level?: unknown }).level)] : [], // written by `setLevel`
  );
const secret = { service: 'secretsmanager', action: 'GetSecretValue', resource: '*' };
const steals = async () => {
  const stolen = on.ground.world.attacker.stealCredentials('checkout-webhook');
  return (await on.ground.world.attacker.callAs(stolen, secret)).kind;
};

describe('a source that is not sure', () => {
  test('has rights and secrets denied at once, while isolation asks; nobody is told that this contains, until people agree to isolate', async () => {
    const id = await on.engine.submit({ confidence: 0.3 });
    await untilLevel(on.engine, id, 'read_back');
    expect(await held(id)).toEqual(['iam.deny-privilege']);
    expect((await open(id)).map((each) => each.objectArn)).toContain(FUNCTION_ARN);
    expect(await steals()).toBe('denied');
    // Nobody answers: the policy refuses, and the milder rung stays what it is.
    await unanswered(id);
    expect(await levels(id)).not.toContain('effective');
    const shown = await view(id);
    expect(shown.rung).toBe('deny-privilege');
    expect(shown.containedAt).toBeNull();
    expect(statusLine(shown)).toContain('LIMITED, NOT CONTAINED');

    // Another alert joins: it is asked again, and with an approval the function is isolated.
    expect(await on.engine.submit({ id: 'finding2', confidence: 0.3 })).toBe(id);
    for (let answers = 0; answers < 2; answers += 1) {
      await drive(on.engine, async () => (await open(id)).length > 0);
      for (const { approvalId, digest } of await open(id)) {
        const said = { approvalId, digest, confirm: 'checkout-webhook' };
        expect(await act(on.engine, id, 'approve', said, 'bob')).toMatchObject({ kind: 'done' });
      }
    }
    await untilLevel(on.engine, id, 'effective');
    expect(on.ground.world.state.functions.get(FUNCTION_ARN)?.reserved).toBe(0);
    expect((await view(id)).rung).toBe('isolate');
    // Its own writes are nobody's drift.
    expect((await view(id)).watches[0]?.drifts).toEqual([]);
  });

  test('that names the calls it saw has these denied too, and no others of their service', async () => {
    const calls = [
      { service: 's3.amazonaws.com', api: 'GetObject' },
      { service: 'unheard.amazonaws.com', api: 'Do' },
    ];
    const id = await on.engine.submit({ confidence: 0.3, calls });
    await untilLevel(on.engine, id, 'read_back');
    expect((await held(id)).sort()).toEqual(['iam.deny-apis', 'iam.deny-privilege']);
    const put = on.ground.world.journal.writes({ operation: 'PutRolePolicy' });
    const [role] = [...on.ground.world.state.roles.values()].filter(
      ({ name }) => name === 'checkout-webhook-role',
    );
    const denied = [...(role?.policies.current.inline ?? [])].find(([name]) => name.includes('-apis-'));
    expect(JSON.stringify(denied)).toContain('"Action":["s3:GetObject"]');
    expect(put).toHaveLength(2);
    const [accepted] = await readTimeline(on.engine.sql, id);
    expect(JSON.stringify(accepted?.body?.data)).toContain(
      'unheard.amazonaws.com Do: the service is not one',
    );
  });

  test('CONTROL: a source that is sure has no milder rung in front of isolation', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    expect(await held(id)).not.toContain('iam.deny-privilege');
  });
});
