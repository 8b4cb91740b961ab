import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cli, serveEngine } from '../../support/cli.ts';
import type { Ground } from '../../support/engine.ts';
import { drive, freshGround, pass, quiet } from '../../support/engine.ts';

// Two incidents of one account, in order, each to its end; the replays come after both.
let ground: Ground;
let served: Awaited<ReturnType<typeof serveEngine>>;
let calls = 0;

beforeAll(async () => {
  ground = await freshGround();
  served = await serveEngine(ground, { mode: 'ask' });
});

afterAll(async () => {
  await served.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

async function view(id: string) {
  const seen = await served.engine.cordon.views.incidentView(id);
  if (seen === undefined) throw new Error('expected the incident');
  return seen;
}

function act(id: string, command: string, input: Record<string, unknown>, name: string) {
  calls += 1;
  return served.engine.cordon.execute({
    command,
    incident: id as never, // an id that submit returned
    identity: { kind: 'cli', name },
    input: input as never, // checked by the command
    idempotencyKey: `replay-test:${calls}`,
  });
}

/** What a person types to approve in production. */
const typed = (confirm: string | null) => (confirm === null ? {} : { confirm });

/** One incident in mode ask, whose approver takes four minutes, to its end with this verdict. */
async function incident(finding: string, verdict: string): Promise<string> {
  const { engine } = served;
  const id = await engine.submit({ id: finding });
  await drive(engine, async () => (await view(id)).approvals.some(({ status }) => status === 'open'));
  await pass(served.engine, 4 * 60_000);
  const open = async () => (await view(id)).approvals.filter(({ status }) => status === 'open');
  for (let waiting = await open(); waiting.length > 0; waiting = await open()) {
    for (const { approvalId, digest, confirm } of waiting) {
      expect(await act(id, 'approve', { approvalId, digest, ...typed(confirm) }, 'bob')).toMatchObject({
        kind: 'done',
      });
    }
    await quiet(engine);
  }
  await pass(served.engine, 60_000);
  await drive(engine, async () =>
    (await view(id)).questions.some((one) => one.form === 'triage' && one.status === 'open'),
  );
  const [triage] = (await view(id)).questions.filter((one) => one.form === 'triage' && one.status === 'open');
  await act(id, 'answer', { invocationId: triage?.invocationId, answer: { verdict } }, 'alice');
  await drive(engine, async () => {
    const seen = await view(id);
    const asked = seen.questions.find((one) => one.form === 'recovery' && one.status === 'open');
    if (asked !== undefined) {
      await act(id, 'answer', { invocationId: asked.invocationId, answer: { decision: 'release' } }, 'alice');
    }
    for (const { approvalId, digest, confirm } of await open())
      await act(id, 'approve', { approvalId, digest, ...typed(confirm) }, 'bob');
    return seen.status === 'closed';
  });
  return id;
}

async function replayed(number: number) {
  const { code, stdout, stderr } = await cli(['postmortem', 'replay', String(number), '--json'], {
    environment: { CORDON_DATA_DIR: ground.dataDir, CORDON_USER: 'alice' },
  });
  return { code, error: stderr, value: stdout === '' ? undefined : JSON.parse(stdout) };
}

describe('an incident that is run again with what it proposes', () => {
  test('saves the minutes for which people were waited, when the finding was real', async () => {
    const id = await incident('finding1', 'true_positive');
    const { number } = await view(id);
    const { code, value, error } = await replayed(number);
    expect(error).not.toContain('cordon_');
    expect(code).toBe(0);
    expect(value.changes.map(({ file }: { file: string }) => file)).toContain('guardrails/default.cedar');
    const diff = value.changes.map((change: { diff: string }) => change.diff).join('\n');
    expect(diff).toContain('+++ b/guardrails/default.cedar');
    expect(diff).toMatch(/^[+] {2}resource == Target::"arn:aws:lambda:.*checkout-webhook" &&$/m);
    // It is the incident that was: people were as slow in the first run as they had been.
    expect(value.recorded.acceptedMs).toBeGreaterThanOrEqual(4 * 60_000);
    expect(Math.abs(value.before.acceptedMs - value.recorded.acceptedMs)).toBeLessThan(60_000);
    expect(value.after.acceptedMs).toBeLessThan(30_000);
    expect(value.savedMs).toBeGreaterThan(3 * 60_000);
    expect(value.before.effectiveMs).not.toBeNull();
  }, 120_000);

  test('opens nothing, when the finding was wrong and its trigger leaves it out', async () => {
    const id = await incident('finding2', 'false_positive');
    const { code, value } = await replayed((await view(id)).number);
    expect(code).toBe(0);
    expect(value).toMatchObject({ opensNothing: true, after: null });
    expect(value.changes).toMatchObject([{ kind: 'playbook', file: 'playbooks/lambda-compromise.yaml' }]);
    expect(value.savedMs).toBe(value.before.containedForMs);
    expect(value.savedMs).toBeGreaterThan(0);
  }, 120_000);
});
