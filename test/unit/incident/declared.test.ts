import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { approve, untilLevel } from '../../support/answers.ts';
import {
  enrolmentText,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';
import { FUNCTION_ARN, ROLE_ARN } from '../../support/world.ts';

let ground: Ground;
let engine: TestEngine;

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

const writes = () => ground.world.journal.entries().filter((call) => call.write);
let calls = 0;
const contain = (name = 'alice', functionArn = FUNCTION_ARN, reason = 'it mines coins') =>
  engine.cordon.declare({
    identity: { kind: 'cli', name },
    input: { functionArn, severity: 2, reason },
    idempotencyKey: `declaration-${++calls}`,
  });

async function startWith(mode: string, more = ''): Promise<void> {
  const enrolment = parseEnrolment(`${enrolmentText(mode)}${more}`, 'enrolment.yaml');
  engine = await startEngine(ground, { overrides: { enrolment } });
}

async function declared(name = 'alice'): Promise<string> {
  const result = await contain(name);
  if (result.kind !== 'declared') throw new Error(JSON.stringify(result));
  return result.incidentId;
}

describe('an incident that a person declares', () => {
  test('is contained by the playbook, every role that the manifest finds included', async () => {
    await startWith('act');
    const id = await declared();
    await untilLevel(engine, id, 'effective');
    const view = await engine.cordon.views.incidentView(id);
    expect(view?.title).toBe('Declared by alice: it mines coins');
    expect(view?.containment.map(({ action, objectArn, state }) => [action, objectArn, state])).toEqual(
      expect.arrayContaining([
        ['lambda.reserve-zero-concurrency', FUNCTION_ARN, 'held'],
        ['iam.quarantine-role', ROLE_ARN, 'held'],
      ]),
    );
    expect(await contain('alice', `${FUNCTION_ARN}:live`)).toMatchObject({
      outcome: 'joined',
      incidentId: id,
    });
  });

  test('is approved by somebody else', async () => {
    await startWith('ask');
    const id = await declared();
    await quiet(engine);
    const [approval] = (await engine.cordon.views.incidentView(id))?.approvals ?? [];
    if (approval === undefined) throw new Error('nobody was asked');
    expect(await approve(engine, id, approval, 'alice')).toMatchObject({
      code: 'cordon_approval_own_request',
    });
    expect(writes()).toEqual([]);
    expect(await approve(engine, id, approval, 'bob')).toMatchObject({ kind: 'done' });
    await quiet(engine);
    expect(writes().length).toBeGreaterThan(0);
  });

  test('needs a role, a function, and a reason', async () => {
    await startWith('act');
    expect(await contain('eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    expect(await contain('alice', 'checkout-webhook')).toMatchObject({ code: 'cordon_command_bad_input' });
    expect(await contain('alice', FUNCTION_ARN, '')).toMatchObject({ code: 'cordon_command_bad_input' });
    await quiet(engine);
    expect(writes()).toEqual([]);
  });
});

describe('what Cordon never contains', () => {
  test.each([
    ['a function on the exclusion list', `exclusions: ['${FUNCTION_ARN}']`],
    ['a function under an excluded prefix', `exclusions: ['${FUNCTION_ARN.slice(0, -4)}*']`],
    ['its own function', `self: ['${FUNCTION_ARN}']`],
  ])('is %s, whoever asks', async (_what, line) => {
    await startWith('act', `\n${line}\n`);
    expect(await contain()).toMatchObject({
      code: 'cordon_command_not_allowed',
      message: expect.stringContaining('exclusion list'),
    });
    await quiet(engine);
    expect(ground.world.journal.entries()).toEqual([]);
  });

  test('is an account that is not enrolled', async () => {
    await startWith('act');
    const elsewhere = FUNCTION_ARN.replace('111122223333', '999988887777');
    expect(await contain('alice', elsewhere)).toMatchObject({ code: 'cordon_command_not_allowed' });
  });

  test('is a role of its own, also where an alert or a manifest names it', async () => {
    await startWith('act', `\nself: ['${ROLE_ARN}']\n`);
    const id = await declared();
    await quiet(engine);
    const onRole = writes().filter(({ target }) => target === ROLE_ARN);
    expect(onRole).toEqual([]);
    const attempts = [...(await engine.state(id)).attempts.values()];
    expect(attempts.filter(({ object }) => object?.arn === ROLE_ARN).map(({ state }) => state)).toEqual([
      'refused',
      'refused',
    ]);
  });
});
