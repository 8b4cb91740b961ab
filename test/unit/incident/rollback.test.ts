import { describe, expect, test } from '@jest/globals';
import { loadGuardrails } from '../../../src/definitions.ts';
import type { GuardrailFiles } from '../../../src/guardrail/check.ts';
import { parseOwners } from '../../../src/inventory/owners.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { engineForEachTest } from '../../support/each-test.ts';
import { drive, quiet } from '../../support/engine.ts';
import { FUNCTION_ARN, smallWorld } from '../../support/world.ts';

const ROLE = 'iam.quarantine-role';
const STOP = 'lambda.reserve-zero-concurrency';

/** Nothing is opened without a second person. */
const ASK = `
@id("one-for-release")
@reason("One approver must agree to any opening.")
@expires("15m")
@on_expiry("refuse")
forbid (principal, action == Action::"containment.release", resource)
unless { context.approvals >= 1 };
`;

/** Guardrails in place of those that ship, for the engines that start from then on. */
let guardrails: GuardrailFiles | undefined;
let id: string;

const on = engineForEachTest({
  world: () => {
    guardrails = undefined;
    return smallWorld();
  },
  engine: () => ({
    overrides: {
      owners: parseOwners('checkout-webhook @bob team-payments', 'OWNERS'),
      ...(guardrails === undefined ? {} : { guardrails }),
    },
  }),
});

async function contained(): Promise<void> {
  id = await on.engine.submit();
  await untilLevel(on.engine, id, 'effective');
}

const undo = (action: string, name = 'alice') =>
  act(on.engine, id, 'rollback', { action, reason: 'payments need the role' }, name);
const open = async () =>
  [...(await on.engine.state(id)).holds.values()]
    .filter((hold) => hold.status !== 'closed' && hold.expiresAt === undefined)
    .map((hold) => hold.action);
const given = () => drive(on.engine, async () => !(await open()).includes(ROLE));
const reserved = () =>
  [...on.ground.world.state.functions.values()].find((each) => each.arn === FUNCTION_ARN)?.reserved;
const events = async () =>
  (await readTimeline(on.ground.sql, id)).flatMap(({ body }) => (body === null ? [] : [body]));

describe('a rollback', () => {
  test('gives the role back, revokes what was issued before, and leaves invocations stopped', async () => {
    const before = on.ground.world.snapshot();
    await contained();
    // It is of one thing that is held, named as the refusal says, and of nothing that is under way.
    expect(await undo('iam.nothing')).toMatchObject({
      code: 'cordon_rollback_unknown',
      message: expect.stringContaining(ROLE),
    });
    expect(await undo(`${ROLE}/checkout-webhook-role`)).toMatchObject({
      kind: 'done',
      summary: expect.stringContaining(ROLE),
    });
    expect(await undo(ROLE)).toMatchObject({ code: 'cordon_command_not_now' });
    expect(await undo(STOP, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    await given();
    expect(await undo(ROLE)).toMatchObject({ code: 'cordon_rollback_unknown' });
    expect(await open()).toContain(STOP);
    expect(reserved()).toBe(0);
    const writes = on.ground.world.journal.writes({}).map(({ operation }) => operation);
    // Sessions from before are locked out before the deny goes, as in a release after an attack.
    expect(writes.lastIndexOf('PutRolePolicy')).toBeLessThan(writes.lastIndexOf('DeleteRolePolicy'));
    expect(await events()).toContainEqual(
      expect.objectContaining({
        kind: 'command.accepted',
        actor: { kind: 'responder', id: 'alice', via: 'cli' },
        data: expect.objectContaining({ command: 'rollback', action: ROLE }),
      }),
    );
    // The watch puts nothing again that a person took back, and the playbook still asks what it asked.
    await drive(on.engine, async () => {
      const { record } = await on.engine.state(id);
      return record.watches?.[FUNCTION_ARN]?.lookedAt !== undefined;
    });
    expect(await open()).not.toContain(ROLE);

    await answer(on.engine, id, 'triage', { verdict: 'true_positive' });
    await answer(on.engine, id, 'recovery', { decision: 'release' });
    await untilClosed(on.engine, id);
    await untilNothingIsHeld(on.engine, id);
    expect(diffSnapshots(before, on.ground.world.snapshot())).toEqual([]);
  });

  test('of what stopped the function no longer calls it contained where nothing else isolates it', async () => {
    await contained();
    await undo(ROLE);
    await given();
    const levels = async () => Object.values((await on.engine.state(id)).record.levels);
    expect(await levels()).toEqual(['effective']);
    await undo(STOP);
    await drive(on.engine, async () => !(await open()).includes(STOP));
    expect(await levels()).not.toContain('effective');
  });

  test('is gated like a release: who asks does not approve it, and nothing is opened before', async () => {
    const files = await loadGuardrails();
    guardrails = { ...files, policies: [...files.policies, { file: 'ask.cedar', text: ASK }] };
    await on.restart();
    await contained();
    expect(await undo(STOP)).toMatchObject({ kind: 'done' });
    await quiet(on.engine);
    const asked = async () => {
      const approvals = (await on.engine.cordon.views.incidentView(id))?.approvals ?? [];
      return approvals.find(({ status }) => status === 'open');
    };
    const first = await asked();
    expect([first?.requestedBy, reserved()]).toEqual(['alice', 0]);
    const plan = (one: typeof first) => ({
      approvalId: one?.approvalId ?? '',
      digest: one?.digest ?? '',
      confirm: 'checkout-webhook',
    });
    expect(await act(on.engine, id, 'approve', plan(first))).toMatchObject({
      code: 'cordon_approval_own_request',
    });
    expect(await act(on.engine, id, 'approve', plan(first), 'bob')).toMatchObject({ kind: 'done' });
    await quiet(on.engine);
    expect(reserved()).toBe(1);
  });
});

describe('a page', () => {
  test('calls a team that owns a function, a role, or a person, and nobody who is not known', async () => {
    id = await on.engine.submit();
    await quiet(on.engine);
    const call = (team: string, name = 'alice') =>
      act(on.engine, id, 'page', { team, reason: 'customers see 429' }, name);
    expect(await call('team-payments')).toMatchObject({ summary: 'called team-payments' });
    expect(await call('approver')).toMatchObject({ summary: 'called bob' });
    expect(await call('bob')).toMatchObject({ summary: 'called bob' });
    expect(await call('team-payment')).toMatchObject({
      code: 'cordon_team_unknown',
      message: expect.stringContaining('Known teams: team-payments'),
    });
    expect(await call('scribe')).toMatchObject({ code: 'cordon_team_unknown' });
    expect(await call('approver', 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    const asked = (await events()).filter(
      ({ kind, actor }) => kind === 'page.asked' && actor.kind === 'responder',
    );
    expect(asked.map(({ data }) => data)).toMatchObject([
      { to: ['team-payments'], team: 'team-payments' },
      { to: ['bob'], team: 'approver' },
      { to: ['bob'], team: 'bob' },
    ]);
  });
});
