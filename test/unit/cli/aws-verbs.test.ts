import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cli } from '../../support/cli.ts';
import { faultsOf } from '../../support/cloudformation.ts';

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

describe('aws template', () => {
  const CHECKOUT = 'arn:aws:lambda:eu-west-1:111122223333:function:checkout';

  test('prints a template that fits any account, and says what it prepares nothing for', async () => {
    const { code, stdout, stderr } = await cli(['aws', 'template']);
    expect(code).toBe(0);
    expect(faultsOf(JSON.parse(stdout))).toEqual([]);
    expect(stdout).toContain('AWS::AccountId');
    expect(stderr).toContain('no quarantine policy is prepared');
  });

  test('prepares the policies of the functions given, one by one or as a list', async () => {
    const listed = await cli(['aws', 'template', '--functions', '-', '--sink', 'bucket', '--json'], {
      input: `# ours\n${CHECKOUT}\n\n${CHECKOUT}\n`,
    });
    const given = await cli(['aws', 'template', '--function', CHECKOUT, '--sink', 'bucket', '--json']);
    expect(given.stdout).toBe(listed.stdout);
    expect(faultsOf(JSON.parse(given.stdout))).toEqual([]);
    expect(given.stdout).toContain('CordonQuarantine-function-eu-west-1-checkout');
    expect(given.stdout).not.toContain('AWS::Partition');
  });

  test('writes as many files as are needed, and the guard beside them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cordon-template-'));
    const functions = Array.from({ length: 200 }, (_, index) => `${CHECKOUT}-${index}`).join('\n');
    const alone = await cli(['aws', 'template', '--functions', '-'], { input: functions });
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('--output') });
    const { code, stdout } = await cli(
      ['aws', 'template', '--functions', '-', '--output', folder, '--json'],
      {
        input: functions,
      },
    );
    expect(code).toBe(0);
    const { files } = JSON.parse(stdout);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files.slice(0, -1))
      expect(faultsOf(JSON.parse(readFileSync(file, 'utf8')))).toEqual([]);
    const guard = JSON.parse((await cli(['aws', 'template', '--guard', '--account', '111122223333'])).stdout);
    expect(JSON.parse(readFileSync(files.at(-1), 'utf8'))).toEqual(guard);
    // Organizations takes no longer one.
    expect(JSON.stringify(guard).length).toBeLessThan(5120);
  });

  test.each([
    ['a function of two accounts', ['--function', CHECKOUT, '--function', CHECKOUT.replace('1111', '2222')]],
    ['a function with an alias', ['--function', `${CHECKOUT}:PROD`]],
    ['a function of another partition than told', ['--partition', 'aws-cn', '--function', CHECKOUT]],
    ['a sink that is none', ['--sink', 'topic']],
    ['anybody as deployer', ['--deployer', '*']],
  ])('refuses %s', async (_what, options) => {
    expect(await cli(['aws', 'template', ...options])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('cordon_cli_usage'),
    });
  });
});

describe('readiness and the inventory', () => {
  test('say so when nothing is enrolled, and open no database for it', async () => {
    const { code, stdout } = await cli(['readiness', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ready: true, places: [], functions: [] });
  });

  test('say what to do about an account that was never looked at', async () => {
    const environment = {
      CORDON_ENROLMENT: ENROLMENT,
      CORDON_DATA_DIR: mkdtempSync(join(tmpdir(), 'cordon-readiness-')),
    };
    const { code, stdout } = await cli(['readiness', '--json'], { environment });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ready: false, places: [{ takenAt: null }] });
    expect((await cli(['readiness'], { environment })).stdout).toContain('cordon inventory refresh');
    const list = await cli(['inventory', 'list', '--json'], { environment });
    expect(JSON.parse(list.stdout)).toEqual({ places: [], functions: [], notices: [] });
    expect(await cli(['inventory', 'show', 'checkout'], { environment })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cordon_cli_function_unknown'),
    });
    expect((await cli(['inventory', 'refresh', '--account', '111122223333'], { environment })).code).toBe(2);
  });
});
