import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { plantTree, runProgram } from './run-program.ts';

// What .ci/run adds up: nothing that did not run may look like a pass.

const roots: string[] = [];

function report(passed: number, failed: number, other: readonly string[] = [], unloaded = 0): string {
  return JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    numRuntimeErrorTestSuites: unloaded,
    testResults: [
      { assertionResults: other.map((status, index) => ({ status, fullName: `test ${index}` })) },
    ],
  });
}

async function count(text: string, exitCode: string, skips: 'allowed' | 'refused'): Promise<string> {
  const root = await plantTree({ 'report.json': text });
  roots.push(root);
  const { stdout } = await runProgram(
    '.ci/count-tests.mjs',
    [join(root, 'report.json'), exitCode, skips],
    root,
  );
  return stdout.trim();
}

describe('the count of a test suite', () => {
  afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

  test('is what passed and what failed', async () => {
    expect(await count(report(12, 0), '0', 'refused')).toBe('12 0');
    expect(await count(report(12, 3), '1', 'refused')).toBe('12 3');
  });

  test('counts a test that was skipped for want of a server as failed', async () => {
    expect(await count(report(12, 0, ['pending', 'todo']), '0', 'refused')).toBe('12 2');
  });

  test('lets the suite without servers skip', async () => {
    expect(await count(report(12, 0, ['pending']), '0', 'allowed')).toBe('12 0');
  });

  test('counts a file that could not be loaded as failed', async () => {
    expect(await count(report(12, 0, [], 2), '1', 'allowed')).toBe('12 2');
  });

  test('counts an exit code that no test explains as failed', async () => {
    expect(await count(report(12, 0), '1', 'allowed')).toBe('12 1');
  });

  test('counts a suite without tests as failed', async () => {
    expect(await count(report(0, 0), '0', 'allowed')).toBe('0 1');
  });

  test('counts a report that is missing or cut off as failed', async () => {
    expect(await count('{"numPassedTests": 12', '137', 'allowed')).toBe('0 1');
  });
});
