import { describe, expect, test } from '@jest/globals';
import { abusedApi, abusedApis } from '../../../src/alert/abused-api.ts';
import { readAlert } from '../../../src/alert/read-alert.ts';
import { alertJson } from '../../support/engine.ts';

const action = (service: string, api: string) => {
  const found = abusedApi({ service, api });
  return found.kind === 'action' ? found.action : found.reason;
};

describe('a call that was seen becomes the action that denies it', () => {
  test.each([
    ['s3.amazonaws.com', 'GetObject', 's3:GetObject'],
    ['s3.amazonaws.com', 'ListObjectsV2', 's3:ListBucket'],
    ['s3', 'ListBuckets', 's3:ListAllMyBuckets'],
    ['lambda.amazonaws.com', 'Invoke', 'lambda:InvokeFunction'],
    ['lambda.amazonaws.com', 'UpdateFunctionCode20150331v2', 'lambda:UpdateFunctionCode'],
    ['lambda.amazonaws.com', 'PutFunctionConcurrency20171031', 'lambda:PutFunctionConcurrency'],
    ['monitoring.amazonaws.com', 'PutMetricData', 'cloudwatch:PutMetricData'],
    ['email.amazonaws.com', 'SendEmail', 'ses:SendEmail'],
    ['sqs.amazonaws.com', 'SendMessageBatch', 'sqs:SendMessage'],
    ['sts.amazonaws.com.cn', 'AssumeRole', 'sts:AssumeRole'],
    ['secretsmanager.amazonaws.com', 'BatchGetSecretValue', 'secretsmanager:BatchGetSecretValue'],
  ])('%s %s: %s', (service, api, expected) => {
    expect(action(service, api)).toBe(expected);
  });
});

describe('a call that no action is known to deny is refused with the reason', () => {
  test.each([
    ['sts.amazonaws.com', 'GetCallerIdentity', /lets nobody be denied/],
    ['dynamodb.amazonaws.com', 'TransactWriteItems', /made of/],
    ['newservice.amazonaws.com', 'DoThing', /prefix in IAM/],
    ['constructor', 'GetObject', /prefix in IAM/],
    ['s3.amazonaws.com', 'Get*', /not the name of an API/],
    ['s3.amazonaws.com', '*', /not the name of an API/],
    ['s3.amazonaws.com', 'GetObject","Resource":"*', /not the name of an API/],
  ])('%s %s', (service, api, reason) => {
    expect(action(service, api)).toMatch(reason);
  });
});

test('what an attacker writes into a name reaches nobody as it is, and no more than twenty calls count', () => {
  const calls = Array.from({ length: 30 }, (_, index) => ({ service: '<!channel>\n', api: `X${index}` }));
  const { abusedApis: named, unnamedApis = [] } = abusedApis(calls);
  expect(named).toBeUndefined();
  expect(unnamedApis).toHaveLength(20);
  expect(unnamedApis.join('')).not.toMatch(/[<>!\n]/);
});

describe('an alert', () => {
  const apis = (document: unknown) => {
    const reading = readAlert(new TextEncoder().encode(JSON.stringify(document)));
    return reading.kind === 'alerts' ? reading.alerts.map((alert) => alert.abusedApis) : reading.message;
  };
  const finding = (actionOf: unknown) => {
    // The fixture is ours: an EventBridge event with the finding in `detail`.
    const event = alertJson() as { detail: { service: Record<string, unknown> } };
    event.detail.service.action = actionOf;
    return event;
  };

  test('of GuardDuty names the call of its action', () => {
    const call = { api: 'ListObjectsV2', serviceName: 's3.amazonaws.com', callerType: 'Remote IP' };
    expect(apis(finding({ actionType: 'AWS_API_CALL', awsApiCallAction: call }))).toEqual([
      ['s3:ListBucket'],
    ]);
  });

  test('of GuardDuty about a connection, or with an action of another shape, names none and is read all the same', () => {
    expect(apis(finding({ actionType: 'NETWORK_CONNECTION', networkConnectionAction: {} }))).toEqual([
      undefined,
    ]);
    expect(apis(finding({ awsApiCallAction: { api: 7 } }))).toEqual([undefined]);
    expect(apis(finding('none'))).toEqual([undefined]);
  });

  test('of our own format names its calls', () => {
    const calls = [{ service: 's3.amazonaws.com', api: 'GetObject' }];
    expect(apis({ ...(alertJson({ confidence: 0.3 }) as object), calls })).toEqual([['s3:GetObject']]);
  });
});
