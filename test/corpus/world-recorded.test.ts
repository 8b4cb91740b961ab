import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type RecordedAnswer, runScenario } from '../unit/simulation/world/recorded.ts';
import { ACCESS_SCENARIOS } from '../unit/simulation/world/recorded-access.ts';
import { ALIAS_SCENARIOS } from '../unit/simulation/world/recorded-aliases.ts';
import { CONCURRENCY_SCENARIOS } from '../unit/simulation/world/recorded-concurrency.ts';
import { CONTROL_SCENARIOS } from '../unit/simulation/world/recorded-control.ts';
import { NOT_REPLAYED, reasonFor } from './not-replayed.ts';

const SCENARIOS = [...CONCURRENCY_SCENARIOS, ...ACCESS_SCENARIOS, ...ALIAS_SCENARIOS, ...CONTROL_SCENARIOS];

/** The folder of recorded answers, given as an argument of `npm run test:corpus`. */
function recordings(): Record<string, Record<string, RecordedAnswer>> {
  const corpus = process.env.CORDON_CORPUS;
  if (corpus === undefined || corpus === '') {
    throw new Error('expected CORDON_CORPUS to name the corpus folder: npm run test:corpus -- FOLDER');
  }
  const folder = join(corpus, 'aws-recorded');
  if (!existsSync(folder))
    throw new Error(`expected recorded answers of AWS in ${folder}, found no such folder`);
  const all: Record<string, Record<string, RecordedAnswer>> = {};
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const content: Record<string, { 'recorded-content': Record<string, RecordedAnswer> }> = JSON.parse(
      readFileSync(join(folder, file), 'utf8'),
    );
    for (const [name, one] of Object.entries(content)) all[name] = one['recorded-content'];
  }
  return all;
}

describe('the world answers as AWS was recorded to answer', () => {
  test.each(SCENARIOS)('$recording', async (scenario) => {
    const [, recorded] =
      Object.entries(recordings()).find(([name]) => name.endsWith(`::${scenario.recording}`)) ?? [];
    expect(recorded).toBeDefined();
    expect(await runScenario(scenario, recorded ?? {})).toEqual([]);
  });

  test('every recording is replayed, or a reason says why not', () => {
    const replayed = new Set(SCENARIOS.map((scenario) => scenario.recording));
    const names = Object.keys(recordings()).map((name) => name.slice(name.indexOf('::') + 2));
    const left = names.filter((name) => !replayed.has(name));
    expect(left.filter((name) => reasonFor(name) === undefined)).toEqual([]);
    // A reason that no recording needs any more is a reason to look again.
    const used = new Set(left.map((name) => reasonFor(name)?.entry));
    expect(Object.keys(NOT_REPLAYED).filter((entry) => !used.has(entry))).toEqual([]);
    expect([...replayed].filter((name) => !names.includes(name))).toEqual([]);
    const steps = SCENARIOS.flatMap((scenario) => scenario.calls.filter((call) => call.step !== undefined));
    expect(replayed.size).toBeGreaterThanOrEqual(60);
    expect(steps.length).toBeGreaterThanOrEqual(280);
  });

  test('control: a recording without scenario and reason is found', () => {
    expect(reasonFor('TestLambdaSomethingNew::test_first')).toBeUndefined();
    expect(reasonFor('TestLambdaLayer::test_layer_exceptions')?.reason).toContain('layers');
  });
});
