import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ContainAction, ReadAction } from '../../src/action/action.ts';
import { ACTIONS } from '../../src/action/catalogue.ts';
import type { ActionContext, Target } from '../../src/action/ports.ts';
import { type AwsAccessFactory, createAwsAccess } from '../../src/aws/access.ts';
import { systemClock } from '../../src/clock.ts';
import { randomIds } from '../../src/id.ts';
import type { JsonObject } from '../../src/json.ts';
import { actionContext, held, memoryEvidence, NOW } from '../support/action-context.ts';
import { ACCOUNT, failureOf, openGuard, REGION, SCOPE } from '../support/aws-access.ts';

/**
 * A second opinion on the wire: the same ports and actions against moto, which was written by others. It lacks
 * provisioned concurrency, URL listing and the IAM simulator, and leaves reserved concurrency 0 out of
 * `GetFunction` (moto 5.2.1); each such place is named below.
 */

const MOTO_URL = process.env.CORDON_TEST_MOTO_URL ?? '';

const CREDENTIALS = { accessKeyId: 'AKIACORDONMOTO000000', secretAccessKey: 'moto' };

// An archive without a file in it: the end-of-central-directory record alone.
const EMPTY_ZIP = Buffer.concat([Buffer.from([0x50, 0x4b, 5, 6]), Buffer.alloc(18)]);

let open: AwsAccessFactory;
let target: Target;

beforeAll(async () => {
  if (MOTO_URL === '') {
    throw new Error(
      'expected CORDON_TEST_MOTO_URL to name a moto server (http://127.0.0.1:<port>), found none: start moto_server and set it',
    );
  }
  const ids = randomIds;
  const functionName = `checkout-${ids.next('att')}`;
  const config = { region: REGION, endpoint: MOTO_URL, credentials: CREDENTIALS };
  const iam = new IAMClient(config);
  const roleName = `role-${functionName}`;
  await iam.send(
    new CreateRoleCommand({
      RoleName: roleName,
      Path: '/service/',
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      }),
    }),
  );
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/service/${roleName}`;
  await new LambdaClient(config).send(
    new CreateFunctionCommand({
      FunctionName: functionName,
      Role: roleArn,
      Runtime: 'nodejs20.x',
      Handler: 'index.handler',
      Code: { ZipFile: EMPTY_ZIP },
      Environment: { Variables: { TOKEN: 'hush-hush' } },
    }),
  );
  target = {
    functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${functionName}`,
    functionName,
    partition: 'aws',
    account: ACCOUNT,
    region: REGION,
    roles: [roleArn],
    tier: 'test',
    tags: {},
  };
  open = createAwsAccess({
    transport: { kind: 'world', endpoint: MOTO_URL, credentials: CREDENTIALS },
    clock: systemClock,
    random: () => 0,
  });
});

function context(overrides: Partial<ActionContext> = {}): ActionContext {
  return actionContext(open, { target, ...overrides });
}

function contain(id: string): ContainAction {
  const action = ACTIONS.get(id);
  if (action?.effect !== 'contain') throw new Error(`${id} does not contain`);
  return action;
}

function read(id: string): ReadAction {
  const action = ACTIONS.get(id);
  if (action?.effect !== 'read') throw new Error(`${id} does not read`);
  return action;
}

async function roundTrip(action: ContainAction, input: JsonObject) {
  const [object] = action.objects(target, input);
  if (object === undefined) throw new Error('the action names no object');
  const here = context();
  const prior = await action.capture(here, object, input);
  const { desired } = action.plan({ object, input, prior, target, incidentId: here.incidentId });
  const observe = async () => (await action.observe(here, object, prior, desired)).kind;
  const before = await observe();
  await action.apply(here, object, desired);
  const during = await observe();
  await action.revert(here, object, prior, desired);
  return { seen: [before, during, await observe()], desired, object };
}

describe('against moto', () => {
  test.each([[null], [5]])('reserved concurrency goes from %s to 0 and back', async (before) => {
    const { lambda } = open(SCOPE, openGuard());
    if (before !== null) await lambda.putReservedConcurrency(target.functionArn, before);
    const { seen } = await roundTrip(contain('lambda.reserve-zero-concurrency'), {});
    expect(seen).toEqual(['not-in-effect', 'in-effect', 'not-in-effect']);
    expect(await lambda.getReservedConcurrency(target.functionArn)).toBe(before);
    await lambda.deleteReservedConcurrency(target.functionArn);
  });

  test.each(['function', 'role'])('the quarantine in mode %s comes and goes', async (mode) => {
    const { seen } = await roundTrip(contain('iam.quarantine-role'), { roles: target.roles, mode });
    expect(seen).toEqual(['not-in-effect', 'in-effect', 'not-in-effect']);
    expect(
      await open(SCOPE, openGuard()).iam.listInlinePolicies(target.roles[0]?.split('/').at(-1) ?? ''),
    ).toEqual([]);
  });

  test('the manifest is captured, but for what moto cannot list', async () => {
    const evidence = memoryEvidence();
    const output = await read('target.capture-manifest').run(context({ evidence }), {});
    expect(output).toMatchObject({ roles: target.roles, sharedWith: 0, codeSha256: expect.any(String) });
    // moto reads a function's ARN undecoded in ListAliases, and knows no path for the other two.
    expect(output.unknown).toEqual([
      expect.objectContaining({ part: 'aliases', code: 'cordon_aws_not_found' }),
      expect.objectContaining({ part: 'provisioned concurrency', code: 'cordon_aws_bad_response' }),
      expect.objectContaining({ part: 'function URLs', code: 'cordon_aws_bad_response' }),
    ]);
    expect([...evidence.items.values()].map(({ text }) => text).join()).not.toContain('hush-hush');
  });

  test('a quarantine is read back, and its simulation is said to be unavailable', async () => {
    const action = contain('iam.quarantine-role');
    const input = { roles: target.roles, mode: 'function' };
    const [object] = action.objects(target, input);
    if (object === undefined) throw new Error('the action names no object');
    const here = context();
    const prior = await action.capture(here, object, input);
    const { desired } = action.plan({ object, input, prior, target, incidentId: here.incidentId });
    await action.apply(here, object, desired);
    const verify = (ageMs: number) =>
      read('containment.verify').run(context({ held: [held(object.key, action.id, desired, ageMs)] }), {});
    expect(await verify(60_000)).toMatchObject({
      level: 'effective',
      detail: expect.stringContaining('the IAM simulator gave no answer'),
    });
    await action.revert(here, object, prior, desired);
    expect(await verify(60_000)).toMatchObject({
      level: 'accepted',
      detail: expect.stringContaining('is gone'),
    });
  }, 60_000);

  test('the evidence has configuration, role and logs', async () => {
    const logs = new CloudWatchLogsClient({ region: REGION, endpoint: MOTO_URL, credentials: CREDENTIALS });
    const logGroupName = `/aws/lambda/${target.functionName}`;
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 's' }));
    // moto takes events of the last two weeks by its own clock, which is the machine's.
    const now = systemClock.now();
    const logEvents = [{ timestamp: now.getTime() - 1000, message: 'START' }];
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: 's', logEvents }));
    const evidence = memoryEvidence();
    const clock = { ...systemClock, now: () => new Date(Math.max(now.getTime(), NOW.getTime())) };
    const output = await read('evidence.snapshot').run(context({ evidence, clock }), {});
    expect(output).toMatchObject({ items: expect.any(Number) });
    const text = [...evidence.items].find(([name]) => name.includes('/logs/'))?.[1].text;
    expect(text).toContain('"message":"START"');
    expect([...evidence.items.keys()].some((name) => name.includes('/roles/'))).toBe(true);
  });

  test('a role is assumed, and what is not there is not found', async () => {
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/CordonRead`;
    const assuming = createAwsAccess({
      transport: { kind: 'world', endpoint: MOTO_URL, credentials: CREDENTIALS },
      clock: systemClock,
      random: () => 0,
      roleFor: () => ({ roleArn, externalId: 'ext' }),
    });
    const { lambda, iam } = assuming({ ...SCOPE, purpose: 'read' }, openGuard());
    expect((await lambda.getFunction(target.functionArn)).configuration.roleArn).toBe(target.roles[0]);
    const notFound = expect.objectContaining({ code: 'cordon_aws_not_found', classification: 'terminal' });
    expect(await failureOf(lambda.getFunction(`${target.functionArn}-gone`))).toEqual(notFound);
    expect(await failureOf(iam.getRole('gone'))).toEqual(notFound);
    expect(await lambda.getPolicy(target.functionArn)).toBeNull();
    assuming.close();
  });
});
