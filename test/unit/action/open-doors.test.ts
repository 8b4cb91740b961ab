import { describe, expect, test } from '@jest/globals';
import { openDoorsOf } from '../../../src/action/open-doors.ts';
import type { JsonObject } from '../../../src/json.ts';
import { ACCOUNT, FUNCTION_ARN } from '../../support/world.ts';

const FOREIGN = '999988887777';
const statement = (Sid: string, Principal: JsonObject | string, Condition?: JsonObject): JsonObject => ({
  Sid,
  Effect: 'Allow',
  Principal,
  Action: 'lambda:InvokeFunction',
  Resource: FUNCTION_ARN,
  ...(Condition === undefined ? {} : { Condition }),
});
const doors = (statements: readonly JsonObject[], qualifier: string | null = null) =>
  openDoorsOf({
    account: ACCOUNT,
    urls: [],
    policies: [{ qualifier, policy: { Version: '2012-10-17', Statement: [...statements] } }],
  });

describe('the statements that let strangers in', () => {
  test('are grants to everybody and to other accounts, on the function and on its aliases', () => {
    expect(
      doors([statement('all', '*'), statement('them', { AWS: `arn:aws:iam::${FOREIGN}:root` })]).strangers,
    ).toEqual(['all', 'them']);
    expect(doors([statement('all', { AWS: '*' })], 'live').strangers).toEqual(['live/all']);
  });

  test.each([
    ['a service, which is a trigger', statement('s', { Service: 'apigateway.amazonaws.com' })],
    ['this account', statement('s', { AWS: `arn:aws:iam::${ACCOUNT}:root` })],
    ['everybody of the organisation', statement('s', '*', { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } })],
    ['everybody from this account', statement('s', '*', { StringEquals: { 'AWS:SourceAccount': ACCOUNT } })],
    [
      'who comes by the URL, which is closed',
      statement('s', '*', { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } }),
    ],
    ['nobody: a deny', { ...statement('s', '*'), Effect: 'Deny' }],
  ])('are none of %s', (_what, given) => {
    expect(doors([given])).toEqual({ openUrls: [], strangers: [], unbuildable: false });
  });

  test('are left to a person where release could not make them again', () => {
    const odd = statement('odd', '*', { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } });
    expect(doors([odd, statement('all', '*')])).toMatchObject({ strangers: ['all'], unbuildable: true });
  });

  test('are not taken from what is no policy', () => {
    for (const Statement of ['x', [null, 7, { Sid: 1 }]])
      expect(
        openDoorsOf({ account: ACCOUNT, urls: [], policies: [{ qualifier: null, policy: { Statement } }] })
          .strangers,
      ).toEqual([]);
  });
});

test('the open URLs are those that ask for no credentials', () => {
  const urls = [
    { FunctionArn: FUNCTION_ARN, AuthType: 'NONE' },
    { FunctionArn: `${FUNCTION_ARN}:live`, AuthType: 'NONE' },
    { FunctionArn: `${FUNCTION_ARN}:old`, AuthType: 'AWS_IAM' },
  ];
  expect(openDoorsOf({ account: ACCOUNT, urls, policies: [] }).openUrls).toEqual(['$LATEST', 'live']);
});
