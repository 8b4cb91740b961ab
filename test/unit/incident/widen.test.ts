import { describe, expect, test } from '@jest/globals';
import { parseOwners } from '../../../src/inventory/owners.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld, viewOf } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive, quiet } from '../../support/engine.ts';
import { smallWorld } from '../../support/world.ts';

/** What the owners' file of the test's engine says. */
let owners: string;

const on = engineForEachTest({
  // The sibling runs on the role of the function under attack.
  world: () => {
    owners = 'checkout-webhook @bob team-payments';
    const world = smallWorld();
    return {
      ...world,
      functions: world.functions.map((each) => ({ ...each, role: 'checkout-webhook-role' })),
    };
  },
  engine: () => ({ overrides: { owners: parseOwners(owners, 'OWNERS') } }),
});

const view = (id: string) => viewOf(on.engine, id);

/** Denies that were put on the role: the first one is the function's own. */
const denies = () => on.ground.world.journal.writes({ operation: 'PutRolePolicy' });

const widen = (id: string, name = 'alice') => act(on.engine, id, 'widen', { reason: 'used elsewhere' }, name);

describe('a person who widens containment', () => {
  test('is asked through an approver where others are on the role, approves nothing of it, and release takes it back', async () => {
    const before = on.ground.world.snapshot();
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    expect((await view(id)).impact).toMatchObject({ siblings: 1, canWiden: true, deniedRoles: [] });
    expect(denies()).toHaveLength(1);

    await widen(id);
    await quiet(on.engine);
    // It asks once at a time, and leaves the function contained when it is denied.
    expect(await widen(id)).toMatchObject({ code: 'cordon_command_not_now' });
    const [first] = (await view(id)).approvals.filter(({ status }) => status === 'open');
    const refused = { approvalId: first?.approvalId ?? '', digest: first?.digest ?? '', reason: 'payments' };
    expect(await act(on.engine, id, 'deny', refused, 'bob')).toMatchObject({ kind: 'done' });
    await quiet(on.engine);
    expect(denies()).toHaveLength(1);
    expect(await view(id)).toMatchObject({ level: 'effective', impact: { stopped: ['checkout-webhook'] } });

    // Denied is not for ever: it can be asked for again.
    expect(await widen(id)).toMatchObject({ kind: 'done' });
    await quiet(on.engine);
    const [asked] = (await view(id)).approvals.filter(({ status }) => status === 'open');
    expect(asked).toMatchObject({ requestedBy: 'alice', policies: ['shared-role-asks'] });
    expect(denies()).toHaveLength(1);
    const plan = {
      approvalId: asked?.approvalId ?? '',
      digest: asked?.digest ?? '',
      confirm: asked?.confirm ?? '',
    };
    expect(await act(on.engine, id, 'approve', plan)).toMatchObject({ code: 'cordon_approval_own_request' });
    const confirmed = { ...plan, confirm: 'checkout-webhook' };
    expect(await act(on.engine, id, 'approve', confirmed, 'bob')).toMatchObject({ kind: 'done' });
    await drive(on.engine, async () => (await view(id)).impact.deniedRoles.length === 1);
    expect(denies()).toHaveLength(2);
    expect((await view(id)).impact).toMatchObject({ canWiden: false });

    await answer(on.engine, id, 'triage', { verdict: 'true_positive' });
    await answer(on.engine, id, 'recovery', { decision: 'release' });
    await untilClosed(on.engine, id);
    await untilNothingIsHeld(on.engine, id);
    expect(diffSnapshots(before, on.ground.world.snapshot())).toEqual([]);
  });

  test('is refused without the role, and once the playbook releases; what was asked is withdrawn by then', async () => {
    const id = await on.engine.submit();
    await untilLevel(on.engine, id, 'effective');
    expect(await widen(id, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    await widen(id);
    await quiet(on.engine);
    await answer(on.engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(on.engine, id);
    expect((await view(id)).approvals.map(({ status }) => status)).toEqual(['withdrawn']);
    expect(denies()).toHaveLength(1);
    expect(await widen(id)).toMatchObject({ code: 'cordon_command_not_now' });
  });
});

describe('the owners of the functions', () => {
  test('are called as people wrote them down, a responder by who they are, and nobody where nobody did', async () => {
    const id = await on.engine.submit();
    await quiet(on.engine);
    const page = (name = 'alice') => act(on.engine, id, 'page-owner', { reason: 'customers see 429' }, name);
    expect(await page()).toMatchObject({ kind: 'done', summary: 'called bob, team-payments' });
    const entry = (await readTimeline(on.ground.sql, id)).findLast(
      (each) => each.body?.kind === 'page.asked',
    );
    expect(entry?.body).toMatchObject({
      actor: { kind: 'responder', id: 'alice' },
      data: { to: ['bob', 'team-payments'], from: ['file'], reason: 'customers see 429' },
    });
    expect(await page('eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    owners = '';
    await on.restart();
    expect(await page()).toMatchObject({ code: 'cordon_owner_unknown' });
  });
});
