import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { systemClock } from '../../../src/clock.ts';
import { readConfig } from '../../../src/config.ts';
import { randomIds } from '../../../src/id.ts';
import { silentLog } from '../../../src/log.ts';
import { rehearse } from '../../../src/main/rehearse.ts';
import { createWorld, type World } from '../../../src/simulation/world/world.ts';
import { alertJson, enrolmentText } from '../../support/engine.ts';
import { freshDatabase } from '../../support/template.ts';
import { smallWorld } from '../../support/world.ts';

let folder: string;
let world: World;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-rehearse-'));
  world = createWorld(smallWorld(), { clock: systemClock, seed: 'rehearsal' });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function rehearsal(mode: string, alert: unknown = alertJson()) {
  const enrolment = join(folder, `${mode}.yaml`);
  await writeFile(enrolment, enrolmentText(mode));
  return rehearse(readConfig({ CORDON_DATA_DIR: join(folder, 'data'), CORDON_ENROLMENT: enrolment }), {
    bytes: Buffer.from(JSON.stringify(alert)),
    source: 'alice',
    clock: systemClock,
    ids: randomIds,
    log: silentLog,
    openRecord: freshDatabase,
    transport: {
      kind: 'world',
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler(world.fetch, systemClock),
    },
  });
}

describe('a dry run', () => {
  test('shows each write and its undoing, and what the guardrails say in the account’s own mode', async () => {
    const [acting] = await rehearsal('act');
    expect(acting).toMatchObject({ kind: 'rehearsed', playbook: 'lambda-compromise', mode: 'act' });
    const attempts = acting?.kind === 'rehearsed' ? acting.attempts : [];
    expect(attempts.map(({ action }) => action).sort()).toEqual([
      'iam.quarantine-role',
      'lambda.reserve-zero-concurrency',
    ]);
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ decision: 'Run.', problem: null });
      expect(attempt.changes.length).toBeGreaterThan(0);
      expect(attempt.changes.every(({ undo }) => undo !== '')).toBe(true);
    }
    const [asking] = await rehearsal('ask');
    const decisions = asking?.kind === 'rehearsed' ? asking.attempts.map(({ decision }) => decision) : [];
    expect(decisions).toHaveLength(2);
    for (const decision of decisions) expect(decision).toMatch(/^Ask \d/);
  });

  test('writes nothing to the account, and leaves nothing on this machine', async () => {
    expect(world.journal.writes()).toEqual([]);
    // The control: it did look.
    expect(world.journal.entries().map(({ operation }) => operation)).toContain('GetFunctionConcurrency');
    expect((await readdir(folder)).sort()).toEqual(['act.yaml', 'ask.yaml']);
  });

  test('says why an alert would be turned away', async () => {
    expect(await rehearsal('act', { no: 'alert' })).toMatchObject([
      { kind: 'refused', code: 'cordon_alert_unknown_format' },
    ]);
  });
});
