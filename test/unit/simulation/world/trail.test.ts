import { LookupEventsCommand, type LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail';
import { DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  GetFunctionCommand,
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { ACCOUNT, ADMIN, arnOf, REGION, type Stage, smallSpec, stageOfEachTest } from './support.ts';

const opened = stageOfEachTest();

const FunctionName = 'webhook';
const EMPTY_ZIP = Buffer.concat([Buffer.from([0x50, 0x4b, 5, 6]), Buffer.alloc(18)]);
const by = (
  AttributeKey: 'EventName' | 'ResourceName' | 'AccessKeyId' | 'Username',
  AttributeValue: string,
) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
});

async function lookUp({ as, clock }: Stage, input: LookupEventsCommandInput, region = REGION) {
  clock.advance(1_000); // two calls a second are allowed; each look-up of a test has a second of its own
  const { Events = [], NextToken } = await as(ADMIN, region).trail.send(new LookupEventsCommand(input));
  return {
    events: Events,
    records: Events.map(({ CloudTrailEvent = '{}' }): Record<string, unknown> => JSON.parse(CloudTrailEvent)),
    token: NextToken,
  };
}

describe('the event history', () => {
  test('has a change under its versioned name, without code, and only after the delivery delay', async () => {
    const here = await opened();
    await here.as().lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: EMPTY_ZIP }));
    expect((await lookUp(here, by('EventName', 'UpdateFunctionCode20150331v2'))).events).toEqual([]);
    here.clock.advance(300_000);
    const { records } = await lookUp(here, by('EventName', 'UpdateFunctionCode20150331v2'));
    expect(records).toMatchObject([
      {
        eventSource: 'lambda.amazonaws.com',
        eventTime: '2026-11-24T04:00:00Z',
        awsRegion: REGION,
        readOnly: false,
        userIdentity: { type: 'IAMUser', userName: 'admin', accountId: ACCOUNT },
        requestParameters: { functionName: FunctionName },
        responseElements: { functionArn: arnOf('webhook'), codeSha256: expect.any(String) },
      },
    ]);
    expect(JSON.stringify(records)).not.toContain('zipFile');
    // The plain name finds nothing, and the function is found by name as by ARN.
    expect((await lookUp(here, by('EventName', 'UpdateFunctionCode'))).events).toEqual([]);
    expect((await lookUp(here, by('ResourceName', arnOf('webhook')))).events).toHaveLength(1);
    expect((await lookUp(here, by('ResourceName', FunctionName))).events).toHaveLength(1);
  });

  test('tells from which function credentials came, and that a call was refused', async () => {
    const here = await opened();
    const stolen = here.world.attacker.stealCredentials('webhook', '1');
    await here.world.attacker.callAs(stolen, { service: 'iam', action: 'GetRole', resource: 'webhook-role' });
    here.clock.advance(300_000);
    // IAM writes its history in one Region.
    expect((await lookUp(here, by('AccessKeyId', stolen.accessKeyId))).events).toHaveLength(0);
    const { records } = await lookUp(here, by('AccessKeyId', stolen.accessKeyId), 'us-east-1');
    expect(records).toMatchObject([
      {
        eventName: 'GetRole',
        errorCode: 'AccessDenied',
        userIdentity: {
          type: 'AssumedRole',
          principalId: expect.stringMatching(/^AROA\w+:webhook$/),
          sessionContext: { sessionIssuer: { userName: 'webhook-role' } },
          inScopeOf: {
            issuerType: 'AWS::Lambda::Function',
            credentialsIssuedTo: arnOf('webhook'),
            credentialsIssuedToVersion: `${arnOf('webhook')}:1`,
          },
        },
      },
    ]);
    // That Lambda assumed the role for it is in the function's Region, and names the key.
    const minted = await lookUp(here, by('ResourceName', stolen.accessKeyId));
    expect(minted.records).toMatchObject([
      { eventName: 'AssumeRole', userIdentity: { type: 'AWSService', invokedBy: 'lambda.amazonaws.com' } },
    ]);
  });

  test('keeps the source identity of an assumed role, and has no data events', async () => {
    const trust = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: ACCOUNT },
        Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      },
    };
    const all = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } };
    const here = await opened(
      smallSpec({
        roles: [
          { name: 'Contain', trust, policies: { all } },
          { name: 'webhook-role', policies: { all } },
        ],
      }),
    );
    const { Credentials: given } = await here.as().sts.send(
      new AssumeRoleCommand({
        RoleArn: `arn:aws:iam::${ACCOUNT}:role/Contain`,
        RoleSessionName: 'inc-7',
        SourceIdentity: 'cordon',
      }),
    );
    const session = {
      accessKeyId: given?.AccessKeyId ?? '',
      secretAccessKey: given?.SecretAccessKey ?? '',
      sessionToken: given?.SessionToken ?? '',
    };
    const { lambda } = here.as(session);
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 5 }));
    await lambda.send(new InvokeCommand({ FunctionName }));
    here.clock.advance(300_000);
    const { records } = await lookUp(here, by('Username', 'inc-7'));
    expect(records).toMatchObject([
      {
        eventName: 'PutFunctionConcurrency20171031',
        requestParameters: { functionName: FunctionName, reservedConcurrentExecutions: 5 },
        userIdentity: { sessionContext: { sourceIdentity: 'cordon' } },
      },
    ]);
  });

  test('pages newest first, fifty at a time, undisturbed by what is delivered meanwhile', async () => {
    const here = await opened();
    const { lambda, iam } = here.as();
    for (let index = 0; index < 60; index++) await lambda.send(new GetFunctionCommand({ FunctionName }));
    here.clock.advance(290_000);
    await lambda.send(new GetFunctionCommand({ FunctionName, Qualifier: '1' }));
    here.clock.advance(9_000);
    const wanted = by('EventName', 'GetFunction20150331v2');
    const first = await lookUp(here, wanted);
    expect(first.events).toHaveLength(50);
    here.clock.advance(300_000);
    const second = await lookUp(here, { ...wanted, NextToken: first.token ?? '' });
    expect(second.events).toHaveLength(10);
    expect(second.token).toBeUndefined();
    const seen = [...first.events, ...second.events].map((event) => event.EventId);
    expect(new Set(seen).size).toBe(60);
    await expect(
      lookUp(here, { ...by('EventName', 'GetRole'), NextToken: first.token ?? '' }),
    ).rejects.toMatchObject({ name: 'InvalidNextTokenException' });
    await expect(
      lookUp(here, {
        LookupAttributes: [...wanted.LookupAttributes, ...by('Username', 'admin').LookupAttributes],
      }),
    ).rejects.toMatchObject({ name: 'InvalidLookupAttributesException' });
    // What was refused is there as well, in IAM's own Region.
    await expect(
      iam.send(new DeleteRolePolicyCommand({ RoleName: 'webhook-role', PolicyName: 'none' })),
    ).rejects.toBeDefined();
    here.clock.advance(300_000);
    const refused = await lookUp(here, by('EventName', 'DeleteRolePolicy'), 'us-east-1');
    expect(refused.records).toMatchObject([{ errorCode: 'NoSuchEntity', readOnly: false }]);
  });

  test('is asked twice a second at most', async () => {
    const here = await opened(smallSpec({ rateLimits: true }));
    const { trail } = here.as();
    const ask = () => trail.send(new LookupEventsCommand({}));
    await ask();
    await ask();
    await expect(ask()).rejects.toMatchObject({ name: 'ThrottlingException' });
    here.clock.advance(1_000);
    await ask();
  });
});
