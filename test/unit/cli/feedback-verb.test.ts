import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFeedback } from '../../../src/main/feedback.ts';
import type { Feedback } from '../../../src/postmortem/feedback.ts';
import { cli } from '../../support/cli.ts';

let dataDir: string;

const record: Feedback = {
  version: 1,
  incident: 'inc-1',
  exercise: false,
  rule: 'Backdoor:Lambda/C&CActivity.B',
  source: 'guardduty',
  verdict: 'true_positive',
  reason: null,
  decidedBy: 'dana',
  proposal: { kind: 'keep' },
  changes: [],
  owner: 'dana',
  dueAt: '2026-02-08T00:00:00.000Z',
  fixture: {
    playbook: 'lambda-compromise',
    alert: {
      category: 'function-compromise',
      severity: 8,
      findingType: 'Backdoor:Lambda/C&CActivity.B',
      lastSeenAt: '2026-01-31T12:00:00.000Z',
    },
  },
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cordon-feedback-'));
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

const run = (...argv: readonly string[]) => cli(argv, { environment: { CORDON_DATA_DIR: dataDir } });

describe('cordon feedback', () => {
  test('has nothing to replay before an incident has ended', async () => {
    expect(await run('feedback', 'test')).toMatchObject({ code: 0, stdout: '0 of 0 as expected.\n' });
  });

  test('replays the records of the data folder, and fails by name for one that is not as expected', async () => {
    await writeFeedback(dataDir, record);
    const right = await run('feedback', 'test', '--json');
    expect(JSON.parse(right.stdout)).toMatchObject({
      records: 1,
      failed: 0,
      results: [{ starts: 'lambda-compromise' }],
    });
    await writeFeedback(dataDir, {
      ...record,
      incident: 'inc-2',
      verdict: 'false_positive',
      proposal: { kind: 'suppress', when: '!(true)', expiresAt: '2027-01-01T00:00:00.000Z' },
    });
    const wrong = await run('feedback', 'test');
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(
      /ok {2}inc-1[\s\S]*failed {2}inc-2[\s\S]*proposed[\s\S]*!\(true\)[\s\S]*1 of 2 as expected/,
    );
    expect(JSON.parse((await run('feedback', 'rules', '--json')).stdout)).toEqual([
      { rule: record.rule, right: 1, wrong: 1, unanswered: 0, precision: 0.5 },
    ]);
  });

  test.each([
    ['is not JSON', 'not json'],
    ['misses what a record has', '{"version":1}'],
  ])('refuses a file that %s', async (_, text) => {
    const file = join(dataDir, 'other.txt');
    await writeFile(file, text);
    const refused = await run('feedback', 'test', file, '--json');
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stderr).error.code).toBe('cordon_feedback_unreadable');
  });
});
