import { expect, test } from '@jest/globals';
import { secretFree } from '../../../src/aws/secret-free.ts';

const TOKEN = `IQoJb3JpZ2luX2VjE${'abc/DEF+012'.repeat(40)}==`;

test.each([
  [
    'a presigned link',
    'cannot read https://bucket.s3.amazonaws.com/code.zip?X-Amz-Security-Token=tok-en&X-Amz-Signature=feed again',
    'cannot read https://bucket.s3.amazonaws.com/code.zip?[left out] again',
  ],
  [
    'the canonical request of a wrong signature',
    `does not match. The Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:tok-en`,
    'does not match. [left out]',
  ],
  [
    'an environment that does not fit',
    'exceeded the 4KB limit. String measured: {"API_KEY":"tok-en"}',
    'exceeded the 4KB limit. String measured: [left out]',
  ],
  ['a header', 'sent x-amz-security-token: tok-en; and', 'sent x-amz-security-token: [left out]; and'],
  ['a variable', '"AWS_SECRET_ACCESS_KEY":"tok-en"}', '"AWS_SECRET_ACCESS_KEY":"[left out]"}'],
  ['a token', `Encoded message: ${TOKEN} (request)`, 'Encoded message: [left out] (request)'],
])('leaves %s out', (_, message, expected) => {
  expect(secretFree(message)).toBe(expected);
});

test('leaves names, ARNs and links without a query as they are', () => {
  const role = `arn:aws:sts::111122223333:assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}`;
  for (const message of [
    `User: ${role} is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:${'f'.repeat(64)}`,
    'see https://docs.aws.amazon.com/lambda/latest/dg/x.html for more',
  ]) {
    expect(secretFree(message)).toBe(message);
  }
});

test('reads hostile text to its end', () => {
  // Bounded by its caller at 4,096; ten times as long, and made of what nearly matches.
  for (const part of [
    'http://a',
    'x-amz-signature:',
    'string measure',
    'aws_session_token="',
    'A'.repeat(199),
  ]) {
    expect(secretFree(`${part} `.repeat(40_960 / part.length)).length).toBeGreaterThan(0);
  }
});
