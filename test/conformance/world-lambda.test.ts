import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type RecordedAnswer, type RecordedCall, runScenario } from '../unit/simulation/world/recorded.ts';
import { ACCESS_SCENARIOS } from '../unit/simulation/world/recorded-access.ts';
import { ALIAS_SCENARIOS } from '../unit/simulation/world/recorded-aliases.ts';
import { CONCURRENCY_SCENARIOS } from '../unit/simulation/world/recorded-concurrency.ts';
import { CONTROL_SCENARIOS } from '../unit/simulation/world/recorded-control.ts';

/** Status, code, message and members of AWS's answers that the engine depends on, by scenario and step. */
const FIXTURES: Record<string, Record<string, RecordedAnswer>> = {
  ...read('world-fixtures/lambda.json'),
  ...read('world-fixtures/control.json'),
};

function read(path: string): Record<string, Record<string, RecordedAnswer>> {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
}

const pinned = [...CONCURRENCY_SCENARIOS, ...ACCESS_SCENARIOS, ...ALIAS_SCENARIOS, ...CONTROL_SCENARIOS]
  .filter((scenario) => FIXTURES[scenario.recording] !== undefined)
  .map((scenario) => ({
    ...scenario,
    calls: scenario.calls.map(
      ({ step, ...call }): RecordedCall =>
        step === undefined || FIXTURES[scenario.recording]?.[step] === undefined ? call : { ...call, step },
    ),
  }));

describe('the world answers as AWS does', () => {
  test.each(pinned)('$recording', async (scenario) => {
    expect(await runScenario(scenario, FIXTURES[scenario.recording] ?? {})).toEqual([]);
  });

  test('every fixture belongs to a step that is made', () => {
    const made = new Set(
      pinned.flatMap((one) => one.calls.map((call) => `${one.recording} ${call.step ?? ''}`)),
    );
    const wanted = Object.entries(FIXTURES).flatMap(([name, steps]) =>
      Object.keys(steps).map((step) => `${name} ${step}`),
    );
    expect(wanted.filter((one) => !made.has(one))).toEqual([]);
    expect(wanted.length).toBeGreaterThan(130);
  });

  test('control: a changed status, code, message, member or spacing is found', async () => {
    const name = 'TestLambdaConcurrency::test_reserved_provisioned_overlap';
    const step = 'reserved_lower_than_provisioned_exc';
    const scenario = pinned.find((one) => one.recording === name);
    const right = FIXTURES[name]?.[step];
    if (scenario === undefined || right?.Error === undefined) throw new Error('the fixture is gone');
    const only = {
      ...scenario,
      calls: scenario.calls.map(
        ({ step: own, ...call }): RecordedCall => (own === step ? { ...call, step } : call),
      ),
    };
    const wrong: RecordedAnswer[] = [
      { ...right, ResponseMetadata: { HTTPStatusCode: 409 } },
      { ...right, Error: { ...right.Error, Code: 'ResourceConflictException' } },
      { ...right, Error: { ...right.Error, Message: right.Error.Message.replace('  ', ' ') } },
      { ...right, Type: 'User' },
    ];
    for (const answer of wrong) expect(await runScenario(only, { [step]: answer })).toHaveLength(1);
    expect(await runScenario(only, { [step]: right })).toEqual([]);
  });
});
