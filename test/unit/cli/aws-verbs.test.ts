import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cli } from '../../support/cli.ts';

const ENROLMENT = join(mkdtempSync(join(tmpdir(), 'cordon-aws-verbs-')), 'enrolment.yaml');
writeFileSync(
  ENROLMENT,
  `accounts:
  - id: '111122223333'
    name: Shop
    partition: aws-us-gov
    regions: [us-gov-west-1]
    profile: dynamic
    roles: { contain: 'arn:aws-us-gov:iam::111122223333:role/cordon-contain' }
`,
);

describe('aws iam-policy', () => {
  test('prints one policy that can be used as it is, or all three', async () => {
    const asked = ['aws', 'iam-policy', '--account', '111122223333', '--region', 'eu-west-1'];
    const contain = JSON.parse((await cli([...asked, '--role', 'contain'])).stdout);
    expect(contain).toMatchObject({ Version: '2012-10-17' });
    expect(JSON.stringify(contain)).toContain('lambda:PutFunctionConcurrency');
    expect(JSON.stringify(contain)).toContain('eu-west-1:111122223333');
    expect(Object.keys(JSON.parse((await cli(asked)).stdout))).toEqual(['read', 'contain', 'release']);
  });

  test('needs nothing to be given, and then says for which account', async () => {
    const { code, stdout, stderr } = await cli(['aws', 'iam-policy']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ read: { Version: '2012-10-17' } });
    expect(stderr).toContain('give --account');
  });

  test('takes partition, Regions, profile and own roles from the enrolment file', async () => {
    const { stdout } = await cli(['aws', 'iam-policy', '--json'], {
      environment: { CORDON_ENROLMENT: ENROLMENT },
    });
    const printed = JSON.parse(stdout);
    expect(printed).toMatchObject({
      account: '111122223333',
      profile: 'dynamic',
      regions: ['us-gov-west-1'],
    });
    expect(stdout).toContain('arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:*');
    expect(stdout).not.toContain('arn:aws:');
    expect(JSON.stringify(printed.roles[1])).toContain('CordonContainNeverItself');
  });

  test('calls the profile dynamic administrator-equivalent, and the profile static not', async () => {
    const asked = ['aws', 'iam-policy', '--account', '111122223333', '--role', 'contain'];
    const dynamic = await cli([...asked, '--profile', 'dynamic']);
    expect(dynamic.stderr).toContain('administrator-equivalent');
    expect(dynamic.stdout).toContain('AdministratorEquivalent');
    const fixed = await cli([...asked, '--profile', 'static']);
    expect(`${fixed.stderr}${fixed.stdout}`.toLowerCase()).not.toContain('administrator');
  });
});
