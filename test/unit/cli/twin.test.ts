import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACTS } from '../../../src/command/acts.ts';
import { cli, serveEngine } from '../../support/cli.ts';
import type { Ground } from '../../support/engine.ts';
import { freshGround, quiet } from '../../support/engine.ts';

const OTHER = 'arn:aws:lambda:eu-west-1:111122223333:function:sibling';

/** What is typed for each parameter of an act, where `x` is no answer. */
const TYPED: Readonly<Record<string, string>> = {
  functionArn: OTHER,
  severity: '1',
  role: 'scribe',
  to: 'alice',
  task: 'T1',
  owner: 'bob',
  due: '2h',
  at: '5m',
  until: '30m',
  verdict: 'justified',
  section: 'impact',
  template: 'contained',
  duty: 'gdpr-72h',
  update: 'U1',
  answer: 'mine',
  version: '1',
  codeSha256: `${'A'.repeat(43)}=`,
};

let ground: Ground;
let served: Awaited<ReturnType<typeof serveEngine>>;

beforeAll(async () => {
  ground = await freshGround();
  served = await serveEngine(ground, { mode: 'observe' });
  await served.engine.submit();
  await quiet(served.engine);
});

afterAll(async () => {
  await served.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

async function run(argv: readonly string[], user = 'alice') {
  const { code, stdout, stderr } = await cli([...argv, '--json'], {
    environment: { CORDON_DATA_DIR: ground.dataDir, CORDON_USER: user },
  });
  return {
    code,
    stdout,
    error: stderr.trim() === '' ? undefined : JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error,
  };
}

/** The line of an act as it is typed in a terminal. */
function lineOf(act: (typeof ACTS)[number], incident: string): readonly string[] {
  const inTurn = act.parameters.filter(({ terminal }) => terminal === 'argument');
  const named = act.parameters.flatMap(({ terminal, required, name }) =>
    terminal === 'argument' || !required ? [] : [terminal.flags.split(/[ ,]+/)[1] ?? '', TYPED[name] ?? 'x'],
  );
  return [...act.words, incident, ...inTurn.map(({ name }) => TYPED[name] ?? 'x'), ...named];
}

const verbs = ACTS.map((act) => [act.words.join(' '), act] as const);

describe('every act that Slack has too', () => {
  test.each(verbs)('%s explains itself', async (_, act) => {
    const { code, stdout } = await cli([...act.words, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(act.description.split(' ').slice(0, 3).join(' '));
    expect(stdout).toContain('--json');
  });

  test.each(verbs)('%s of an incident that is not there exits 1, and says so', async (_, act) => {
    expect(await run(lineOf(act, 'INC-404'))).toMatchObject({
      code: 1,
      stdout: '',
      error: { code: 'cordon_cli_incident_not_found', message: expect.stringContaining('INC-404') },
    });
  });

  // Whose identity acted answers "claim", whatever their role.
  test.each(verbs.filter(([words]) => words !== 'claim'))(
    '%s by an observer exits 1, and says why',
    async (_, act) => {
      expect(await run(lineOf(act, '1'), 'eve')).toMatchObject({
        code: 1,
        stdout: '',
        error: { code: 'cordon_command_not_allowed', message: expect.stringContaining('eve') },
      });
    },
  );

  test.each(verbs)('%s without what it needs exits 2, and names it', async (_, act) => {
    if (act.parameters.every(({ required }) => !required)) return;
    const { code, error } = await run([...act.words, '1']);
    expect(code).toBe(2);
    expect(error.code).toBe('cordon_cli_usage');
    expect(error.message).toMatch(/missing required argument|required option/);
  });
});

describe('an act in a state that does not take it exits 1', () => {
  test.each([
    [['task', 'done', '1', 'T9'], 'cordon_task_not_found'],
    [['task', 'snooze', '1', 'T9', '1h'], 'cordon_task_not_found'],
    [['review', '1', 'justified', 'x'], 'cordon_command_not_now'],
    [['duty', 'done', '1', 'gdpr-72h', 'x'], 'cordon_duty_wrong_kind'],
    [['duty', 'told', '1', 'nothing', 'x'], 'cordon_duty_not_found'],
    [['postmortem', 'review', '1', 'x'], 'cordon_command_not_now'],
    [['update', '1', 'contained', 'nobody', 'x'], 'cordon_stakeholder_unknown'],
    [['approve-update', '1', 'U1'], 'cordon_update_not_found'],
    [['deny-update', '1', 'U1', 'x'], 'cordon_update_not_found'],
    [['handoff', '1', 'bob'], 'cordon_responder_wrong_role'],
    [['assign', '1', 'scribe', 'alice'], 'cordon_responder_wrong_role'],
  ])('%j: %s', async (argv, code) => {
    expect(await run(argv)).toMatchObject({ code: 1, error: { code } });
  });
});

describe('the verbs that are no acts of the table', () => {
  test.each([
    [['show', '404'], 1, 'cordon_cli_incident_not_found'],
    [['approve', '404', '--plan', 'f'.repeat(12)], 1, 'cordon_cli_incident_not_found'],
    [['deny', '404', '--plan', 'f'.repeat(12), '--reason', 'x'], 1, 'cordon_cli_incident_not_found'],
    [['approve', '1', '--plan', 'f'.repeat(12)], 1, 'cordon_cli_no_approval'],
    [['answer', '404', 'verdict=benign'], 1, 'cordon_cli_incident_not_found'],
    [['postmortem', '404'], 1, 'cordon_cli_incident_not_found'],
    [['postmortem', 'save', '404', 'nowhere.md'], 1, 'cordon_cli_incident_not_found'],
    [['postmortem', 'replay', '1'], 2, 'cordon_feedback_unreadable'],
    [['timeline', 'show', '404'], 1, 'cordon_cli_incident_not_found'],
    [['duty', 'list', '404'], 1, 'cordon_cli_incident_not_found'],
    [['task', 'list', '404'], 1, 'cordon_cli_incident_not_found'],
  ])('%j exits %i with %s', async (argv, code, error) => {
    expect(await run(argv)).toMatchObject({ code, error: { code: error } });
  });

  test.each([
    'list',
    'show',
    'declare',
    'contain',
    'add-target',
    'assign',
    'handoff',
    'note',
    'task',
    'approve',
    'deny',
    'release',
    'false-positive',
    'severity',
    'escalate',
    'update',
    'close',
    'postmortem',
    'duty',
  ])('%s is there, and explains itself', async (verb) => {
    const { code, stdout } = await cli([verb, '--help']);
    expect({ code, usage: stdout.startsWith(`Usage: cordon ${verb}`) }).toEqual({ code: 0, usage: true });
  });
});
