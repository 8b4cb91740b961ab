import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../../src/action/catalogue.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { cli } from '../../support/cli.ts';

const PLAYBOOK = join(PACKAGE_ROOT, 'playbooks', 'lambda-compromise.yaml');
const CASES = join(PACKAGE_ROOT, 'guardrails', 'tests', 'default.yaml');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-cli-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('cordon playbook', () => {
  test('check passes the playbook that ships', async () => {
    expect(await cli(['playbook', 'check', PLAYBOOK])).toMatchObject({
      code: 0,
      stdout: `${PLAYBOOK}: ok\n`,
    });
  });

  test('check names file, line, column and code of each fault', async () => {
    const source = await readFile(PLAYBOOK, 'utf8');
    const faulty = await file('faulty.yaml', source.replace('src: human.question', 'src: human.guess'));
    const { code, stdout } = await cli(['playbook', 'check', faulty]);
    expect(code).toBe(1);
    expect(stdout.split('\n')[0]).toMatch(/faulty\.yaml:\d+:\d+: cordon_playbook_unknown_action: /);
    const { value } = { value: JSON.parse((await cli(['playbook', 'check', faulty, '--json'])).stdout) };
    expect(value).toMatchObject({ ok: false, diagnostics: [{ line: expect.any(Number) }] });
  });

  test('check says when there is no such file', async () => {
    const { code, stderr } = await cli(['playbook', 'check', join(folder, 'none.yaml')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^cordon_cli_file_unreadable: .*ENOENT/);
  });

  test('graph draws it', async () => {
    const { code, stdout } = await cli(['playbook', 'graph', PLAYBOOK]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^stateDiagram-v2\n/);
  });

  test('graph refuses what cannot be drawn', async () => {
    const nothing = await file('nothing.yaml', 'id: nothing\n');
    const { code, stderr } = await cli(['playbook', 'graph', nothing]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cordon_playbook_invalid: /);
  });
});

describe('cordon guardrail', () => {
  test('check passes the guardrails that ship', async () => {
    expect((await cli(['guardrail', 'check'])).stdout).toMatch(/^\d+ policies: ok\n$/);
  });

  test('check names the place of each fault', async () => {
    await file(
      'schema.cedarschema',
      await readFile(join(PACKAGE_ROOT, 'guardrails', 'schema.cedarschema'), 'utf8'),
    );
    await file('bad.cedar', 'permit (principal, action, resource);\n');
    const { code, stdout } = await cli(['guardrail', 'check', folder]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/bad\.cedar:1:1: /);
  });

  test('test runs every case that ships', async () => {
    const { code, stdout } = await cli(['guardrail', 'test']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d{2,} passed, 0 failed\n$/);
  });

  test('test names a case that decides otherwise', async () => {
    const other = (await readFile(CASES, 'utf8')).replace('expect: run', 'expect: refuse');
    const { code, stdout } = await cli(['guardrail', 'test', await file('other.yaml', other)]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^failed {2}.*expected refuse.*found run/);
  });

  test('explain names the policies that decide, and why', async () => {
    const name = 'concurrency 0 runs alone in mode act';
    const { code, stdout } = await cli(['guardrail', 'explain', CASES, '--case', name]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Run\.\n {2}playbook-contains: /);
    const unknown = await cli(['guardrail', 'explain', CASES, '--case', 'no such']);
    expect(unknown.code).toBe(2);
  });
});

describe('what Cordon does and needs', () => {
  test('actions list has the whole catalogue', async () => {
    const { stdout } = await cli(['actions', 'list', '--json']);
    expect(JSON.parse(stdout).map(({ id }: { id: string }) => id)).toEqual(CATALOGUE.map(({ id }) => id));
    expect((await cli(['actions', 'list'])).stdout).toContain(CATALOGUE[0]?.id);
  });
});
