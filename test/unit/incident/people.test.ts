import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { MAX_REMINDERS, REMIND_EVERY_MS } from '../../../src/incident/task.ts';
import type { JsonObject } from '../../../src/json.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import type { Ground, TestEngine } from '../../support/engine.ts';
import { enrolmentText, freshGround, pass, quiet, startEngine } from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

const CAROL = '  - { id: carol, name: Carol, cli: carol, roles: [scribe, commander] }\n';

let ground: Ground;
let engine: TestEngine;
let id: string;
let sent: { kind: string; params: JsonObject }[] = [];
let calls = 0;

beforeAll(async () => {
  ground = await freshGround();
  engine = await startEngine(ground, {
    deliver: async (row) => {
      sent.push({ kind: row.kind, params: row.params });
      return { kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } };
    },
    overrides: { enrolment: parseEnrolment(`${enrolmentText('act')}${CAROL}`, 'enrolment.yaml') },
  });
  id = await engine.submit();
  await quiet(engine);
});

afterEach(() => {
  sent = [];
});

afterAll(async () => {
  await engine.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

function act(command: string, input: JsonObject, name = 'alice', key = `people-test:${calls++}`) {
  return engine.cordon.execute({
    command,
    incident: id as never, // an id that submit returned
    identity: { kind: 'cli', name },
    input,
    idempotencyKey: key,
  });
}

const view = async () => {
  const seen = await engine.cordon.views.incidentView(id);
  if (seen === undefined) throw new Error('expected the incident');
  return seen;
};

// One incident, in order: the tests of this file build on one another.
describe('roles', () => {
  test('go to those whom the enrolment file lets have them', async () => {
    expect(await act('assign', { role: 'scribe', to: 'carol' })).toMatchObject({ kind: 'done' });
    expect(await act('assign', { role: 'scribe', to: 'bob' })).toMatchObject({
      kind: 'refused',
      code: 'cordon_responder_wrong_role',
    });
    expect(await act('assign', { role: 'scribe', to: 'Carol' })).toMatchObject({
      kind: 'refused',
      code: 'cordon_responder_unknown',
    });
    expect((await view()).roles).toEqual({ scribe: ['carol'] });
  });

  test('are given by those who run the incident', async () => {
    expect(await act('assign', { role: 'observer', to: 'me' }, 'bob')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
  });

  test('make the commander the one who leads', async () => {
    await act('assign', { role: 'commander', to: 'me' });
    expect((await view()).lead).toBe('alice');
  });
});

describe('a handoff', () => {
  test('gives the lead with a summary of where things stand', async () => {
    const result = await act('handoff', { to: 'carol', note: 'the token is rotated' });
    expect(result).toMatchObject({ kind: 'done', summary: expect.stringContaining('3 changes held') });
    expect(await view()).toMatchObject({ lead: 'carol', roles: { commander: ['carol'] } });
    await quiet(engine);
    expect(sent).toContainEqual({
      kind: 'announce',
      params: expect.objectContaining({ name: 'handoff', from: 'alice', to: 'carol' }),
    });
    const entry = (await readTimeline(engine.sql, id)).findLast(
      (each) => each.body?.kind === 'lead.handed-over',
    );
    expect(entry?.body?.data).toMatchObject({ summary: expect.arrayContaining(['Tasks: 0 open.']) });
  });

  test('goes to nobody who may not lead, and not to the one who leads', async () => {
    expect(await act('handoff', { to: 'bob' })).toMatchObject({ code: 'cordon_responder_wrong_role' });
    expect(await act('handoff', { to: 'carol' })).toMatchObject({ code: 'cordon_command_not_now' });
  });
});

describe('severity', () => {
  test('changes with a reason, once', async () => {
    expect(await act('severity', { severity: 1, reason: 'customers are hit' })).toMatchObject({
      kind: 'done',
    });
    expect(await act('severity', { severity: 1, reason: 'again' })).toMatchObject({
      code: 'cordon_command_not_now',
    });
    expect((await view()).severity).toBe(1);
  });
});

describe('a note', () => {
  test('says when it happened, which is not to come', async () => {
    const past = new Date(engine.clock.now().getTime() - 60_000).toISOString();
    expect(await act('note', { text: 'the pager rang', at: past })).toMatchObject({ kind: 'done' });
    const future = new Date(engine.clock.now().getTime() + 60_000).toISOString();
    expect(await act('note', { text: 'it will ring', at: future })).toMatchObject({
      code: 'cordon_command_bad_time',
    });
  });
});

describe('a call for help', () => {
  test('goes to a person or to everybody with a role', async () => {
    await act('escalate', { to: 'approver', reason: 'the plan waits' }, 'carol');
    await quiet(engine);
    expect(sent).toContainEqual({
      kind: 'announce',
      params: expect.objectContaining({ name: 'called', to: ['bob'], reason: 'the plan waits' }),
    });
    expect(await act('escalate', { to: 'bob', reason: 'x' }, 'eve')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
  });
});

describe('a task', () => {
  const reminders = () => sent.filter(({ kind }) => kind === 'task-due').map(({ params }) => params);

  test('reminds its owner when it is due, then who leads, and then stops', async () => {
    const due = new Date(engine.clock.now().getTime() + 10 * 60_000).toISOString();
    expect(await act('task-add', { text: 'rotate the key', owner: 'bob', due })).toMatchObject({
      kind: 'done',
      summary: expect.stringContaining('T1'),
    });
    await pass(engine, 9 * 60_000);
    expect(reminders()).toEqual([]);
    await pass(engine, 60_000 + (MAX_REMINDERS + 3) * REMIND_EVERY_MS);
    expect(reminders()).toEqual([
      { task: 'T1', to: 'bob', last: false },
      { task: 'T1', to: 'bob', last: false },
      { task: 'T1', to: 'bob', last: false },
      { task: 'T1', to: 'carol', last: true },
    ]);
    expect((await view()).tasks).toMatchObject([{ id: 'T1', remindAt: null, reminders: MAX_REMINDERS }]);
  });

  test('is snoozed by who owns it, and reminds after that', async () => {
    const at = (minutes: number) => new Date(engine.clock.now().getTime() + minutes * 60_000).toISOString();
    await act('task-add', { text: 'call the bank', owner: 'bob', due: at(10) });
    expect(await act('task-snooze', { task: 't2', until: at(60) }, 'bob')).toMatchObject({ kind: 'done' });
    expect(await act('task-snooze', { task: 'T2', until: at(-5) }, 'bob')).toMatchObject({
      code: 'cordon_command_bad_time',
    });
    await pass(engine, 50 * 60_000);
    expect(reminders()).toEqual([]);
    await pass(engine, 15 * 60_000);
    expect(reminders()).toEqual([{ task: 'T2', to: 'bob', last: false }]);
  });

  test('is quiet once it is done, and done once', async () => {
    expect(await act('task-done', { task: '2' }, 'bob')).toMatchObject({ kind: 'done' });
    expect(await act('task-done', { task: '2' }, 'bob')).toMatchObject({ code: 'cordon_task_settled' });
    expect(await act('task-done', { task: '9' }, 'bob')).toMatchObject({ code: 'cordon_task_not_found' });
    sent = [];
    await pass(engine, 2 * REMIND_EVERY_MS);
    expect(reminders()).toEqual([]);
  });

  test('is added once, however often the same request comes', async () => {
    await act('task-add', { text: 'once' }, 'alice', 'people-test:same-key');
    await act('task-add', { text: 'once' }, 'alice', 'people-test:same-key');
    expect((await view()).tasks).toHaveLength(3);
  });

  test('goes on to remind while the playbook is halted', async () => {
    const due = new Date(engine.clock.now().getTime() + 60_000).toISOString();
    await act('task-add', { text: 'mend the playbook', due });
    await engine.cordon.engine.advance.advance(id as never, (draft) => {
      draft.status = 'halted';
      draft.log('note.added', { kind: 'engine' }, 'halted by this test');
    });
    await pass(engine, 2 * 60_000);
    expect(reminders()).toEqual([{ task: 'T4', to: 'carol', last: false }]);
    await engine.cordon.engine.advance.advance(id as never, (draft) => {
      draft.status = 'open';
      draft.log('note.added', { kind: 'engine' }, 'resumed by this test');
    });
  });
});

describe('a false positive', () => {
  test('answers the open triage question, once', async () => {
    expect(await act('false-positive', { reason: 'our own scanner' }, 'bob')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    expect(await act('false-positive', { reason: 'our own scanner' })).toMatchObject({ kind: 'done' });
    expect(await act('false-positive', { reason: 'again' })).toMatchObject({
      code: 'cordon_command_not_now',
    });
    expect((await view()).questions).toContainEqual(
      expect.objectContaining({
        status: 'answered',
        answer: { verdict: 'false_positive', note: 'our own scanner' },
      }),
    );
  });
});

describe('a declaration', () => {
  const declare = (name: string, more: JsonObject = {}) =>
    engine.cordon.declare({
      identity: { kind: 'cli', name },
      input: { functionArn: `${FUNCTION_ARN}-2`, severity: 2, reason: 'it talks to a miner', ...more },
      idempotencyKey: 'people-test:declared',
    });

  test('opens an incident, the same one again for the same request', async () => {
    const first = await declare('alice');
    expect(first).toMatchObject({ kind: 'declared', outcome: 'opened' });
    expect(await declare('alice')).toEqual({ ...first, outcome: 'duplicate' });
  });

  test('is refused to those who may not, and for what is no function', async () => {
    expect(await declare('eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    expect(await declare('nobody')).toMatchObject({ code: 'cordon_responder_unknown' });
    expect(await declare('alice', { functionArn: 'arn:aws:s3:::bucket' })).toMatchObject({
      code: 'cordon_command_bad_input',
    });
    expect(await declare('alice', { severity: 4 })).toMatchObject({ code: 'cordon_command_bad_input' });
    expect(
      await declare('alice', { functionArn: 'arn:aws:lambda:eu-central-1:999988887777:function:x' }),
    ).toMatchObject({ code: 'cordon_command_not_allowed' });
  });
});
