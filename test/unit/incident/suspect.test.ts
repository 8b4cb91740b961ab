import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import type { SlackDouble } from '../../../src/simulation/slack-double/double.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, viewOf } from '../../support/answers.ts';
import {
  drive,
  enrolmentText,
  freshGround,
  type Ground,
  quiet,
  START,
  startEngine,
  type TestEngine,
  timelineKinds,
} from '../../support/engine.ts';
import { peopleOn, slackDouble } from '../../support/slack.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, ROLE_ARN } from '../../support/world.ts';

const PRINCIPAL = `arn:aws:iam::${ACCOUNT}:user/bob`;

let ground: Ground;
let engine: TestEngine;
let slack: SlackDouble;

beforeEach(async () => {
  ground = await freshGround();
  slack = slackDouble(ground.clock);
  const text = enrolmentText('ask').replace('cli: bob,', `cli: bob, principals: ['${PRINCIPAL}'],`);
  engine = await startEngine(ground, {
    overrides: {
      enrolment: parseEnrolment(text, 'enrolment.yaml'),
      people: peopleOn({ sql: ground.sql, clock: ground.clock, fetch: slack.fetch }),
    },
  });
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

/** What the inventory saw before the alert: who changed the function last. */
async function changedBy(principal: string): Promise<void> {
  await ground.sql.query('insert into cordon.inventory (account, region) values ($1, $2)', [ACCOUNT, REGION]);
  await ground.sql.query(
    `insert into cordon.inventory_function (function_arn, account, region, roles, shared_with, taken_at, changed_by, changed_at)
     values ($1, $2, $3, $4, 0, $5, $6, $5)`,
    [FUNCTION_ARN, ACCOUNT, REGION, [ROLE_ARN], START.toISOString(), principal],
  );
}

const view = (id: string) => viewOf(engine, id);

const plan = async (id: string) => {
  const [asked] = (await view(id)).approvals.filter(({ status }) => status === 'open');
  return {
    approvalId: asked?.approvalId ?? '',
    digest: asked?.digest ?? '',
    confirm: asked?.confirm ?? '',
  };
};

const channel = () => slack.people.channels().find(({ name }) => name.includes('inc-1'));

describe('a responder whose own identity changed the function', () => {
  test('is asked apart, kept out of the channel and of approvals, and what they say is a claim', async () => {
    await changedBy(PRINCIPAL);
    const id = await engine.submit();
    await drive(engine, () => slack.people.channels().some(({ name }) => name.startsWith('dm-')));
    expect((await view(id)).suspects).toEqual([{ responder: 'bob', principal: PRINCIPAL, claim: null }]);
    expect(channel()?.members.has('U0ALICE000')).toBe(true);
    expect(channel()?.members.has('U0BOB00000')).toBe(false);

    expect(await act(engine, id, 'approve', await plan(id), 'bob')).toMatchObject({
      code: 'cordon_responder_suspect',
    });
    expect(await act(engine, id, 'clear', { to: 'me', reason: 'me' }, 'bob')).toMatchObject({
      kind: 'refused',
    });
    expect(await act(engine, id, 'claim', { answer: 'mine' }, 'bob')).toMatchObject({ kind: 'done' });
    expect(await act(engine, id, 'claim', { answer: 'mine' }, 'alice')).toMatchObject({
      code: 'cordon_command_not_now',
    });
    expect(await timelineKinds(engine, id)).toEqual(
      expect.arrayContaining(['identity.asked', 'identity.claimed']),
    );
    // No verdict: the question is as open as before, and bob approves as little.
    expect((await view(id)).questions.map(({ status }) => status)).toEqual(['open']);
    expect(await act(engine, id, 'approve', await plan(id), 'bob')).toMatchObject({
      code: 'cordon_responder_suspect',
    });

    expect(await act(engine, id, 'clear', { to: 'bob', reason: 'he sits beside me' })).toMatchObject({
      kind: 'done',
    });
    await drive(engine, () => channel()?.members.has('U0BOB00000') ?? false);
    expect(await act(engine, id, 'approve', await plan(id), 'bob')).toMatchObject({ kind: 'done' });
    const cleared = (await readTimeline(ground.sql, id)).find(
      (each) => each.body?.kind === 'suspect.cleared',
    );
    expect(cleared?.body).toMatchObject({ actor: { id: 'alice' }, data: { responder: 'bob' } });
  });

  test('is nobody where somebody else changed it (control)', async () => {
    await changedBy(`arn:aws:iam::${ACCOUNT}:user/deploy`);
    const id = await engine.submit();
    await drive(engine, () => channel()?.members.has('U0BOB00000') ?? false);
    await quiet(engine);
    expect((await view(id)).suspects).toEqual([]);
    expect(await act(engine, id, 'approve', await plan(id), 'bob')).toMatchObject({ kind: 'done' });
  });
});
