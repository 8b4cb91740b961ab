import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { expectationsOf } from '../../../src/evidence/expectations.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { readTimeline, timelineHead } from '../../../src/store/timeline.ts';
import { verifyChain } from '../../../src/timeline/verify.ts';
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
import { FUNCTION_ARN } from '../../support/world.ts';

// The deny of the function's own calls, the stop, and the deny of every session of its role.
const CONTAINING = ['PutFunctionConcurrency', 'PutRolePolicy', 'PutRolePolicy'];

let ground: Ground;
let engine: TestEngine;

beforeEach(async () => {
  ground = await freshGround();
  engine = await startEngine(ground);
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

const writes = () =>
  ground.world.journal.writes({ principalArn: (arn) => String(arn).endsWith('user/cordon') });

describe('an alert about a function under attack', () => {
  test('becomes a contained, evidenced, triaged, released and closed incident', async () => {
    const before = ground.world.snapshot();
    const stolen = ground.world.attacker.stealCredentials('checkout-webhook');
    const read = { service: 'secretsmanager', action: 'GetSecretValue', resource: 'payments' };
    expect((await ground.world.attacker.callAs(stolen, read)).kind).toBe('ok');

    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    expect((await ground.world.attacker.callAs(stolen, read)).kind).toBe('denied');
    expect((await ground.world.attacker.invoke('checkout-webhook')).kind).toBe('throttled');

    await answer(engine, id, 'triage', { verdict: 'true_positive', severity: 1 });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);

    const state = await engine.state(id);
    expect(state.status).toBe('closed');
    expect(state.record).toMatchObject({ severity: 1, lead: 'alice' });
    const open = [...state.holds.values()].filter((hold) => hold.closedAs !== 'released');
    expect(open.map((hold) => hold.action)).toEqual(['iam.revoke-sessions']);
    // The function runs again, what was stolen before does not, and in the end nothing of ours is left.
    expect((await ground.world.attacker.callAs(stolen, read)).kind).toBe('denied');
    expect((await ground.world.attacker.invoke('checkout-webhook')).kind).not.toBe('throttled');
    await untilNothingIsHeld(engine, id);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
  });

  test('leaves evidence and a timeline that verify, and a postmortem', async () => {
    const id = await engine.submit();
    await answer(engine, id, 'triage', { verdict: 'true_positive' });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);

    const entries = await readTimeline(ground.sql, id);
    expect(verifyChain(id, entries, await timelineHead(ground.sql, id))).toMatchObject({ kind: 'intact' });
    const report = await verifyCase(engine.cordon.evidenceFolder, id, expectationsOf(undefined, entries));
    expect(report).toMatchObject({ verified: true, findings: [] });
    expect(report.items).toBeGreaterThan(5);
    const postmortem = await readFile(`${ground.dataDir}/postmortems/${id}.md`, 'utf8');
    expect(postmortem).toContain('checkout');
    expect(`${JSON.stringify(entries)}${postmortem}`).not.toContain('not-for-anyones-eyes');
  });

  test('is released at once when a person says that it is a false positive', async () => {
    const before = ground.world.snapshot();
    const id = await engine.submit();
    await answer(engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, id);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
    expect(await timelineKinds(engine, id)).toContain('evidence.sealed');
  });

  test('stays contained, with an owner, when a person keeps it', async () => {
    const id = await engine.submit();
    await answer(engine, id, 'triage', { verdict: 'true_positive' });
    await answer(engine, id, 'recovery', { decision: 'keep' });
    await untilClosed(engine, id);
    expect((await engine.state(id)).holds.values().next().value).toMatchObject({
      status: 'open',
      handedOverTo: 'alice',
    });
    expect((await ground.world.attacker.invoke('checkout-webhook')).kind).toBe('throttled');
  });

  test('pages the commander when nobody answers, and never releases by itself', async () => {
    const id = await engine.submit();
    await drive(engine, () => ground.clock.monotonicMs() > 2 * 86_400_000);
    const state = await engine.state(id);
    expect(state.status).toBe('open');
    expect(state.record.levels[FUNCTION_ARN]).toBe('effective');
    const entries = await readTimeline(ground.sql, id);
    expect(entries.filter((entry) => entry.body?.kind === 'question.asked').length).toBeGreaterThan(3);
  });
});

describe('a finding that comes again', () => {
  test('is a duplicate when nothing in it is new', async () => {
    const id = await engine.submit();
    await quiet(engine);
    expect(await engine.submit()).toBe(id);
    expect(await timelineKinds(engine, id)).not.toContain('alert.joined');
  });

  test('joins its incident when it brings news, and contains nothing twice', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    const made = writes().length;
    expect(await engine.submit({ revision: '2026-11-24T04:00:00.000Z' })).toBe(id);
    expect(await engine.submit({ id: 'finding2' })).toBe(id);
    await quiet(engine);
    expect((await timelineKinds(engine, id)).filter((kind) => kind === 'alert.joined')).toHaveLength(2);
    expect(writes()).toHaveLength(made);
    expect(
      writes()
        .map((call) => call.operation)
        .sort(),
    ).toEqual(CONTAINING);
  });

  test('opens one incident when two about one function come at the same instant', async () => {
    const ids = await Promise.all([
      engine.submit(),
      engine.submit({ id: 'finding2' }),
      engine.submit({ id: 'finding3' }),
    ]);
    expect(new Set(ids).size).toBe(1);
    await untilLevel(engine, ids[0] ?? '', 'effective');
    expect(
      writes()
        .map((call) => call.operation)
        .sort(),
    ).toEqual(CONTAINING);
  });

  test('opens a linked incident when the function was left contained, which can still be put back exactly', async () => {
    const before = ground.world.snapshot();
    const first = await engine.submit();
    await answer(engine, first, 'triage', { verdict: 'true_positive' });
    await answer(engine, first, 'recovery', { decision: 'keep' });
    await untilClosed(engine, first);

    const second = await engine.submit({ id: 'finding2' });
    expect(second).not.toBe(first);
    await answer(engine, second, 'triage', { verdict: 'true_positive' });
    await answer(engine, second, 'recovery', { decision: 'release' });
    await untilClosed(engine, second);
    // Once to 0, and once to the canary of the release: the second incident contains nothing again.
    expect(writes().filter((call) => call.operation === 'PutFunctionConcurrency')).toHaveLength(2);
    await untilNothingIsHeld(engine, second);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
  });
});

describe('a human act', () => {
  test('has one effect and one answer however often the same request comes', async () => {
    const id = await engine.submit();
    await quiet(engine);
    const note = () => act(engine, id, 'note', { text: 'seen at the edge' }, 'alice', 'same-key');
    const answers = await Promise.all([note(), note(), note()]);
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect((await timelineKinds(engine, id)).filter((kind) => kind === 'note.added')).toHaveLength(1);
  });

  test('is refused, and recorded, for a person without the role', async () => {
    const id = await engine.submit();
    await quiet(engine);
    expect(await act(engine, id, 'release', { reason: 'please' }, 'eve')).toMatchObject({
      kind: 'refused',
      code: 'cordon_command_not_allowed',
    });
    expect(await timelineKinds(engine, id)).toContain('command.refused');
  });

  test('is refused for a person whom the enrolment file does not know', async () => {
    const id = await engine.submit();
    expect(await act(engine, id, 'note', { text: 'hello' }, 'mallory')).toMatchObject({
      code: 'cordon_responder_unknown',
    });
  });

  test('answers a question once: the second answer is told whose the first was', async () => {
    const id = await engine.submit();
    await quiet(engine);
    const question = (await engine.cordon.views.incidentView(id))?.questions[0];
    const give = (name: string, verdict: string) =>
      act(engine, id, 'answer', { invocationId: question?.invocationId ?? '', answer: { verdict } }, name);
    expect(await give('alice', 'true_positive')).toMatchObject({ kind: 'done' });
    const second = await give('alice', 'false_positive');
    expect(second).toMatchObject({ kind: 'refused', code: 'cordon_question_settled' });
  });
});
