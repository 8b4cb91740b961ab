import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, answer, approve, untilClosed, untilLevel } from '../../support/answers.ts';
import {
  drive,
  enrolmentText,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
  timelineKinds,
} from '../../support/engine.ts';

let ground: Ground;
let engine: TestEngine;

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

const containing = () => ground.world.journal.entries().filter((call) => call.write);
const approvals = async (id: string) => (await engine.cordon.views.incidentView(id))?.approvals ?? [];

describe('in mode observe', () => {
  test('a whole incident is decided, planned and recorded, and nothing is written', async () => {
    const before = ground.world.snapshot();
    engine = await startEngine(ground, { mode: 'observe' });
    const id = await engine.submit();
    await answer(engine, id, 'triage', { verdict: 'true_positive' });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);
    expect(containing()).toEqual([]);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
    const kinds = await timelineKinds(engine, id);
    expect(kinds.filter((kind) => kind === 'attempt.planned')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'attempt.refused')).toHaveLength(2);
  });

  test('the report says what it would have done, beside what people decided', async () => {
    engine = await startEngine(ground, { mode: 'observe', overrides: { exercise: false } });
    const report = async () =>
      engine.cordon.views.observed(new Date(engine.clock.now().getTime() - 24 * 3_600_000));
    const id = await engine.submit();
    await drive(engine, async () => (await report()).incidents[0]?.wouldHave.length === 2);
    const before = await report();
    expect(before.summary).toEqual({ incidents: 1, right: 0, wrong: 0, asked: 0, undecided: 1 });
    const [incident] = before.incidents;
    expect(incident?.wouldHave.map(({ action, rung, decision }) => [action, rung, decision])).toEqual(
      expect.arrayContaining([
        ['iam.quarantine-role', expect.any(String), 'run'],
        ['lambda.reserve-zero-concurrency', 'isolate', 'run'],
      ]),
    );
    for (const attempt of incident?.wouldHave ?? []) {
      expect(attempt.calls.length).toBeGreaterThan(0);
      expect(attempt.policies).not.toContain('observe-writes-nothing');
    }
    await answer(engine, id, 'triage', { verdict: 'needs_more_time' });
    expect((await report()).incidents[0]?.verdict).toBeNull();
    await answer(engine, id, 'triage', { verdict: 'false_positive' });
    expect((await report()).incidents).toMatchObject([
      { id, verdict: { verdict: 'false_positive', by: 'alice' }, judgement: 'wrong' },
    ]);
    const later = new Date(engine.clock.now().getTime() + 1);
    expect((await engine.cordon.views.observed(later)).incidents).toEqual([]);
    expect(containing()).toEqual([]);
  });

  test('is what one playbook or tier alone can ask for, and the timeline says so', async () => {
    const enrolment = parseEnrolment(
      `${enrolmentText('act')}\nplaybooks: { lambda-compromise: { mode: observe } }\n`,
      'enrolment.yaml',
    );
    engine = await startEngine(ground, { overrides: { enrolment } });
    const id = await engine.submit();
    await drive(engine, async () => (await timelineKinds(engine, id)).includes('attempt.refused'));
    await quiet(engine);
    expect(containing()).toEqual([]);
    const opened = (await readTimeline(engine.sql, id)).find(({ body }) => body?.kind === 'incident.opened');
    expect(opened?.body?.summary).toContain(
      'in mode observe (account 111122223333: act; playbook lambda-compromise: observe)',
    );
  });

  test('CONTROL: the same incident in mode act writes', async () => {
    engine = await startEngine(ground, { mode: 'act' });
    await engine.submit();
    await drive(engine, () => containing().length > 0);
  });
});

describe('in mode ask', () => {
  beforeEach(async () => {
    engine = await startEngine(ground, { mode: 'ask' });
  });

  test('nothing is written before an approver agrees to exactly that plan, and then it runs', async () => {
    const id = await engine.submit();
    await quiet(engine);
    expect(containing()).toEqual([]);
    const [first, ...others] = await approvals(id);
    if (first === undefined) throw new Error('nobody was asked');
    expect((await approvals(id)).map(({ status }) => status)).toEqual(['open', 'open']);
    // An approval of another plan, by somebody without the role, or twice, does not count.
    const approveAs = (digest: string, name: string) => approve(engine, id, { ...first, digest }, name);
    expect(await approveAs('0'.repeat(64), 'bob')).toMatchObject({ code: 'cordon_approval_plan_changed' });
    expect(await approveAs(first.digest, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    await quiet(engine);
    expect(containing()).toEqual([]);
    expect(await approveAs(first.digest, 'bob')).toMatchObject({ kind: 'done' });
    expect(await approveAs(first.digest, 'bob')).toMatchObject({ code: 'cordon_approval_settled' });
    for (const other of others) expect(await approve(engine, id, other)).toMatchObject({ kind: 'done' });
    await untilLevel(engine, id, 'effective');
    // The wider deny that comes last is a plan of its own, and asks for itself.
    const settled = (await approvals(id)).map((each) => each.status).filter((status) => status !== 'open');
    expect(settled).toEqual(['approved', 'approved']);
  });

  test('a denial stops that arm, tells why, and the incident goes on', async () => {
    const id = await engine.submit();
    await quiet(engine);
    for (const { approvalId, digest } of await approvals(id)) {
      await act(engine, id, 'deny', { approvalId, digest, reason: 'a drill of ours' }, 'bob');
    }
    await quiet(engine);
    expect(containing()).toEqual([]);
    expect((await approvals(id)).map((each) => [each.status, each.reason])).toEqual([
      ['denied', 'a drill of ours'],
      ['denied', 'a drill of ours'],
    ]);
    expect((await engine.state(id)).status).toBe('open');
  });

  test('silence takes the lower rung that the policy names, once, and release takes it back', async () => {
    const before = ground.world.snapshot();
    const id = await engine.submit();
    await drive(engine, async () => (await approvals(id)).every((each) => each.status === 'expired'));
    await quiet(engine);
    expect(containing().map(({ operation }) => operation)).toEqual(['PutFunctionConcurrency']);
    const view = await engine.cordon.views.incidentView(id);
    const held = view?.containment.filter(({ state }) => state === 'held') ?? [];
    expect(held.map(({ action, detail }) => [action, detail])).toEqual([
      ['lambda.cap-concurrency', 'Cap checkout-webhook at 5 at a time (was unset)'],
    ]);
    const fell = (await readTimeline(engine.sql, id)).filter(
      ({ body }) => body?.kind === 'approval.fell-back',
    );
    expect(fell[0]?.body?.summary).toMatch(
      /^Nobody decided on .* in time; cap-concurrency is taken instead$/,
    );
    await act(engine, id, 'release', { reason: 'a drill of ours' });
    await drive(engine, async () => diffSnapshots(before, ground.world.snapshot()).length === 0);
  });

  test('CONTROL: silence refuses where the source is not sure, as the policy says', async () => {
    const id = await engine.submit({ confidence: 0.6 });
    await drive(engine, async () => (await approvals(id)).every((each) => each.status === 'expired'));
    await quiet(engine);
    expect(containing()).toEqual([]);
    expect(await timelineKinds(engine, id)).not.toContain('approval.fell-back');
  });
});
