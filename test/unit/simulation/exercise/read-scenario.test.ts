import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readScenario } from '../../../../src/simulation/exercise/read-scenario.ts';

const FOLDER = fileURLToPath(new URL('../../../../simulations/poisoned-queue/', import.meta.url));

/** Reads the exercise with one thing of its scenario written otherwise; resolves to what is said of it, by code. */
async function reading(before: string, after: string): Promise<string> {
  const scenario = readFileSync(join(FOLDER, 'scenario.yaml'), 'utf8');
  expect(scenario).toContain(before);
  return readScenario('scenario.yaml', async (name) =>
    name === 'scenario.yaml' ? scenario.replace(before, after) : readFileSync(join(FOLDER, name), 'utf8'),
  ).then(
    () => 'nothing',
    (error) => `${error.code}: ${error.message}`,
  );
}

describe('a scenario', () => {
  test('is read as it ships (control)', async () => {
    expect(await reading('Poisoned queue on Black Friday', 'Poisoned queue')).toBe('nothing');
  });

  test.each([
    [
      'a leaked key of a user who is not there',
      'as: partner-giftshop',
      'as: partner-giftsop',
      'found partner-giftsop',
    ],
    ['a call with no credentials', 'as: partner-giftshop\n', '\n', 'expected either "with"'],
    ['credentials that nobody took', 'with: stolen', 'with: taken', 'takes credentials, found taken'],
    ['a queue that is not there', 'name: orders-in-dead', 'name: orders-dead', 'expected a queue of'],
    ['an inject that is not there', '{ inject: fixed }', '{ inject: mended }', 'found mended'],
    [
      'a command that answers a question',
      '    delay: 40s\n',
      '    delay: 40s\n    command: /cordon note x\n',
      'a command goes with "happens"',
    ],
    [
      'a verdict that no form has',
      'verdict: true_positive,',
      'verdict: surely,',
      'expected an answer to the form triage',
    ],
    [
      'a deadline without its beginning',
      'since: finding\n    within: 30s\n',
      'within: 30s\n',
      'expected "since"',
    ],
    [
      'a shared file from elsewhere',
      '../common/account.yaml',
      '../../account.yaml',
      'expected the name of a YAML file',
    ],
    [
      'a misspelt delivery, by what may be there',
      'deliver:\n      alert:',
      'deliver:\n      alarm:',
      'expected one of alert, slack, slackDown, account',
    ],
    [
      'what is wrong inside the delivery that was meant',
      'as: now }',
      'as: then }',
      'deliver: alert.stamp.2.as',
    ],
    [
      'what is wrong inside the act that was meant',
      'action: SendMessage',
      'action: send message',
      'attacker.0.act.call.action: ',
    ],
  ])('with %s is refused, and says so', async (_, before, after, why) => {
    const said = await reading(before, after);
    expect(said).toMatch(/^cordon_scenario_invalid: /);
    expect(said).toContain(why);
  });

  test('names the file, line and column of what is wrong', async () => {
    expect(await reading('kind: contingency', 'kind: contingent')).toMatch(
      /scenario\.yaml:\d+:\d+: injects\.1\.kind/,
    );
  });
});
