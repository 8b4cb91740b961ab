import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AddPermissionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { STALE_AFTER_MS } from '../../../src/inventory/picture.ts';
import { leaseInventory } from '../../../src/store/inventory.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { freshGround, type Ground, quiet, startEngine, type TestEngine } from '../../support/engine.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, ROLE_ARN } from '../../support/world.ts';

let ground: Ground;
let engine: TestEngine;

beforeEach(async () => {
  ground = await freshGround();
  engine = await startEngine(ground);
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

/** Lets time pass until `work` is done: the least urgent reader waits for its share of the rate budget. */
async function passing<Result>(work: Promise<Result>): Promise<Result> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  done.catch(() => {});
  while (!over) {
    for (let turn = 0; turn < 30 && !over; turn++)
      await new Promise<void>((resolve) => setImmediate(resolve));
    if (!over) ground.clock.advanceToNext();
  }
  return done;
}

const refresh = () => passing(engine.cordon.inventory.refresh());
const settings = () => ({
  region: REGION,
  endpoint: 'http://127.0.0.1:1',
  requestHandler: inProcessHandler(ground.world.fetch, ground.clock),
  credentials: { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' },
});
const notices = async () =>
  (await readTimeline(ground.sql, 'system')).flatMap(({ body }) =>
    body?.kind === 'inventory.revalidate' ? [JSON.stringify(body.data)] : [],
  );

describe('the inventory of an account', () => {
  test('has its functions, their doors and roles, and what could undo a containment', async () => {
    expect(await refresh()).toMatchObject([
      { account: ACCOUNT, outcome: 'refreshed', functions: 2, notices: 0 },
    ]);
    const [picture] = await engine.cordon.inventory.pictures();
    const webhook = picture?.functions.find(({ functionArn }) => functionArn === FUNCTION_ARN);
    expect(webhook).toMatchObject({
      roles: [ROLE_ARN],
      triggers: [{ kind: 'grant', from: 'edge: {"Service":"apigateway.amazonaws.com"}' }],
      sinks: [],
      reserved: null,
      prepared: null,
    });
    expect(picture?.roles.find(({ roleArn }) => roleArn === ROLE_ARN)).toMatchObject({
      others: [],
      grants: expect.arrayContaining(['secretsmanager:GetSecretValue on *']),
      attached: [],
      undoes: [],
    });
    expect(JSON.stringify(picture)).not.toContain('not-for-anyones-eyes');
  });

  test('is looked at by one process at a time, and never twice by mistake', async () => {
    await leaseInventory(ground.sql, { account: ACCOUNT, region: REGION }, 'another process', 60_000);
    expect(await refresh()).toMatchObject([{ outcome: 'busy' }]);
    expect(await engine.cordon.inventory.pictures()).toEqual([]);
  });

  test('says what widened since the last look, once, in the system chain', async () => {
    await refresh();
    const [lambda, iam] = [new LambdaClient(settings()), new IAMClient(settings())];
    await lambda.send(
      new AddPermissionCommand({
        FunctionName: FUNCTION_ARN,
        StatementId: 'backdoor',
        Action: 'lambda:InvokeFunction',
        Principal: '*',
      }),
    );
    const statement = [{ Effect: 'Allow', Action: 'iam:PutRolePolicy', Resource: '*' }];
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'checkout-webhook-role',
        PolicyName: 'more',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statement }),
      }),
    );
    expect(await refresh()).toMatchObject([{ outcome: 'refreshed', notices: 2 }]);
    const said = (await notices()).join('\n');
    for (const news of ['backdoor', 'iam:PutRolePolicy on *']) expect(said).toContain(news);
    const [picture] = await engine.cordon.inventory.pictures();
    expect(picture?.roles.find(({ roleArn }) => roleArn === ROLE_ARN)?.undoes).toContain('iam:PutRolePolicy');
    // Control: nothing changed since, so nothing is said.
    expect(await refresh()).toMatchObject([{ outcome: 'refreshed', notices: 0 }]);
    expect(await notices()).toHaveLength(2);
  });

  test('tells an alert at once how many others are on the role, and nothing once it is stale', async () => {
    await refresh();
    const fresh = await engine.submit();
    expect((await engine.state(fresh)).record).toMatchObject({ sharedWith: { [FUNCTION_ARN]: 0 } });
    await quiet(engine);
    const sibling = FUNCTION_ARN.replace('checkout-webhook', 'sibling');
    void ground.clock.sleep(STALE_AFTER_MS + 1);
    const until = ground.clock.monotonicMs() + STALE_AFTER_MS;
    while (ground.clock.monotonicMs() < until) ground.clock.advanceToNext();
    const stale = await engine.submit({ id: 'finding2', functionArn: sibling });
    expect((await engine.state(stale)).record).toMatchObject({ sharedWith: { [sibling]: -1 } });
  });
});
