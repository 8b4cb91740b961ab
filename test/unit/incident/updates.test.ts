import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACTIONS } from '../../../src/action/catalogue.ts';
import { emptyEnrolment, parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { createViews } from '../../../src/incident/view.ts';
import type { JsonObject } from '../../../src/json.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import type { Ground, TestEngine } from '../../support/engine.ts';
import { enrolmentText, freshGround, quiet, startEngine } from '../../support/engine.ts';

const ENROLMENT = `${enrolmentText('act')}
  - { id: carol, name: Carol, cli: carol, roles: [communications, approver] }
stakeholders:
  - { id: status, title: Internal status, slack: C0STATUS00, audience: internal }
  - { id: shops, title: Shop owners, slack: C0SHOPS000, audience: customers }
`;
const WORDS = { template: 'contained', text: 'Checkout answers 429 until noon.' };

let ground: Ground;
let engine: TestEngine;
let id: string;
const sent: { kind: string; params: JsonObject }[] = [];
let calls = 0;

beforeAll(async () => {
  ground = await freshGround();
  engine = await startEngine(ground, {
    deliver: async (row) => {
      sent.push({ kind: row.kind, params: row.params });
      return { kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } };
    },
    overrides: { enrolment: parseEnrolment(ENROLMENT, 'enrolment.yaml') },
  });
  id = await engine.submit();
  await quiet(engine);
});

afterAll(async () => {
  await engine.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

function act(command: string, input: JsonObject, name = 'alice', key = `updates-test:${calls++}`) {
  return engine.cordon.execute({
    command,
    incident: id as never, // an id that submit returned
    identity: { kind: 'cli', name },
    input,
    idempotencyKey: key,
  });
}

async function told(): Promise<readonly JsonObject[]> {
  await quiet(engine);
  return sent.filter(({ kind }) => kind === 'update').map(({ params }) => params);
}

const updates = async () => (await engine.cordon.views.incidentView(id))?.updates ?? [];

test('an exercise is shown in the mode that it is run in, whatever is enrolled where it is looked at', async () => {
  const elsewhere = createViews({
    clock: engine.clock,
    sql: ground.sql,
    enrolment: emptyEnrolment(),
    catalogue: ACTIONS,
  });
  expect((await elsewhere.incidentView(id))?.mode).toBe('act');
});

// One incident, in order: the tests of this file build on one another.
describe('an update to stakeholders', () => {
  test('goes to colleagues at once, by who speaks for the incident, and once', async () => {
    expect(await act('update', { ...WORDS, to: 'status' }, 'bob')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    await act('update', { ...WORDS, to: 'status' }, 'alice', 'updates-test:same-key');
    await act('update', { ...WORDS, to: 'status' }, 'alice', 'updates-test:same-key');
    expect(await told()).toEqual([{ update: 'U1', to: 'status' }]);
  });

  test('goes to nobody whom the enrolment file does not name', async () => {
    expect(await act('update', { ...WORDS, to: 'status,press' })).toMatchObject({
      code: 'cordon_stakeholder_unknown',
    });
    expect(await updates()).toHaveLength(1);
  });

  test('waits for somebody else where customers are among those who are told', async () => {
    const asked = await act('update', { ...WORDS, to: 'all' }, 'carol');
    expect(asked).toMatchObject({
      kind: 'done',
      summary: expect.stringContaining('U2 waits for 1 approval(s)'),
    });
    expect(await told()).toHaveLength(1);
    expect(sent).toContainEqual({ kind: 'update-asked', params: { update: 'U2' } });
    expect(await act('update-approve', { update: 'U2' }, 'carol')).toMatchObject({
      code: 'cordon_approval_own_request',
    });
    expect(await act('update-approve', { update: 'U2' }, 'eve')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
    expect(await told()).toHaveLength(1);
    expect(await act('update-approve', { update: 'u2' }, 'bob')).toMatchObject({ kind: 'done' });
    expect(await told()).toEqual([
      { update: 'U1', to: 'status' },
      { update: 'U2', to: 'status' },
      { update: 'U2', to: 'shops' },
    ]);
    expect(await act('update-approve', { update: 'U2' }, 'alice')).toMatchObject({
      code: 'cordon_update_settled',
    });
  });

  test('is not sent once somebody said no, or nobody said anything in time', async () => {
    await act('update', { ...WORDS, to: 'shops' });
    expect(await act('update-deny', { update: 'U3', reason: 'it names the attack' }, 'bob')).toMatchObject({
      kind: 'done',
    });
    await act('update', { ...WORDS, to: 'shops' });
    let over = false;
    void engine.clock.sleep(4 * 3_600_000 + 1).then(() => {
      over = true;
    });
    for (await quiet(engine); !over; await quiet(engine)) engine.clock.advanceToNext();
    expect(await act('update-approve', { update: 'U4' }, 'bob')).toMatchObject({
      code: 'cordon_update_expired',
    });
    expect(await act('update-approve', { update: 'U9' }, 'bob')).toMatchObject({
      code: 'cordon_update_not_found',
    });
    expect(await told()).toHaveLength(3);
    expect((await updates()).map(({ state }) => state)).toEqual(['sent', 'sent', 'denied', 'waiting']);
  });

  test('is in the timeline: who asked, who agreed, and what was said to whom', async () => {
    const kinds = (await readTimeline(engine.sql, id)).flatMap(({ body }) =>
      body?.kind.startsWith('update.') === true ? [body.kind] : [],
    );
    expect(kinds).toEqual([
      'update.sent',
      'update.asked',
      'update.approved',
      'update.sent',
      'update.asked',
      'update.denied',
      'update.asked',
    ]);
  });
});
