import { describe, expect, test } from '@jest/globals';
import {
  formatFunctionArn,
  parseFindingArn,
  parseFunctionArn,
  parseRoleArn,
} from '../../../src/alert/arn.ts';

const base = 'arn:aws:lambda:eu-west-1:111122223333:function:checkout';

describe('a function ARN', () => {
  test.each([
    [base, undefined],
    [`${base}:$LATEST`, '$LATEST'],
    [`${base}:$LATEST.PUBLISHED`, '$LATEST.PUBLISHED'],
    [`${base}:42`, '42'],
    [`${base}:live`, 'live'],
    ['arn:aws-cn:lambda:cn-north-1:111122223333:function:a_B-9', undefined],
    ['arn:aws-us-gov:lambda:us-gov-east-1:111122223333:function:checkout:1', '1'],
    ['arn:aws:lambda:ap-southeast-5:111122223333:function:checkout', undefined],
  ])('%s is parsed and formatted back', (text, qualifier) => {
    const arn = parseFunctionArn(text);
    expect(arn?.qualifier).toBe(qualifier);
    expect(arn === null ? null : formatFunctionArn(arn)).toBe(text);
  });

  test.each([
    '',
    'checkout',
    '111122223333:function:checkout',
    'arn:aws:lambda:eu-west-1:111122223333:function',
    'arn:aws:lambda:eu-west-1:111122223333:function:',
    'arn:aws:lambda:eu-west-1:111122223333:layer:checkout',
    'arn:aws:s3:eu-west-1:111122223333:function:checkout',
    'arn:aws:lambda::111122223333:function:checkout',
    'arn:aws:lambda:eu-west-1:11112222333:function:checkout',
    'arn:aws:lambda:eu-west-1:*:function:checkout',
    'arn:aws:lambda:EU-WEST-1:111122223333:function:checkout',
    'arn:aws-cn:lambda:eu-west-1:111122223333:function:checkout',
    'arn:aws:lambda:cn-north-1:111122223333:function:checkout',
    'arn:aws:lambda:us-gov-east-1:111122223333:function:checkout',
    'arn:aws-iso:lambda:us-iso-east-1:111122223333:function:checkout',
    `${base}*`,
    `${base}/x`,
    `${base}\n`,
    `${base}:`,
    `${base}:a b`,
    `${base}:1:2`,
    ` ${base}`,
    `arn:aws:lambda:eu-west-1:111122223333:function:${'x'.repeat(65)}`,
    `${base}:${'x'.repeat(129)}`,
  ])('%j is refused', (text) => {
    expect(parseFunctionArn(text)).toBeNull();
  });
});

describe('a role ARN', () => {
  test.each([
    ['arn:aws:iam::111122223333:role/checkout-role', 'checkout-role'],
    ['arn:aws:iam::111122223333:role/service-role/team/a+=,.@_-1', 'a+=,.@_-1'],
    ['arn:aws-cn:iam::111122223333:role/r', 'r'],
  ])('%s names the role %s', (text, roleName) => {
    expect(parseRoleArn(text)?.roleName).toBe(roleName);
  });

  test.each([
    'arn:aws:iam::111122223333:user/x',
    'arn:aws:iam:eu-west-1:111122223333:role/x',
    'arn:aws:iam::111122223333:role/',
    'arn:aws:iam::111122223333:role/a b',
    'arn:aws:iam::111122223333:role//x',
    'arn:aws:sts::111122223333:assumed-role/x/y',
    `arn:aws:iam::111122223333:role/${'x'.repeat(65)}`,
    `arn:aws:iam::111122223333:role/${'/'.repeat(1000)}`,
  ])('%j is refused', (text) => {
    expect(parseRoleArn(text)).toBeNull();
  });
});

describe('the ARN of a finding', () => {
  test('is parsed', () => {
    expect(parseFindingArn('arn:aws:guardduty:eu-west-1:111122223333:detector/1ac1/finding/a6c5')).toEqual({
      partition: 'aws',
      region: 'eu-west-1',
      account: '111122223333',
    });
  });

  test.each([
    'arn:aws:guardduty:eu-west-1:111122223333:detector/1ac1',
    'arn:aws:guardduty:eu-west-1:111122223333:detector/1ac1/finding/',
    'arn:aws:guardduty:eu-west-1:111122223333:detector/1ac1/finding/a/b',
    'arn:aws:securityhub:eu-west-1:111122223333:detector/1ac1/finding/a6c5',
  ])('%j is refused', (text) => {
    expect(parseFindingArn(text)).toBeNull();
  });
});
