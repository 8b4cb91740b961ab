import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import {
  AttachRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, test } from '@jest/globals';
import { deleteOnFirstWrite } from '../../../../src/simulation/world/attackers/deletion.ts';
import { redeployment } from '../../../../src/simulation/world/attackers/redeploy.ts';
import {
  SELF_HEALING_EVERY_MS,
  selfHealingAttacker,
} from '../../../../src/simulation/world/attackers/self-healing.ts';
import { starvingAttacker } from '../../../../src/simulation/world/attackers/starvation.ts';
import { ACCOUNT, ADMIN, arnOf, REGION, type Stage, smallSpec, stage } from './support.ts';

let open: Stage | undefined;
afterEach(async () => {
  await open?.served.close();
  open = undefined;
});

const FunctionName = 'webhook';
const RoleName = 'webhook-role';
const denyAll = { Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*' } };
const allow = (Action: string | string[]) => ({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action, Resource: '*' },
});
const QUARANTINE = `arn:aws:iam::${ACCOUNT}:policy/CordonQuarantine`;
const secret = {
  service: 'secretsmanager',
  action: 'GetSecretValue',
  resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:key`,
};

/** An account whose function may write IAM, which is what such an attacker lives by. */
async function opened(more: Record<string, unknown> = {}): Promise<Stage> {
  open = await stage(
    smallSpec({
      roles: [{ name: RoleName, policies: { base: allow('*') } }],
      managedPolicies: [{ name: 'CordonQuarantine', document: denyAll }],
      ...more,
    }),
  );
  return open;
}

/** The guard of an organisation: nobody detaches the quarantine but who is meant to. */
const guarded = {
  organisation: {
    id: 'o-exampleorg1',
    serviceControlPolicies: [
      [
        allow('*'),
        {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Deny',
            Action: ['iam:DetachRolePolicy'],
            Resource: '*',
            Condition: {
              ArnEquals: { 'iam:PolicyARN': QUARANTINE },
              StringNotEquals: { 'aws:username': 'admin' },
            },
          },
        },
      ],
    ],
  },
};

describe('the self-healing attacker', () => {
  const PolicyDocument = JSON.stringify(denyAll);
  const restraints = [
    [
      'an inline deny',
      ({ as }: Stage) =>
        as().iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'q', PolicyDocument })),
    ],
    [
      'a managed deny',
      ({ as }: Stage) => as().iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: QUARANTINE })),
    ],
    [
      'a boundary',
      ({ as }: Stage) =>
        as().iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: QUARANTINE })),
    ],
  ] as const;

  /** Rounds for so long, and whether the stolen credentials still work at the end of each. */
  async function live(here: Stage, forMs: number, attacker: ReturnType<typeof selfHealingAttacker>) {
    const stolen = here.world.attacker.stealCredentials(FunctionName);
    const works: boolean[] = [];
    for (let spent = 0; spent < forMs; spent += SELF_HEALING_EVERY_MS) {
      await attacker.round();
      works.push((await here.world.attacker.callAs(stolen, secret)).kind === 'ok');
      here.clock.advance(SELF_HEALING_EVERY_MS);
    }
    return works;
  }

  test.each(restraints)('strips %s before it has held for a second', async (_name, restrain) => {
    const here = await opened();
    const before = here.world.snapshot();
    const attacker = selfHealingAttacker(here.world, FunctionName);
    await attacker.round();
    await restrain(here);
    const works = await live(here, 12_000, attacker);
    expect(attacker.attempts).toMatchObject([{ outcome: 'ok' }]);
    // It bites for as long as the strip takes to propagate after it, and then no more.
    expect(works.filter((one) => !one).length).toBeLessThanOrEqual(2);
    expect(works.at(-1)).toBe(true);
    expect(here.world.snapshot()).toEqual(before);
  });

  test('is held by the quarantine that an organisation policy guards, and by nothing else', async () => {
    const here = await opened(guarded);
    const attacker = selfHealingAttacker(here.world, FunctionName);
    await attacker.round();
    await here.as().iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: QUARANTINE }));
    const works = await live(here, 12_000, attacker);
    expect(attacker.attempts.length).toBeGreaterThan(0);
    expect(attacker.attempts.every(({ outcome }) => outcome === 'denied')).toBe(true);
    // From the end of the propagation on, nothing works any more.
    expect(works.slice(8)).toEqual(Array.from({ length: works.length - 8 }, () => false));
  });

  test('puts its own concurrency back as long as its role may', async () => {
    const here = await opened();
    const attacker = selfHealingAttacker(here.world, FunctionName);
    await attacker.round();
    const { lambda } = here.as();
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    await attacker.round();
    const read = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }));
    expect(read.ReservedConcurrentExecutions).toBeUndefined();
    expect(attacker.attempts).toMatchObject([{ action: 'lambda:DeleteFunctionConcurrency', outcome: 'ok' }]);
  });

  test('can do nothing with a role that may not write IAM', async () => {
    const here = await opened({ roles: [{ name: RoleName, policies: { base: allow('secretsmanager:*') } }] });
    const attacker = selfHealingAttacker(here.world, FunctionName);
    await attacker.round();
    await here.as().iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'q', PolicyDocument }));
    const works = await live(here, 8_000, attacker);
    expect(attacker.attempts).toEqual([]);
    expect(works.at(-1)).toBe(false);
  });

  test('runs on a clock until it is told to stop', async () => {
    const here = await opened();
    const stop = new AbortController();
    const attacker = selfHealingAttacker(here.world, FunctionName);
    await attacker.round();
    await here.as().iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'q', PolicyDocument }));
    const off = here.world.journal.subscribe((entry) => {
      if (entry.operation === 'DeleteRolePolicy') stop.abort();
    });
    await attacker.run(here.clock, SELF_HEALING_EVERY_MS, stop.signal);
    off();
    expect(attacker.attempts).toMatchObject([{ on: 'q', outcome: 'ok' }]);
  });
});

describe('others who act during containment', () => {
  test('starve the control plane of Lambda, never that of IAM', async () => {
    const here = await opened({ rateLimits: true });
    const stolen = here.world.attacker.stealCredentials(FunctionName);
    const attacker = starvingAttacker(here.world, stolen, { region: REGION, calls: 20 });
    await attacker.round();
    expect(attacker.attempts.filter(({ outcome }) => outcome === 'failed')).toHaveLength(5);
    const { lambda, iam } = here.as();
    const put = () =>
      lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    await expect(put()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    await iam.send(
      new PutRolePolicyCommand({ RoleName, PolicyName: 'q', PolicyDocument: JSON.stringify(denyAll) }),
    );
    // Once the deny is in force the attacker's calls are refused; they still count against the rate.
    here.clock.advance(4_000);
    await put();
    await attacker.round();
    expect(attacker.attempts.slice(20).some(({ outcome }) => outcome === 'ok')).toBe(false);
  });

  test('redeploy what was contained, and are found in the history under their own name', async () => {
    const source = `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`;
    const here = await opened({
      queues: [{ name: 'orders' }],
      eventSourceMappings: [{ function: FunctionName, source, enabled: false }],
    });
    const { lambda } = here.as();
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    const deploy = redeployment(here.world, ADMIN, { functionArn: arnOf(FunctionName) });
    await deploy.round();
    expect(deploy.attempts.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['lambda:DeleteFunctionConcurrency', 'ok'],
      ['lambda:UpdateEventSourceMapping', 'ok'],
    ]);
    expect(
      (await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions,
    ).toBe(undefined);
    here.clock.advance(300_000);
    const { Events } = await here.as().trail.send(
      new LookupEventsCommand({
        LookupAttributes: [
          { AttributeKey: 'EventName', AttributeValue: 'DeleteFunctionConcurrency20171031' },
        ],
      }),
    );
    expect(Events).toMatchObject([{ Username: 'admin' }]);
    const fixed = redeployment(here.world, ADMIN, {
      functionArn: arnOf(FunctionName),
      reservedConcurrency: 7,
    });
    await fixed.round();
    expect(
      (await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName }))).ReservedConcurrentExecutions,
    ).toBe(7);
  });

  test('delete the function after the first write on it, and not before', async () => {
    const here = await opened();
    const stolen = here.world.attacker.stealCredentials(FunctionName);
    const trap = deleteOnFirstWrite(here.world, arnOf(FunctionName), stolen);
    const { lambda } = here.as();
    await lambda.send(new GetFunctionCommand({ FunctionName }));
    expect(here.world.state.functions.has(arnOf(FunctionName))).toBe(true);
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
    expect(await trap.sprung).toMatchObject({ outcome: 'ok' });
    await expect(
      lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 0 })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    trap.disarm();
  });
});
