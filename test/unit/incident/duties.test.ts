import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import type { JsonObject } from '../../../src/json.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { viewOf } from '../../support/answers.ts';
import type { Ground, TestEngine } from '../../support/engine.ts';
import { drive, enrolmentText, freshGround, quiet, START, startEngine } from '../../support/engine.ts';

const enrolment = (mode: string) => `${enrolmentText(mode)}
  - { id: carol, name: Carol, slack: U0CAROL000, cli: carol, roles: [communications, scribe] }
notifications:
  - { id: gdpr-72h, title: Tell the supervisory authority, why: GDPR article 33, hours: 72, owner: carol }
  - { id: bank, title: Tell the bank, hours: 24, from: confirmed, remindHours: [2] }
  - { id: elsewhere, title: Tell another customer, hours: 1, accounts: ['999988887777'] }
  - { id: grave, title: Tell the board, hours: 400, severity: 1 }
postmortem: { privilege: Prepared for counsel }
`;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let ground: Ground;
let engine: TestEngine;
let id: string;
let sent: { kind: string; params: JsonObject }[] = [];
let calls = 0;
let starts = 0;

async function begin(mode = 'act'): Promise<void> {
  ground = await freshGround();
  engine = await startAgain(mode);
  id = await engine.submit();
  await quiet(engine);
}

/** An engine on the same ground: the first, or the one after an outage. */
function startAgain(mode = 'observe'): Promise<TestEngine> {
  starts += 1;
  return startEngine(ground, {
    seed: `duties-${starts}`,
    deliver: async (row) => {
      sent.push({ kind: row.kind, params: row.params });
      return { kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } };
    },
    // A gate and a pager are of real incidents: the account is the simulated one all the same.
    overrides: {
      enrolment: parseEnrolment(enrolment(mode), 'enrolment.yaml'),
      exercise: false,
      pages: () => async (row) => {
        sent.push({ kind: row.kind, params: row.params });
        return { kind: 'sent', result: { channel: 'pager', ts: null, notes: [] } };
      },
    },
  });
}

async function end(): Promise<void> {
  await engine.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
}

function act(command: string, input: JsonObject, name = 'alice') {
  calls += 1;
  return engine.cordon.execute({
    command,
    incident: id as never, // an id that submit returned
    identity: { kind: 'cli', name },
    input,
    idempotencyKey: `duties-test:${calls}`,
  });
}

const view = () => viewOf(engine, id);

const duty = async (name: string) => (await view()).duties.find((each) => each.id === name);
const reminders = () => sent.filter(({ kind }) => kind === 'duty').map(({ params }) => params);
const since = (ms: number) => new Date(START.getTime() + ms).toISOString();

/** Lets time pass until `ms` after the beginning, waking whatever is due on the way. */
async function until(ms: number): Promise<void> {
  let over = false;
  void engine.clock.sleep(START.getTime() + ms - engine.clock.now().getTime()).then(() => {
    over = true;
  });
  for (await quiet(engine); !over; await quiet(engine)) engine.clock.advanceToNext();
}

async function answered(form: string, answer: JsonObject): Promise<void> {
  await drive(engine, async () =>
    (await view()).questions.some((one) => one.status === 'open' && one.form === form),
  );
  const open = (await view()).questions.find((one) => one.status === 'open' && one.form === form);
  expect(await act('answer', { invocationId: open?.invocationId ?? '', answer })).toMatchObject({
    kind: 'done',
  });
}

// One incident, in order: the tests of this block build on one another.
describe('a clock of the law', () => {
  // Nothing is contained, so nothing is watched for days: only people are reminded.
  beforeAll(() => begin('observe'));
  afterEach(() => {
    sent = [];
  });
  afterAll(end);

  test('runs from the opening, for those incidents that it is about', async () => {
    expect((await view()).duties).toMatchObject([
      {
        id: 'gdpr-72h',
        owner: 'carol',
        why: 'GDPR article 33',
        startedAt: since(0),
        dueAt: since(72 * HOUR),
        settled: null,
      },
    ]);
    await act('severity', { severity: 1, reason: 'customers are hit' });
    expect(await duty('grave')).toMatchObject({ startedAt: since(0), owner: null });
  });

  test('runs from the verdict where a contract says so', async () => {
    expect(await duty('bank')).toBeUndefined();
    await until(60_000);
    await answered('triage', { verdict: 'true_positive' });
    const bank = await duty('bank');
    expect(Date.parse(bank?.dueAt ?? '') - Date.parse(bank?.startedAt ?? '')).toBe(DAY);
    expect(Date.parse(bank?.startedAt ?? '')).toBeGreaterThanOrEqual(START.getTime() + 60_000);
  });

  test('belongs to whom it is given', async () => {
    expect(await act('duty-assign', { duty: 'BANK', to: 'nobody' })).toMatchObject({
      code: 'cordon_responder_unknown',
    });
    expect(await act('duty-assign', { duty: 'bank', to: 'alice' })).toMatchObject({ kind: 'done' });
    expect(await duty('bank')).toMatchObject({ owner: 'alice' });
    expect(await act('duty-assign', { duty: 'nothing', to: 'alice' })).toMatchObject({
      code: 'cordon_duty_not_found',
    });
  });

  test('reminds its owner before it is due, and not before that', async () => {
    await until(20 * HOUR);
    expect(reminders()).toEqual([]);
    await until(23 * HOUR);
    expect(reminders()).toEqual([{ duty: 'bank', to: 'alice', last: false }]);
  });

  test('is settled by who speaks for the company, with when they were told', async () => {
    const told = { duty: 'bank', reason: 'by their form, reference 7' };
    expect(await act('duty-told', told, 'bob')).toMatchObject({ code: 'cordon_command_not_allowed' });
    const future = new Date(engine.clock.now().getTime() + HOUR).toISOString();
    expect(await act('duty-told', { ...told, at: future })).toMatchObject({
      code: 'cordon_command_bad_time',
    });
    const past = new Date(engine.clock.now().getTime() - HOUR).toISOString();
    expect(await act('duty-told', { ...told, at: past }, 'carol')).toMatchObject({ kind: 'done' });
    expect(await duty('bank')).toMatchObject({
      settled: { as: 'told', by: 'carol', at: past },
      remindAt: [],
    });
    expect(await act('duty-told', told)).toMatchObject({ code: 'cordon_duty_settled' });
    expect(await act('duty-done', { duty: 'grave', reason: 'x' })).toMatchObject({
      code: 'cordon_duty_wrong_kind',
    });
    await until(26 * HOUR);
    expect(reminders()).toEqual([]);
  });

  test('is waived by a commander, and by nobody else', async () => {
    expect(await act('duty-waive', { duty: 'grave', reason: 'x' }, 'carol')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    expect(await act('duty-waive', { duty: 'grave', reason: 'no data of theirs' })).toMatchObject({
      kind: 'done',
    });
    expect(await duty('grave')).toMatchObject({ settled: { as: 'not-required', by: 'alice' } });
  });

  test('can be put off by its owner, which moves no deadline', async () => {
    const later = since(50 * HOUR);
    expect(await act('duty-snooze', { duty: 'gdpr-72h', until: later }, 'bob')).toMatchObject({
      code: 'cordon_responder_wrong_role',
    });
    expect(await act('duty-snooze', { duty: 'gdpr-72h', until: later }, 'carol')).toMatchObject({
      kind: 'done',
    });
    await until(49.5 * HOUR);
    expect(reminders()).toEqual([]);
    await until(50.5 * HOUR);
    expect(reminders()).toEqual([{ duty: 'gdpr-72h', to: 'carol', last: false }]);
    expect(await duty('gdpr-72h')).toMatchObject({ dueAt: since(72 * HOUR) });
  });

  test('pages its owner once when its time is up, reminds for three days, and then is quiet but never gone', async () => {
    await until(71.5 * HOUR);
    expect(reminders()).toHaveLength(2); // 4 h and 1 h before
    sent = [];
    await until(72 * HOUR + 5 * DAY);
    expect(reminders()).toEqual([
      { duty: 'gdpr-72h', to: 'carol', last: false },
      { duty: 'gdpr-72h', to: 'carol', last: false },
      { duty: 'gdpr-72h', to: 'carol', last: false },
      { duty: 'gdpr-72h', to: 'carol', last: true },
    ]);
    const pages = sent.filter(
      ({ kind, params }) => kind === 'page' && String(params.reason).includes('was due'),
    );
    expect(pages).toMatchObject([{ params: { to: ['carol'], event: 'trigger' } }]);
    expect(await duty('gdpr-72h')).toMatchObject({ settled: null });
  });
});

describe('a false alarm', () => {
  beforeAll(() => begin());
  afterAll(end);

  test('ends the clocks in the name of whoever judged it, and needs no postmortem', async () => {
    await act('false-positive', { reason: 'our own scanner' });
    expect(await duty('gdpr-72h')).toMatchObject({ settled: { as: 'false-alarm', by: 'alice' } });
    await drive(engine, async () => (await view()).status !== 'open');
    expect((await view()).status).toBe('closed');
  });
});

// One incident, in order, as above.
describe('the closing gate of a grave incident', () => {
  beforeAll(() => begin());
  afterAll(end);

  test('leaves it in review when its response is over', async () => {
    await answered('triage', { verdict: 'true_positive' });
    await answered('recovery', { decision: 'release' });
    await drive(engine, async () => (await view()).status !== 'open');
    expect((await view()).status).toBe('in-review');
    expect(await engine.cordon.views.openIncidents()).toMatchObject([{ id, status: 'in-review' }]);
    expect(await duty('postmortem')).toMatchObject({ kind: 'postmortem', owner: null, settled: null });
  });

  test('refuses to close it, to review what is not written, and a waiver by anybody but a commander', async () => {
    expect(await act('close', { reason: 'done' })).toMatchObject({ code: 'cordon_postmortem_open' });
    const review = await act('postmortem-review', { note: 'fine' }, 'bob');
    expect(review).toMatchObject({
      code: 'cordon_postmortem_not_ready',
      message: expect.stringContaining('"impact"'),
    });
    expect(await act('duty-waive', { duty: 'postmortem', reason: 'x' }, 'bob')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    expect((await view()).status).toBe('in-review');
  });

  test('takes the sections as they are written, none over another’s', async () => {
    expect(
      await act('postmortem-write', { section: 'impact', text: 'One customer.', base: 0 }),
    ).toMatchObject({
      kind: 'done',
    });
    expect(
      await act('postmortem-write', { section: 'impact', text: 'Two.', base: 0 }, 'carol'),
    ).toMatchObject({
      code: 'cordon_postmortem_changed',
    });
    expect(
      await act('postmortem-write', { section: 'impact', text: '<!-- cordon:end human-impact -->' }),
    ).toMatchObject({ code: 'cordon_postmortem_bad_text' });
    expect(await act('postmortem-write', { section: 'impact', text: 'x' }, 'eve')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    const rest: Readonly<Record<string, string>> = {
      document:
        '| Document | Value |\n| --- | --- |\n| Owner | alice |\n| Authors | alice |\n| Privilege marking | Prepared for counsel |',
      exposure: 'One secret.',
      detection: 'By the rule.',
      'contributing-factors': 'The deploy role could write layers.',
      'well-and-badly': 'Containment took seconds.',
      'open-questions': 'None.',
    };
    for (const [section, text] of Object.entries(rest)) {
      expect(await act('postmortem-write', { section, text })).toMatchObject({ kind: 'done' });
    }
  });

  test('follows the action items until they are done', async () => {
    const table = (...rows: readonly string[]) =>
      [
        '| Action | Type | Owner | Due | Priority | Tracker | Verified by |',
        '| - | - | - | - | - | - | - |',
        ...rows,
      ].join('\n');
    const first = '| Narrow the role | prevent | carol | 2026-12-20 | high |  | the policy names one table |';
    const second = '| Alert on layers | detect | bob | 2026-12-31 | low |  | a planted layer alerts |';
    expect(
      await act('postmortem-write', { section: 'action-items', text: table(first, second) }),
    ).toMatchObject({
      kind: 'done',
      summary: expect.stringContaining('2 with a due day'),
    });
    expect(await duty('A1')).toMatchObject({
      kind: 'action',
      owner: 'carol',
      why: 'the policy names one table',
    });
    // Changed words of one, and the other taken out.
    await act('postmortem-write', { section: 'action-items', text: table(first.replace('carol', 'bob')) });
    expect(await duty('A1')).toMatchObject({ owner: 'bob', settled: null });
    expect(await duty('A2')).toMatchObject({ settled: { as: 'dropped', by: 'alice' } });
    sent = [];
    await until(8 * DAY);
    expect(reminders().filter(({ duty: name }) => name === 'A1')).toHaveLength(1);
    expect(await act('duty-done', { duty: 'a1', reason: 'seen in the console' }, 'carol')).toMatchObject({
      kind: 'done',
    });
    expect(await duty('A1')).toMatchObject({ settled: { as: 'done', by: 'carol' } });
  });

  test('closes it when somebody other than the owner has reviewed what the lint lets pass', async () => {
    await act('duty-waive', { duty: 'gdpr-72h', reason: 'no personal data' });
    const undecided = await act('postmortem-review', { note: 'fine' }, 'bob');
    expect(undecided).toMatchObject({ message: expect.stringContaining('nobody decided about `bank`') });
    await act('duty-waive', { duty: 'bank', reason: 'not one of theirs' });
    await act('duty-assign', { duty: 'postmortem', to: 'alice' });
    expect(await act('postmortem-review', { note: 'fine' })).toMatchObject({ code: 'cordon_review_own' });
    expect(await act('postmortem-review', { note: 'fine' }, 'carol')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    expect(await act('postmortem-review', { note: 'clear and complete' }, 'bob')).toEqual({
      kind: 'done',
      summary: 'the postmortem is reviewed; the incident is closed',
    });
    expect((await view()).status).toBe('closed');
    expect(await act('postmortem-review', { note: 'again' }, 'bob')).toMatchObject({
      code: 'cordon_duty_settled',
    });
    expect(await act('close', { reason: 'again' })).toMatchObject({ code: 'cordon_command_not_now' });
    const kinds = (await readTimeline(engine.sql, id)).map((entry) => entry.body?.kind);
    expect(kinds.filter((kind) => kind === 'postmortem.reviewed')).toHaveLength(1);
  });
});

describe('a waiver of the closing gate', () => {
  beforeAll(() => begin());
  afterAll(end);

  test('closes the incident in the name of a commander, with the reason', async () => {
    await answered('triage', { verdict: 'true_positive' });
    await answered('recovery', { decision: 'release' });
    await drive(engine, async () => (await view()).status !== 'open');
    // Meanwhile its function is free: a new finding is a new incident, and is contained.
    expect(await engine.submit({ id: 'finding2' })).not.toBe(id);
    expect(await act('duty-waive', { duty: 'postmortem', reason: 'the same as INC-7' })).toMatchObject({
      kind: 'done',
    });
    expect(await view()).toMatchObject({ status: 'closed' });
    expect(await duty('postmortem')).toMatchObject({
      settled: { as: 'waived', by: 'alice', reason: 'the same as INC-7' },
    });
  });
});

describe('reminders that were due while nothing ran', () => {
  beforeAll(() => begin('observe'));
  afterAll(end);

  test('are said once, together, with one call, when somebody runs again three days later', async () => {
    await until(60_000);
    await answered('triage', { verdict: 'true_positive' });
    const owed = (await view()).duties.map((each) => each.id);
    expect(owed).toEqual(expect.arrayContaining(['gdpr-72h', 'bank']));
    const planned = (await engine.state(id)).record.duties?.flatMap((each) => each.remindAt) ?? [];
    await engine.stop();

    sent = [];
    // Nobody is there to fire a timer: time goes by all the same.
    void ground.clock.sleep(3 * DAY + HOUR);
    const back = ground.clock.now().getTime() + 3 * DAY + HOUR;
    while (ground.clock.now().getTime() < back && ground.clock.advanceToNext());
    engine = await startAgain();
    await until(engine.clock.now().getTime() - START.getTime() + HOUR);
    const missed = planned.filter((instant) => instant <= since(3 * DAY + 2 * HOUR)).length;
    expect(missed).toBeGreaterThan(3);
    expect(reminders()).toMatchObject([
      { missed: { duties: [{ duty: 'bank' }, { duty: 'gdpr-72h', to: 'carol' }] } },
    ]);
    const called = sent.filter(
      ({ kind, params }) => kind === 'page' && String(params.reason).includes('was due'),
    );
    expect(called).toHaveLength(1);
    expect(String(called[0]?.params.reason)).toMatch(/Tell the bank was due .*; Tell the supervisory/);
    const told = (await readTimeline(engine.sql, id)).filter(({ body }) => body?.kind === 'duty.reminded');
    expect(told.map(({ body }) => body?.summary)).toEqual([
      expect.stringMatching(/bank.* missed while nothing ran/),
      expect.stringMatching(/gdpr-72h.* missed while nothing ran/),
    ]);
  });

  test('and what is due from then on comes by itself again (control)', async () => {
    sent = [];
    await until(4 * DAY + 2 * HOUR);
    expect(reminders().length).toBeGreaterThan(0);
    for (const each of reminders()) expect(each).not.toHaveProperty('missed');
  });
});
