import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parseOwners } from '../../../src/inventory/owners.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import {
  drive,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';
import { freshDatabase } from '../../support/template.ts';
import { smallWorld } from '../../support/world.ts';

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
  const world = smallWorld();
  // The sibling runs on the role of the function under attack.
  ground = await freshGround({
    sql,
    world: {
      ...world,
      functions: world.functions.map((each) => ({ ...each, role: 'checkout-webhook-role' })),
    },
  });
  engine = await startEngine(ground, {
    overrides: { owners: parseOwners('checkout-webhook @bob team-payments', 'OWNERS') },
  });
});

afterEach(async () => {
  await engine.stop();
});

const view = async (id: string) => {
  const seen = await engine.cordon.views.incidentView(id);
  if (seen === undefined) throw new Error('expected the incident');
  return seen;
};

/** Denies that were put on the role: the first one is the function's own. */
const denies = () => ground.world.journal.writes({ operation: 'PutRolePolicy' });

const widen = (id: string, name = 'alice') => act(engine, id, 'widen', { reason: 'used elsewhere' }, name);

describe('a person who widens containment', () => {
  test('is asked through an approver where others are on the role, approves nothing of it, and release takes it back', async () => {
    const before = ground.world.snapshot();
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    expect((await view(id)).impact).toMatchObject({ siblings: 1, canWiden: true, deniedRoles: [] });
    expect(denies()).toHaveLength(1);

    expect(await widen(id)).toMatchObject({ kind: 'done' });
    await quiet(engine);
    const [asked] = (await view(id)).approvals.filter(({ status }) => status === 'open');
    expect(asked).toMatchObject({ requestedBy: 'alice', policies: ['shared-role-asks'] });
    expect(denies()).toHaveLength(1);
    const plan = {
      approvalId: asked?.approvalId ?? '',
      digest: asked?.digest ?? '',
      confirm: asked?.confirm ?? '',
    };
    expect(await act(engine, id, 'approve', plan)).toMatchObject({ code: 'cordon_approval_own_request' });
    const confirmed = { ...plan, confirm: 'checkout-webhook' };
    expect(await act(engine, id, 'approve', confirmed, 'bob')).toMatchObject({ kind: 'done' });
    await drive(engine, async () => (await view(id)).impact.deniedRoles.length === 1);
    expect(denies()).toHaveLength(2);
    expect((await view(id)).impact).toMatchObject({ canWiden: false });

    await answer(engine, id, 'triage', { verdict: 'true_positive' });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);
    await untilNothingIsHeld(engine, id);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
  });

  test('asks once at a time, and leaves the function contained when it is denied', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    await widen(id);
    await quiet(engine);
    expect(await widen(id)).toMatchObject({ code: 'cordon_command_not_now' });
    const [asked] = (await view(id)).approvals.filter(({ status }) => status === 'open');
    const plan = { approvalId: asked?.approvalId ?? '', digest: asked?.digest ?? '', reason: 'payments' };
    expect(await act(engine, id, 'deny', plan, 'bob')).toMatchObject({ kind: 'done' });
    await quiet(engine);
    expect(denies()).toHaveLength(1);
    expect(await view(id)).toMatchObject({ level: 'effective', impact: { stopped: ['checkout-webhook'] } });
    // Denied is not for ever: it can be asked for again.
    expect(await widen(id)).toMatchObject({ kind: 'done' });
  });

  test('is refused without the role, and once the playbook releases; what was asked is withdrawn by then', async () => {
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    expect(await widen(id, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    await widen(id);
    await quiet(engine);
    await answer(engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, id);
    expect((await view(id)).approvals.map(({ status }) => status)).toEqual(['withdrawn']);
    expect(denies()).toHaveLength(1);
    expect(await widen(id)).toMatchObject({ code: 'cordon_command_not_now' });
  });
});

describe('the owners of the functions', () => {
  test('are called as people wrote them down, a responder by who they are', async () => {
    const id = await engine.submit();
    await quiet(engine);
    expect(await act(engine, id, 'page-owner', { reason: 'customers see 429' })).toMatchObject({
      kind: 'done',
      summary: 'called bob, team-payments',
    });
    const entry = (await readTimeline(sql, id)).findLast((each) => each.body?.kind === 'page.asked');
    expect(entry?.body).toMatchObject({
      actor: { kind: 'responder', id: 'alice' },
      data: { to: ['bob', 'team-payments'], from: ['file'], reason: 'customers see 429' },
    });
    expect(await act(engine, id, 'page-owner', { reason: 'x' }, 'eve')).toMatchObject({
      code: 'cordon_command_not_allowed',
    });
  });

  test('are nobody where nobody wrote them down, which is said', async () => {
    await engine.stop();
    engine = await startEngine(ground, { seed: 'without-owners' });
    const id = await engine.submit();
    await quiet(engine);
    expect(await act(engine, id, 'page-owner', { reason: 'x' })).toMatchObject({
      code: 'cordon_owner_unknown',
    });
  });
});
