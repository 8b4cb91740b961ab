import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { expectationsOf } from '../../../src/evidence/expectations.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { readTimeline, timelineHead } from '../../../src/store/timeline.ts';
import { verifyChain } from '../../../src/timeline/verify.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive, quiet, timelineKinds } from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

// The deny of the function's own calls, the stop, and the deny of every session of its role.
const CONTAINING = ['PutFunctionConcurrency', 'PutRolePolicy', 'PutRolePolicy'];

const HOUR_MS = 3_600_000;

const on = engineForEachTest({ delivers: true, engine: () => ({ overrides: { disk: nodeDisk } }) });

const reserved = () => on.ground.world.state.functions.get(FUNCTION_ARN)?.reserved;
const writes = () =>
  on.ground.world.journal.writes({ principalArn: (arn) => String(arn).endsWith('user/cordon') });

describe('an alert about a function under attack', () => {
  test('becomes a contained, triaged, released and closed incident, with evidence and a timeline that verify and a postmortem', async () => {
    const before = on.ground.world.snapshot();
    const stolen = on.ground.world.attacker.stealCredentials('checkout-webhook');
    const read = { service: 'secretsmanager', action: 'GetSecretValue', resource: 'payments' };
    expect((await on.ground.world.attacker.callAs(stolen, read)).kind).toBe('ok');

    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    expect((await on.ground.world.attacker.callAs(stolen, read)).kind).toBe('denied');
    expect((await on.ground.world.attacker.invoke('checkout-webhook')).kind).toBe('throttled');

    await answer(on.engine, id, 'triage', { verdict: 'true_positive', severity: 1 });
    await answer(on.engine, id, 'recovery', { decision: 'release' });
    await untilClosed(on.engine, id);

    const entries = await readTimeline(on.ground.sql, id);
    expect(verifyChain(id, entries, await timelineHead(on.ground.sql, id))).toMatchObject({ kind: 'intact' });
    const report = await verifyCase(on.engine.cordon.evidenceFolder, id, expectationsOf(undefined, entries));
    expect(report).toMatchObject({ verified: true, findings: [] });
    expect(report.items).toBeGreaterThan(5);
    const postmortem = await readFile(`${on.ground.dataDir}/postmortems/${id}.md`, 'utf8');
    expect(postmortem).toContain('checkout');
    expect(`${JSON.stringify(entries)}${postmortem}`).not.toContain('not-for-anyones-eyes');

    const state = await on.engine.state(id);
    expect(state.status).toBe('closed');
    expect(state.record).toMatchObject({ severity: 1, lead: 'alice' });
    const open = [...state.holds.values()].filter((hold) => hold.closedAs !== 'released');
    expect(open.map((hold) => hold.action)).toEqual(['iam.revoke-sessions']);
    // The function runs again, what was stolen before does not, and in the end nothing of ours is left.
    expect((await on.ground.world.attacker.callAs(stolen, read)).kind).toBe('denied');
    expect((await on.ground.world.attacker.invoke('checkout-webhook')).kind).not.toBe('throttled');
    await untilNothingIsHeld(on.engine, id);
    expect(diffSnapshots(before, on.ground.world.snapshot())).toEqual([]);
  });

  test('is released at once when a person says that it is a false positive', async () => {
    const before = on.ground.world.snapshot();
    const id = await on.engine.submit();
    await answer(on.engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(on.engine, id);
    expect(diffSnapshots(before, on.ground.world.snapshot())).toEqual([]);
    expect(await timelineKinds(on.engine, id)).toContain('evidence.sealed');
  });

  test('pages the commander when nobody answers, and never releases by itself', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    const asked = async () =>
      (await timelineKinds(on.engine, id)).filter((kind) => kind === 'question.asked').length;
    // Two days of silence: the responder has 15 minutes, the commander is asked three times and then once a day.
    for (const [round, hours] of [0.25, 0.5, 0.5, 0.5, 24, 24].entries()) {
      expect(await asked()).toBe(round + 1);
      await on.restart({ awayMs: hours * HOUR_MS });
      await drive(on.engine, async () => (await asked()) > round + 1);
    }
    const state = await on.engine.state(id);
    expect(state.status).toBe('open');
    expect(state.record.levels[FUNCTION_ARN]).toBe('effective');
    expect(reserved()).toBe(0);
  });
});

describe('a finding that comes again', () => {
  test('joins its incident, at the same instant or later, when it brings news; nothing is contained twice', async () => {
    const ids = await Promise.all([
      on.engine.submit(),
      on.engine.submit({ id: 'finding2' }),
      on.engine.submit({ id: 'finding3' }),
    ]);
    const [id = ''] = ids;
    expect(new Set(ids).size).toBe(1);
    await untilLevel(on.engine, id, 'effective');
    const joined = async () =>
      (await timelineKinds(on.engine, id)).filter((kind) => kind === 'alert.joined').length;
    expect(await joined()).toBe(2);
    const made = writes().length;
    expect(await on.engine.submit({ revision: '2026-11-24T04:00:00.000Z' })).toBe(id);
    expect(await on.engine.submit({ id: 'finding4' })).toBe(id);
    await quiet(on.engine);
    expect(await joined()).toBe(4);
    // The same again brings nothing.
    expect(await on.engine.submit({ id: 'finding4' })).toBe(id);
    await quiet(on.engine);
    expect(await joined()).toBe(4);
    expect(writes()).toHaveLength(made);
    expect(
      writes()
        .map((call) => call.operation)
        .sort(),
    ).toEqual(CONTAINING);
  });

  test('opens a linked incident when a person kept the function contained, which can still be put back exactly', async () => {
    const before = on.ground.world.snapshot();
    const first = await on.engine.submit();
    await answer(on.engine, first, 'triage', { verdict: 'true_positive' });
    await answer(on.engine, first, 'recovery', { decision: 'keep' });
    await untilClosed(on.engine, first);
    expect((await on.engine.state(first)).holds.values().next().value).toMatchObject({
      status: 'open',
      handedOverTo: 'alice',
    });
    expect((await on.ground.world.attacker.invoke('checkout-webhook')).kind).toBe('throttled');

    const second = await on.engine.submit({ id: 'finding2' });
    expect(second).not.toBe(first);
    await answer(on.engine, second, 'triage', { verdict: 'true_positive' });
    await answer(on.engine, second, 'recovery', { decision: 'release' });
    await untilClosed(on.engine, second);
    // Once to 0, and once to the canary of the release: the second incident contains nothing again.
    expect(writes().filter((call) => call.operation === 'PutFunctionConcurrency')).toHaveLength(2);
    await untilNothingIsHeld(on.engine, second);
    expect(diffSnapshots(before, on.ground.world.snapshot())).toEqual([]);
  });
});

describe('a human act', () => {
  test('has one effect and one answer however often the same request comes', async () => {
    const id = await on.engine.submit();
    await quiet(on.engine);
    const note = () => act(on.engine, id, 'note', { text: 'seen at the edge' }, 'alice', 'same-key');
    const answers = await Promise.all([note(), note(), note()]);
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect((await timelineKinds(on.engine, id)).filter((kind) => kind === 'note.added')).toHaveLength(1);
  });

  test('counts where its person may, and a question is answered once', async () => {
    const id = await on.engine.submit();
    await quiet(on.engine);
    expect(await act(on.engine, id, 'release', { reason: 'please' }, 'eve')).toMatchObject({
      kind: 'refused',
      code: 'cordon_command_not_allowed',
    });
    expect(await timelineKinds(on.engine, id)).toContain('command.refused');
    // A person whom the enrolment file does not know.
    expect(await act(on.engine, id, 'note', { text: 'hello' }, 'mallory')).toMatchObject({
      code: 'cordon_responder_unknown',
    });
    const question = (await on.engine.cordon.views.incidentView(id))?.questions[0];
    const give = (name: string, verdict: string) =>
      act(on.engine, id, 'answer', { invocationId: question?.invocationId ?? '', answer: { verdict } }, name);
    expect(await give('alice', 'true_positive')).toMatchObject({ kind: 'done' });
    // The second answer is told whose the first was.
    const second = await give('alice', 'false_positive');
    expect(second).toMatchObject({ kind: 'refused', code: 'cordon_question_settled' });
  });
});
