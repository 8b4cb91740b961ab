import { createHash } from 'node:crypto';
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/clock.ts';
import { listTree, nodeDisk } from '../../../src/evidence/disk.ts';
import { keepRefusedContent } from '../../../src/store/refusals.ts';
import { verifyChain } from '../../../src/timeline/verify.ts';
import type { CliResult } from '../../support/cli.ts';
import { cli, serveEngine } from '../../support/cli.ts';
import type { Ground } from '../../support/engine.ts';
import { alertJson, drive, freshGround, quiet } from '../../support/engine.ts';
import { FUNCTION_ARN } from '../../support/world.ts';

let ground: Ground;
let served: Awaited<ReturnType<typeof serveEngine>>;

beforeAll(async () => {
  ground = await freshGround();
  served = await serveEngine(ground, { mode: 'ask' });
});

afterAll(async () => {
  await served.stop();
  await ground.sql.close();
  await rm(ground.dataDir, { recursive: true, force: true, maxRetries: 10 });
});

function run(argv: readonly string[], user = 'alice', input = ''): Promise<CliResult> {
  return cli(argv, { environment: { CORDON_DATA_DIR: ground.dataDir, CORDON_USER: user }, input });
}

async function json(argv: readonly string[], user = 'alice', input = '') {
  const { code, stdout, stderr } = await run([...argv, '--json'], user, input);
  return {
    code,
    error: stderr === '' ? undefined : JSON.parse(stderr).error,
    value: stdout === '' ? undefined : JSON.parse(stdout),
  };
}

// One incident's life from the terminal, in order: the tests of this block build on one another.
describe('an incident from the terminal', () => {
  let plans: { digest: string; status: string; actionTitle: string; confirm: string }[];

  test('begins with an alert from standard input', async () => {
    const first = await json(['alert', 'submit', '-'], 'alice', JSON.stringify(alertJson()));
    expect(first).toMatchObject({ code: 0, value: [{ kind: 'opened', incident: 'INC-1' }] });
    const again = await run(['alert', 'submit', '-'], 'alice', JSON.stringify(alertJson()));
    expect(again.stdout).toMatch(/^duplicate {2}INC-1/);
  });

  test('is listed and shown, for people and as JSON', async () => {
    await drive(served.engine, async () => {
      const { value } = await json(['show', '1']);
      plans = value.approvals.filter(({ status }: { status: string }) => status === 'open');
      return plans.length === 2;
    });
    const listed = await json(['list']);
    expect(listed.value).toMatchObject([{ number: 1, status: 'open' }]);
    expect((await run(['list'])).stdout).toContain('INC-1');
    const page = (await run(['show', 'INC-1'])).stdout;
    expect(page).toContain('Is this a real compromise?');
    expect(page).toContain(
      `cordon approve INC-1 --plan ${plans[0]?.digest.slice(0, 12)} --confirm checkout-webhook`,
    );
    expect(page).toContain('checkout-webhook stops');
    expect(page).not.toContain('\u001b');
  });

  test('takes an approval of the plan that was shown, by who may give it', async () => {
    const plan = plans[0]?.digest ?? '';
    const byObserver = await json(['approve', '1', '--plan', plan.slice(0, 8)], 'eve');
    expect(byObserver).toMatchObject({ code: 1, error: { code: 'cordon_command_not_allowed' } });
    const silent = await json(['approve', '1', '--plan', plan], 'bob');
    expect(silent).toMatchObject({ code: 1, error: { code: 'cordon_approval_unconfirmed' } });
    const typed = (confirm: string) => json(['approve', '1', '--plan', plan, '--confirm', confirm], 'bob');
    expect(await typed('checkout')).toMatchObject({ error: { code: 'cordon_approval_unconfirmed' } });
    const byApprover = await typed('checkout-webhook');
    expect(byApprover).toMatchObject({ code: 0, value: { kind: 'done' } });
    const twice = await json(['approve', '1', '--plan', plan], 'bob');
    expect(twice).toMatchObject({
      code: 1,
      error: {
        code: 'cordon_approval_settled',
        message: expect.stringMatching(/^already approved by bob at 20/),
      },
    });
  });

  test('takes no approval of a plan that nobody was shown', async () => {
    const other = await json(['approve', '1', '--plan', 'f'.repeat(12)], 'bob');
    expect(other).toMatchObject({ code: 1, error: { code: 'cordon_cli_no_approval' } });
    const short = await json(['approve', '1', '--plan', 'abc'], 'bob');
    expect(short).toMatchObject({ code: 2, error: { code: 'cordon_cli_usage' } });
    const none = await json(['approve', '1'], 'bob');
    expect(none).toMatchObject({ code: 2, error: { code: 'cordon_cli_usage' } });
  });

  test('takes a denial with its reason', async () => {
    const denied = await json(['deny', '1', '--plan', plans[1]?.digest ?? '', '--reason', 'not now'], 'bob');
    expect(denied).toMatchObject({ code: 0, value: { kind: 'done' } });
    await quiet(served.engine);
    expect((await run(['timeline', 'show', '1'])).stdout).toContain('not now');
  });

  test('takes notes and who leads', async () => {
    expect((await run(['note', '1', 'looked', 'at', 'it'])).stdout).toBe('noted\n');
    expect((await run(['acknowledge', '1'])).stdout).toBe('alice leads\n');
  });

  test('takes the acts of people, each with its words and its entry', async () => {
    expect((await run(['note', '1', 'the', 'pager', 'rang', '--at', '2026-11-24T02:00Z'])).stdout).toBe(
      'noted for 2026-11-24T02:00:00.000Z\n',
    );
    expect((await run(['assign', '1', 'commander', 'me'])).stdout).toBe('alice is commander\n');
    expect((await run(['task', 'add', '1', 'rotate', 'it', '-o', 'bob', '-d', '2h'])).stdout).toMatch(
      /^T1: rotate it/,
    );
    expect((await json(['task', 'list', '1'])).value).toMatchObject([{ id: 'T1', owner: 'bob' }]);
    expect((await run(['task', 'list', '1'])).stdout).toMatch(/T1\s+bob\s+\d{4}-.*rotate it/);
    expect((await run(['show', '1'])).stdout).toContain('commander: alice');
    expect((await json(['list', '--mine'])).value).toHaveLength(1);
    expect((await json(['list', '--stale'])).value).toEqual([]);
    expect((await run(['task', 'done', '1', 'T1'], 'bob')).stdout).toBe('T1 done: rotate it\n');
    expect((await run(['task', 'list', '1'])).stdout).toBe('INC-1 has no open task.\n');
    expect((await run(['sev', '1', '3', '-r', 'customers are hit'])).code).toBe(0);
    expect((await run(['page', '1', 'approver', '-r', 'the plan waits'])).stdout).toBe('called bob\n');
  });

  test.each([
    [['severity', '1', '7', '-r', 'x'], 'alice', 2, 'cordon_cli_usage'],
    [['note', '1', 'x', '--at', '14:05'], 'alice', 2, 'cordon_cli_usage'],
    [['assign', '1', 'scribe', 'bob'], 'alice', 1, 'cordon_responder_wrong_role'],
    [['assign', '1', 'commander', 'nobody'], 'alice', 1, 'cordon_responder_unknown'],
    [['handoff', '1', 'alice'], 'alice', 1, 'cordon_command_not_now'],
    [['handoff', '1', 'alice'], 'bob', 1, 'cordon_command_not_allowed'],
    [['task', 'done', '1', 'T9'], 'alice', 1, 'cordon_task_not_found'],
    [['task', 'done', '1', 'T1'], 'alice', 1, 'cordon_task_settled'],
    [['task', 'snooze', '1', 'T1', 'soon'], 'alice', 2, 'cordon_cli_usage'],
    [['false-positive', '1', '-r', 'x'], 'eve', 1, 'cordon_command_not_allowed'],
    [['declare', 'arn:aws:s3:::b', '-r', 'x'], 'alice', 1, 'cordon_command_bad_input'],
    [['close', '1'], 'alice', 2, 'cordon_cli_usage'],
  ])('%j by %s exits %i with %s', async (argv, who, code, error) => {
    expect(await json(argv, who)).toMatchObject({ code, error: { code: error } });
  });

  test('takes an answer in the fields of its form, and no other', async () => {
    const wrongField = await json(['answer', '1', 'colour=red']);
    expect(wrongField).toMatchObject({ code: 2, error: { code: 'cordon_cli_usage' } });
    const wrongChoice = await json(['answer', '1', 'verdict=maybe']);
    expect(wrongChoice).toMatchObject({ code: 1, error: { code: 'cordon_question_bad_answer' } });
    const right = await run(['answer', '1', 'verdict=true_positive', 'severity=1', 'note=sure = sure']);
    expect(right).toMatchObject({ code: 0, stdout: 'Triage: True positive, 1 critical\n' });
    expect((await json(['show', '1'])).value).toMatchObject({ severity: 1 });
  });

  test('takes what the playbook takes where it stands, and nothing else', async () => {
    const asked = await run(['close', '1', '--reason', 'the owner keeps it contained']);
    expect(asked).toMatchObject({ code: 0, stdout: 'close asked for\n' });
    await quiet(served.engine);
    const again = await json(['close', '1', '--reason', 'again']);
    expect(again).toMatchObject({ code: 1, error: { code: 'cordon_command_not_now' } });
  });

  test('has a timeline that verifies, until a byte of it is changed', async () => {
    expect(await json(['timeline', 'verify', '1'])).toMatchObject({ code: 0, value: { kind: 'intact' } });
    await ground.sql.query('alter table cordon.timeline_body disable trigger user');
    await ground.sql.query(
      `update cordon.timeline_body set body = replace(body, 'looked at it', 'looked at me') where body like '%looked at it%'`,
    );
    const broken = await run(['timeline', 'verify', 'INC-1']);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/broken at entry \d+ \(altered-body\)/);
    await ground.sql.query(
      `update cordon.timeline_body set body = replace(body, 'looked at me', 'looked at it') where body like '%looked at me%'`,
    );
    await ground.sql.query('alter table cordon.timeline_body enable trigger user');
    expect((await run(['timeline', 'verify', '1'])).code).toBe(0);
  });

  test('has evidence that verifies, until a byte of it is changed', async () => {
    await drive(served.engine, async () => (await json(['evidence', 'verify', '1'])).value.seals > 0);
    const intact = await json(['evidence', 'verify', '1']);
    expect(intact).toMatchObject({ code: 0, value: { verified: true } });
    expect((await run(['evidence', 'list', '1'])).stdout).toContain('sha256');
    const key = join(ground.dataDir, 'keys', 'evidence-signing.pub.pem');
    expect((await run(['evidence', 'verify', '1', '--key', key])).code).toBe(0);

    const folder = join(ground.dataDir, 'evidence');
    const file = (await listTree(nodeDisk, folder)).find((path) => path.startsWith('objects/')) ?? '';
    const bytes = await readFile(join(folder, file));
    await chmod(join(folder, file), 0o600);
    await writeFile(
      join(folder, file),
      bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte)),
    );
    const broken = await run(['evidence', 'verify', '1']);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain(`${file}): expected ${bytes.length} bytes with SHA-256`);
    const refused = await json(['evidence', 'export', '1', '--out', join(ground.dataDir, 'no.tar')]);
    expect(refused).toMatchObject({ code: 1, error: { code: 'cordon_evidence_not_verified' } });
    await writeFile(join(folder, file), bytes);
    expect((await run(['evidence', 'verify', '1'])).code).toBe(0);
  });

  test('has evidence that is exported whole, which its timeline says', async () => {
    const [first, second] = [join(ground.dataDir, 'a.tar'), join(ground.dataDir, 'b.tar')];
    expect(await json(['evidence', 'export', '1', '--out', first], 'eve')).toMatchObject({
      code: 0,
      value: { file: first, items: expect.any(Number) },
    });
    await writeFile(second, ''); // as mktemp makes one
    expect((await run(['evidence', 'export', '1', '--out', second])).code).toBe(0);
    expect((await readFile(first)).equals(await readFile(second))).toBe(true);
    const over = await json(['evidence', 'export', '1', '--out', first]);
    expect(over).toMatchObject({ code: 2, error: { code: 'cordon_evidence_file_unwritable' } });
    const nowhere = await json(['evidence', 'export', '1', '--out', join(ground.dataDir, 'no', 'a.tar')]);
    expect(nowhere).toMatchObject({ code: 2, error: { code: 'cordon_evidence_file_unwritable' } });
    expect((await run(['timeline', 'show', '1'])).stdout).toContain('eve exported the whole evidence');
  });

  test('has items whose custody is shown, and whose bytes are copied out with an entry', async () => {
    const { value } = await json(['evidence', 'list', '1']);
    const { name, sha256, size } = value.find((line: { secret: boolean }) => line.secret === false);
    const shownItem = await json(['evidence', 'show', '1', name]);
    expect(shownItem).toMatchObject({ code: 0, value: { item: { sha256 }, custody: { clock: 'engine' } } });
    const copy = join(ground.dataDir, 'item');
    expect((await run(['evidence', 'show', '1', sha256, '--out', copy])).stdout).toContain(
      `${size} bytes copied`,
    );
    expect(
      createHash('sha256')
        .update(await readFile(copy))
        .digest('hex'),
    ).toBe(sha256);
    expect((await run(['timeline', 'show', '1'])).stdout).toContain(`alice took a copy of ${name}`);
    const none = await json(['evidence', 'show', '1', 'nothing']);
    expect(none).toMatchObject({ code: 1, error: { code: 'cordon_cli_no_evidence_item' } });
  });

  test('has a timeline that is exported as JSON, Markdown and HTML', async () => {
    const text = (await run(['timeline', 'export', '1'])).stdout;
    const { chain, entries, head } = JSON.parse(text);
    expect(verifyChain(chain, entries, head)).toMatchObject({ kind: 'intact' });
    const file = join(ground.dataDir, 'timeline.html');
    expect((await run(['timeline', 'export', 'INC-1', '--out', file])).code).toBe(0);
    expect(await readFile(file, 'utf8')).toMatch(/^<!doctype html>[\s\S]*Chain intact/);
    const markdown = (await run(['timeline', 'export', '1', '--format', 'md'])).stdout;
    expect(markdown).toMatch(/^# Timeline of INC-1\n/);
    expect(markdown).toContain('| `note.added` |');
    const unknown = await json(['timeline', 'export', '1', '--format', 'pdf']);
    expect(unknown).toMatchObject({ code: 2, error: { code: 'cordon_cli_usage' } });
    const again = await json(['timeline', 'export', '1', '--out', file]);
    expect(again).toMatchObject({ code: 2, error: { code: 'cordon_cli_file_unwritable' } });
  });
});

describe('what was turned away', () => {
  test('is listed with its reason', async () => {
    const refused = await run(['alert', 'submit', '-'], 'alice', 'not json');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/^refused {2}cordon_alert_malformed_json: /);
    expect((await run(['refusals'])).stdout).toContain('cordon_alert_malformed_json');
    expect((await json(['refusals', '--limit', '1'])).value).toHaveLength(1);
  });

  test('can be written to a new file, for its owner only, when it was kept', async () => {
    const { bytesSha256 } = (await json(['refusals', '--limit', '1'])).value[0];
    const output = join(ground.dataDir, 'kept.json');
    const nothing = await json(['refusals', '--content', bytesSha256, '--output', output]);
    expect(nothing).toMatchObject({ code: 1, error: { code: 'cordon_cli_not_kept' } });
    const content = { sha256: bytesSha256, base64: Buffer.from('not json').toString('base64') };
    await keepRefusedContent(ground.sql, content, systemClock.now());
    expect((await run(['refusals', '--content', bytesSha256, '--output', output])).code).toBe(0);
    expect(await readFile(output, 'utf8')).toBe('not json');
    expect(((await stat(output)).mode & 0o777).toString(8)).toBe('600');
    const over = await json(['refusals', '--content', bytesSha256, '--output', output]);
    expect(over).toMatchObject({ code: 2, error: { code: 'cordon_cli_file_unwritable' } });
  });
});

describe('a pause from the terminal', () => {
  test('is said wherever somebody looks, and ends by who may end it', async () => {
    const paused = await json(['pause', '--reason', 'wrong account'], 'bob');
    expect(paused).toMatchObject({ code: 0, value: { kind: 'done' } });
    expect((await run(['list'])).stderr).toMatch(/^Writes are paused by bob since .*: wrong account\. /);
    expect((await run(['show', '1'])).stdout).toContain('paused: writes are paused by bob');
    const { stdout } = await run(['doctor', '--json']);
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ name: 'writes', status: 'warn', found: expect.stringContaining('bob') }),
    );
    const byApprover = await json(['resume'], 'bob');
    expect(byApprover).toMatchObject({ code: 1, error: { code: 'cordon_command_not_allowed' } });
    expect((await run(['resume'])).code).toBe(0);
    expect((await run(['list'])).stderr).toBe('');
    expect((await run(['timeline', 'show', 'system'])).stdout).toContain(
      'bob paused all writes: wrong account',
    );
  });
});

describe('containing by hand', () => {
  test('declares an incident, and says what waits for whom', async () => {
    const sibling = `${FUNCTION_ARN.replace('checkout-webhook', 'sibling')}`;
    const missing = await json(['contain', sibling]);
    expect(missing).toMatchObject({ code: 2, error: { code: 'cordon_cli_usage' } });
    const refused = await json(['contain', sibling, '--reason', 'looks wrong'], 'eve');
    expect(refused).toMatchObject({ code: 1, error: { code: 'cordon_command_not_allowed' } });
    const given = await json(['contain', sibling, '--reason', 'looks wrong']);
    expect(given).toMatchObject({ code: 0, value: { title: 'Declared by alice: looks wrong' } });
    expect(given.value.containment[0]).toMatchObject({ state: 'waiting' });
  });
});

describe('what mode observe held back', () => {
  test('is reported, and is nothing where the account may act', async () => {
    const none = await json(['observe', 'report', '--days', '7']);
    expect(none).toMatchObject({ code: 0, value: { incidents: [], summary: { incidents: 0 } } });
    expect((await run(['observe', 'report'])).stdout).toBe(
      'Mode observe held nothing back in the last 30 days.\n',
    );
    expect((await json(['observe', 'report', '--days', '0'])).code).toBe(2);
  });
});

describe('an incident that is not there', () => {
  test.each([['show'], ['note'], ['task list'], ['timeline verify'], ['evidence verify'], ['acknowledge']])(
    '%s says so',
    async (verb) => {
      const words = verb === 'note' ? ['note', '77', 'text'] : [...verb.split(' '), 'INC-77'];
      expect(await json(words)).toMatchObject({
        code: 1,
        error: { code: 'cordon_cli_incident_not_found' },
      });
    },
  );

  test('is not looked for among numbers that no database can hold', async () => {
    expect((await run(['show', '9'.repeat(40)])).code).toBe(1);
  });
});

describe('watching an incident', () => {
  test('shows it, and ends when it is told to', async () => {
    const stopped = new AbortController();
    stopped.abort();
    const watched = await cli(['show', '1', '--watch'], {
      environment: { CORDON_DATA_DIR: ground.dataDir, CORDON_USER: 'alice' },
      terminal: true,
      stopped: stopped.signal,
    });
    expect(watched.code).toBe(0);
    expect(watched.stdout).toMatch(/INC-1/);
  });
});

describe('a postmortem from the terminal', () => {
  test('is written, keeps what people write into it, and says what is left to write', async () => {
    const file = join(ground.dataDir, 'report.md');
    const first = await json(['postmortem', '1', '--out', file]);
    expect(first).toMatchObject({ code: 0, value: { incident: 'INC-1', format: 'md', file } });
    const text = await readFile(file, 'utf8');
    const edited = text.replace(/_To be written by people. Data[^\n]*/, 'Two customers were affected.');
    expect(edited).not.toBe(text);
    await writeFile(file, edited);
    await run(['postmortem', 'INC-1', '--out', file]);
    expect(await readFile(file, 'utf8')).toContain('Two customers were affected.');
    const page = await run(['postmortem', '1', '--format', 'html', '--from', file]);
    expect(page.stdout).toMatch(/^<!doctype html>[\s\S]*Two customers were affected/);
    const found = await run(['postmortem', 'lint', file]);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/report[.]md:\d+: error document-incomplete: /);
    expect((await json(['postmortem', 'actions', file])).value).toEqual([]);
  });

  test('is refused for an incident, a format or a place that is not there', async () => {
    expect(await json(['postmortem', '99'])).toMatchObject({
      code: 1,
      error: { code: 'cordon_cli_incident_not_found' },
    });
    expect(await json(['postmortem', '1', '--format', 'pdf'])).toMatchObject({ code: 2 });
    const nowhere = join(ground.dataDir, 'enrolment.yaml', 'x.md');
    await writeFile(join(ground.dataDir, 'enrolment.yaml'), '');
    expect(await json(['postmortem', '1', '--out', nowhere])).toMatchObject({
      code: 2,
      error: { code: 'cordon_cli_file_unwritable' },
    });
  });
});
