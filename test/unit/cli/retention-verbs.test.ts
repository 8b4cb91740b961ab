import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { answer, untilClosed } from '../../support/answers.ts';
import { type CliResult, cli, serveEngine } from '../../support/cli.ts';
import { drive, freshGround, type Ground } from '../../support/engine.ts';

let ground: Ground;
let served: Awaited<ReturnType<typeof serveEngine>>;
let id: string;

const run = (argv: readonly string[], user = 'alice'): Promise<CliResult> =>
  cli(argv, { environment: { CORDON_DATA_DIR: ground.dataDir, CORDON_USER: user } });
const json = async (argv: readonly string[], user?: string) => {
  const { code, stdout, stderr } = await run(['--json', ...argv], user);
  return { code, value: stdout === '' ? undefined : JSON.parse(stdout), error: stderr };
};
const PURGE = ['evidence', 'purge', '1', '--reason', 'the customer asked', '--early'];

beforeAll(async () => {
  ground = await freshGround();
  served = await serveEngine(ground);
  id = await served.engine.submit();
  await answer(served.engine, id, 'triage', { verdict: 'false_positive' });
  await untilClosed(served.engine, id);
}, 120_000);

afterAll(async () => {
  await served.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true });
});

/** In order: each test goes on from where the one before left the case. */
describe('the evidence of an incident that is over', () => {
  test('is not removed while a sweep of it is still due', async () => {
    expect(await json([...PURGE, '--yes'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('cordon_retention_too_early'),
    });
    const swept = async () =>
      (await served.engine.cordon.views.incidentView(id))?.evidence.rounds.every(
        ({ state }) => state === 'sealed',
      ) === true;
    await drive(served.engine, swept);
    // What was put to end by itself ends, and then nothing of the incident is due any more.
    await drive(served.engine, async () =>
      [...(await served.engine.state(id)).holds.values()].every((hold) => hold.status === 'closed'),
    );
    const { code, value } = await json(['evidence', 'verify', '1']);
    expect(value).toMatchObject({ verified: true, purged: [], seals: 3 });
    expect(code).toBe(0);
  }, 120_000);

  test('is kept as long as the policy says, and listed so', async () => {
    const { value } = await json(['evidence', 'expire', '--yes']);
    expect(value).toMatchObject([
      { name: 'INC-1', done: false, kept: { class: 'exercise', days: 30, over: false } },
    ]);
    const refused = await run(['evidence', 'purge', '1', '--reason', 'no more use', '--yes']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('exercise, 30 days') });
  });

  test('is held by a responder, and removed by nobody until a commander ends the hold', async () => {
    const refused = { code: 1, stderr: expect.stringContaining('cordon_retention_not_allowed') };
    expect(await run(['evidence', 'hold', '1', '--reason', 'court'], 'eve')).toMatchObject(refused);
    expect((await run(['evidence', 'hold', '1', '--reason', 'court'], 'bob')).code).toBe(0);
    expect(await json([...PURGE, '--yes'])).toMatchObject({
      code: 1,
      value: { done: false, held: { by: 'bob' } },
    });
    expect(await run(['evidence', 'release-hold', '1', '--reason', 'over'], 'bob')).toMatchObject(refused);
    expect((await run(['evidence', 'release-hold', '1', '--reason', 'over'])).code).toBe(0);
    expect(await run(['evidence', 'extend', '1', '--days', '9'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cordon_evidence_no_lock'),
    });
    expect((await json(['evidence', 'verify', '1'])).value).toMatchObject({ verified: true, purged: [] });
  });

  test('is removed by a purge that says first what it would do, and both verifiers name what is gone', async () => {
    const whole = (await run(['timeline', 'show', '1'])).stdout;
    expect(whole).toContain('Allowed lambda.reserve-zero-concurrency'); // control
    // What an attacker wrote, and what another incident has of it.
    const apart = (incident: string) => join(ground.dataDir, 'quarantine', incident);
    for (const incident of [id, 'inc-other']) {
      await mkdir(apart(incident), { recursive: true });
      await writeFile(join(apart(incident), 'b'.repeat(64)), 'card number');
    }
    const plan = await json(PURGE);
    expect(plan).toMatchObject({ code: 0, value: { done: false, apart: 1 } });
    expect(await readdir(apart(id))).toHaveLength(1); // control: nothing was removed yet
    // The channel is still to be archived: it holds the purge up as little as the purge holds it up.
    const timers = [...(await served.engine.state(id)).timers.values()];
    expect(timers.find(({ kind }) => kind === 'archive')).toMatchObject({ status: 'armed' });
    expect(plan.value.removable).toBeGreaterThan(10);
    expect((await json(['evidence', 'verify', '1'])).value.purged).toEqual([]); // control: nothing was removed yet
    const refused = { code: 1, error: expect.stringContaining('cordon_retention_not_allowed') };
    expect(await json([...PURGE, '--yes'], 'bob')).toMatchObject(refused);
    expect(await json([...PURGE, '--yes'])).toMatchObject({ code: 0, value: { done: true } });

    const { code, value } = await json(['evidence', 'verify', '1']);
    expect(code).toBe(0);
    expect(value).toMatchObject({ verified: true, findings: [], bytes: 0 });
    expect(value.purged.length).toBeGreaterThanOrEqual(plan.value.removable);
    const chain = await json(['timeline', 'verify', '1']);
    expect(chain).toMatchObject({ code: 0, value: { kind: 'intact' } });
    expect(chain.value.purged).toBeGreaterThan(20);
    const shown = (await run(['timeline', 'show', '1'])).stdout;
    expect(shown).toContain('the customer asked');
    expect(shown).not.toContain('Allowed lambda.reserve-zero-concurrency');
    expect(await ground.sql.query('select 1 from cordon.alert_content')).toEqual([]);
    expect(await readdir(apart(id))).toEqual([]);
    expect(await readdir(apart('inc-other'))).toHaveLength(1);
    // Again finds nothing more to remove.
    expect((await json(PURGE)).value).toMatchObject({ removable: 0 });
  });

  test('and a body that was removed without a word is found', async () => {
    const remove = `delete from cordon.timeline_body where chain = $1 and seq =
      (select seq from cordon.timeline_body where chain = $1 and body like '%"evidence.sealed"%' order by seq limit 1)`;
    await expect(ground.sql.query(remove, [id])).rejects.toMatchObject({ code: 'CD003' });
    await ground.sql.query('alter table cordon.timeline_body disable trigger timeline_body_append_only');
    await ground.sql.query(remove, [id]);
    await ground.sql.query('alter table cordon.timeline_body enable trigger timeline_body_append_only');
    expect(await json(['timeline', 'verify', '1'])).toMatchObject({
      code: 1,
      value: { kind: 'broken', what: 'removed-body' },
    });
  });
});
