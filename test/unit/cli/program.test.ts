import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import type { Run } from '../../../src/cli/context.ts';
import { exitCodeOf } from '../../../src/cli/error.ts';
import { safeJson } from '../../../src/cli/output.ts';
import { VERBS } from '../../../src/cli/verbs.ts';
import { VERSION } from '../../../src/version.ts';
import { cli } from '../../support/cli.ts';

const run: Run = () => async () => {};

function commands(): readonly Command[] {
  const program = new Command();
  for (const register of VERBS) register(program, run);
  return program.commands;
}

describe('cordon --help', () => {
  test('has one line for each verb, that fits a terminal', async () => {
    const { code, stdout } = await cli(['--help']);
    expect(code).toBe(0);
    for (const verb of commands()) {
      const lines = stdout.split('\n').filter((line) => line.startsWith(`  ${verb.name()} `));
      expect(lines).toHaveLength(1);
      expect(lines[0]?.trim()).toMatch(/^\S+\s+\S.*$/);
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('has a page for each verb and each of its parts', async () => {
    for (const verb of commands()) {
      const names = [[verb.name()], ...verb.commands.map((part) => [verb.name(), part.name()])];
      for (const words of names) {
        const { code, stdout } = await cli([...words, '--help']);
        expect({ words, code }).toEqual({ words, code: 0 });
        expect(stdout).toContain(`Usage: cordon ${words.join(' ')}`);
      }
    }
  });

  test('has no verb twice', () => {
    const names = commands().map((verb) => verb.name());
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('wrong usage', () => {
  test.each([
    ['an unknown verb', ['dance']],
    ['an unknown option', ['list', '--colour']],
    ['an argument too many', ['list', 'everything']],
    ['a group without its part', ['timeline']],
    ['an unknown part', ['timeline', 'rewrite']],
    ['a number out of bounds', ['refusals', '--limit', '0']],
    ['half of two options', ['refusals', '--output', 'file']],
    ['an account that is none', ['aws', 'iam-policy', '--account', '1*']],
    ['a wildcard as a Region', ['aws', 'iam-policy', '--account', '111122223333', '--region', '*']],
    ['an unknown role', ['serve', '--roles', 'dancer']],
  ])('%s is code 2, with a coded error', async (_what, argv) => {
    const { code, stdout, stderr } = await cli([...argv, '--json']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const lines = stderr.trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      error: { code: expect.stringMatching(/^cordon_(cli_usage|serve_unknown_role)$/) },
    });
  });

  test('is told to people as code and message', async () => {
    const { stderr } = await cli(['lits']);
    expect(stderr).toMatch(/^cordon_cli_usage: unknown command 'lits'.*Did you mean list/s);
  });

  test('without any verb shows the help', async () => {
    const { code, stderr } = await cli([]);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: cordon');
  });

  test('in the environment names the variable and not its value', async () => {
    const environment = { CORDON_WEBHOOK_SECRETS: 'super-secret-value', CORDON_HTTP_PORT: '8080' };
    const { code, stderr } = await cli(['list'], { environment });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^cordon_config_invalid: .*CORDON_WEBHOOK_SECRETS/);
    expect(stderr).not.toContain('super-secret-value');
  });

  test('does not drive the terminal with what was typed', async () => {
    const { stderr } = await cli(['\u001b[2Jdance']);
    expect(stderr).not.toContain('\u001b');
  });
});

describe('slack manifest', () => {
  test('is JSON that names what the app listens to', async () => {
    const { code, stdout } = await cli([
      'slack',
      'manifest',
      '--request-url',
      'https://cordon.example/slack/events',
    ]);
    expect(code).toBe(0);
    const { features, settings } = JSON.parse(stdout);
    expect(features.slash_commands.map((each: { command: string }) => each.command)).toEqual([
      '/cordon',
      '/ir',
    ]);
    expect(features.shortcuts).toHaveLength(4);
    expect(settings.event_subscriptions.bot_events).toEqual(['app_home_opened', 'member_joined_channel']);
    expect(settings.socket_mode_enabled).toBe(false);
    expect(JSON.parse((await cli(['slack', 'manifest'])).stdout).settings.socket_mode_enabled).toBe(true);
    expect((await cli(['slack', 'manifest', '--request-url', 'http://x'])).code).toBe(2);
  });
});

describe('completion', () => {
  const completed = async (words: readonly string[]) => {
    const { stdout } = await cli(['completion', 'bash']);
    const line = ['cordon', ...words].map((word) => `'${word}'`).join(' ');
    const asked = `${stdout}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _cordon; echo "\${COMPREPLY[@]}"`;
    return (await promisify(execFile)('bash', ['-c', asked])).stdout.trim().split(' ');
  };

  test('knows the verbs, their parts and their options', async () => {
    expect(await completed(['ta'])).toEqual(['task']);
    expect(await completed(['task', ''])).toEqual(expect.arrayContaining(['add', 'list', 'done', 'snooze']));
    expect(await completed(['task', 'add', 'INC-1', '--d'])).toEqual(['--due']);
    // What is no verb names no place, and a verb's name as an argument changes none.
    expect(await completed(['show', '1', '--w'])).toEqual(['--watch']);
  });

  test('is there for each shell, and for no other', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      expect(await cli(['completion', shell])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('severity'),
      });
    }
    expect((await cli(['completion', 'cmd'])).code).toBe(2);
  });
});

describe('--version', () => {
  test('is the package’s', async () => {
    expect(await cli(['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
    expect((await cli(['--json', '-V'])).stdout).toBe(`{"version":"${VERSION}"}\n`);
  });
});

describe('an exit code', () => {
  test.each([
    ['cordon_store_folder_in_use', 3],
    ['cordon_store_unreachable', 3],
    ['cordon_console_unreachable', 3],
    ['cordon_internal', 3],
    ['cordon_cli_incident_not_found', 1],
    ['cordon_playbook_invalid', 1],
    ['cordon_enrolment_invalid', 2],
    ['cordon_serve_roles_need_server', 2],
  ])('of %s is %i', (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });
});

describe('JSON for programs', () => {
  test('holds nothing that drives a terminal, and reads back the same', () => {
    const hostile = { text: 'a\u009b31m\u202eb\u2028\u0007\u007f' };
    const text = safeJson(hostile);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
    expect(JSON.parse(text)).toEqual(hostile);
  });
});
