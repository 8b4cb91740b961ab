import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../src/action/catalogue.ts';
import { accountTemplates, type TemplateRequest } from '../../src/enrolment/account-template.ts';

/** The generated templates as cfn-lint judges them, which knows the resource specifications of AWS itself. */

const folder = mkdtempSync(join(tmpdir(), 'cordon-cfn-lint-'));
let files = 0;

/** What cfn-lint finds, by rule: errors and warnings alike. */
async function findings(templates: readonly object[]): Promise<readonly string[]> {
  const program = process.env.CORDON_TEST_CFN_LINT;
  if (program === undefined || program === '')
    throw new Error(
      'expected CORDON_TEST_CFN_LINT to name the program cfn-lint, found none: install it and set it',
    );
  const named = templates.map((template) => {
    files += 1;
    const file = join(folder, `${files}.template.json`);
    writeFileSync(file, JSON.stringify(template));
    return file;
  });
  // Exit codes above 0 come with findings on standard output.
  const { stdout } = await promisify(execFile)(program, ['--format', 'json', ...named]).catch(
    (error: { readonly stdout?: string }) => ({ stdout: error.stdout ?? '' }),
  );
  const found: readonly { readonly Rule: { readonly Id: string }; readonly Message: string }[] =
    JSON.parse(stdout);
  return found.map(({ Rule, Message }) => `${Rule.Id} ${Message}`);
}

const request = (overrides: Partial<TemplateRequest> = {}): TemplateRequest => ({
  actions: CATALOGUE,
  regions: ['eu-west-1', 'eu-central-1'],
  profile: 'static',
  roleNames: { read: 'cordon-read', contain: 'security/cordon-contain', release: 'cordon-release' },
  subjects: ['checkout', 'cart'].map((functionName) => ({
    region: 'eu-west-1',
    functionName,
    logGroups: [],
  })),
  sink: 'bucket',
  deployers: ['arn:aws:iam::*:role/stacksets-exec-*'],
  ...overrides,
});

describe('the template of a member account', () => {
  test('has nothing that cfn-lint would find fault with', async () => {
    expect(
      await findings([
        ...accountTemplates(request()),
        ...accountTemplates(request({ profile: 'dynamic', sink: 'queue' })),
        ...accountTemplates(
          request({ place: { partition: 'aws-cn', account: '111122223333' }, sink: 'none' }),
        ),
      ]),
    ).toEqual([]);
  }, 120_000);

  test('would be found at fault with a property that does not exist (control)', async () => {
    const broken = JSON.parse(
      JSON.stringify(accountTemplates(request())[0]).replace('"RoleName"', '"RolName"'),
    );
    expect((await findings([broken])).join()).toContain('RolName');
  }, 120_000);
});
