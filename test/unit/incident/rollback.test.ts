import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadGuardrails } from '../../../src/definitions.ts';
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
import { FUNCTION_ARN } from '../../support/world.ts';

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

let sql: EmbeddedSql;
let ground: Ground;
let engine: TestEngine;
let id: string;

beforeAll(async () => {
  sql = await freshDatabase();
});
afterAll(async () => {
  await sql.close();
});
beforeEach(async () => {
  ground = await freshGround({ sql });
});
afterEach(async () => {
  await engine.stop();
});

async function contained(overrides: Parameters<typeof startEngine>[1] = {}): Promise<void> {
  engine = await startEngine(ground, overrides);
  id = await engine.submit();
  await untilLevel(engine, id, 'effective');
}

const undo = (action: string, name = 'alice') =>
  act(engine, id, 'rollback', { action, reason: 'payments need the role' }, name);
const open = async () =>
  [...(await engine.state(id)).holds.values()]
    .filter((hold) => hold.status !== 'closed' && hold.expiresAt === undefined)
    .map((hold) => hold.action);
const given = () => drive(engine, async () => !(await open()).includes(ROLE));
const reserved = () =>
  [...ground.world.state.functions.values()].find((each) => each.arn === FUNCTION_ARN)?.reserved;
const events = async () => (await readTimeline(sql, id)).flatMap(({ body }) => (body === null ? [] : [body]));

describe('a rollback', () => {
  test('gives the role back, revokes what was issued before, and leaves invocations stopped', async () => {
    const before = ground.world.snapshot();
    await contained();
    expect(await undo(ROLE)).toMatchObject({ kind: 'done', summary: expect.stringContaining(ROLE) });
    await given();
    expect(await open()).toContain(STOP);
    expect(reserved()).toBe(0);
    const writes = ground.world.journal.writes({}).map(({ operation }) => operation);
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
    await drive(engine, async () => {
      const { record } = await engine.state(id);
      return record.watches?.[FUNCTION_ARN]?.lookedAt !== undefined;
    });
    expect(await open()).not.toContain(ROLE);

    await answer(engine, id, 'triage', { verdict: 'true_positive' });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);
    await untilNothingIsHeld(engine, id);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
  });

  test('of what stopped the function no longer calls it contained where nothing else isolates it', async () => {
    await contained();
    await undo(ROLE);
    await given();
    const levels = async () => Object.values((await engine.state(id)).record.levels);
    expect(await levels()).toEqual(['effective']);
    await undo(STOP);
    await drive(engine, async () => !(await open()).includes(STOP));
    expect(await levels()).not.toContain('effective');
  });

  test('is of one thing that is held, named as the refusal says, and of nothing that is under way', async () => {
    await contained();
    expect(await undo('iam.nothing')).toMatchObject({
      code: 'cordon_rollback_unknown',
      message: expect.stringContaining(ROLE),
    });
    expect(await undo(`${ROLE}/checkout-webhook-role`)).toMatchObject({ kind: 'done' });
    expect(await undo(ROLE)).toMatchObject({ code: 'cordon_command_not_now' });
    expect(await undo(STOP, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    await given();
    expect(await undo(ROLE)).toMatchObject({ code: 'cordon_rollback_unknown' });
  });

  test('is gated like a release: who asks does not approve it, and nothing is opened before', async () => {
    const files = await loadGuardrails();
    const guardrails = { ...files, policies: [...files.policies, { file: 'ask.cedar', text: ASK }] };
    await contained({ overrides: { guardrails } });
    expect(await undo(STOP)).toMatchObject({ kind: 'done' });
    await quiet(engine);
    const asked = async () => {
      const approvals = (await engine.cordon.views.incidentView(id))?.approvals ?? [];
      return approvals.find(({ status }) => status === 'open');
    };
    const first = await asked();
    expect([first?.requestedBy, reserved()]).toEqual(['alice', 0]);
    const plan = (one: typeof first) => ({
      approvalId: one?.approvalId ?? '',
      digest: one?.digest ?? '',
      confirm: 'checkout-webhook',
    });
    expect(await act(engine, id, 'approve', plan(first))).toMatchObject({
      code: 'cordon_approval_own_request',
    });
    expect(await act(engine, id, 'approve', plan(first), 'bob')).toMatchObject({ kind: 'done' });
    await quiet(engine);
    expect(reserved()).toBe(1);
  });
});

describe('a page', () => {
  test('calls a team that owns a function, a role, or a person, and nobody who is not known', async () => {
    engine = await startEngine(ground, {
      overrides: { owners: parseOwners('checkout-webhook @bob team-payments', 'OWNERS') },
    });
    id = await engine.submit();
    await quiet(engine);
    const call = (team: string, name = 'alice') =>
      act(engine, id, 'page', { team, reason: 'customers see 429' }, name);
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
