import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/clock.ts';
import { examine } from '../../../src/main/doctor.ts';
import { SETTINGS } from '../../../src/settings.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-doctor-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function findings(environment: Record<string, string> = {}) {
  const found = await examine({
    clock: systemClock,
    environment: { CORDON_DATA_DIR: join(folder, 'fresh'), CORDON_HTTP_PORT: '0', ...environment },
  });
  return Object.fromEntries(found.map((finding) => [finding.name, finding]));
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('a machine with nothing configured', () => {
  test('is well, has every setting named, and asks nobody', async () => {
    const found = await findings();
    expect(Object.values(found).filter(({ status }) => status === 'fail')).toEqual([]);
    for (const { name } of SETTINGS) expect(found[name]).toBeDefined();
    for (const name of ['redis', 'slack', 'aws credentials', 'webhook senders', 'enrolment']) {
      expect(found[name]).toMatchObject({ status: 'off' });
    }
    expect(found.database).toMatchObject({ status: 'ok', found: 'embedded; made at the first start' });
  });
});

describe('what is wrong', () => {
  test('comes with its mend, and without a value of the environment', async () => {
    const found = await findings({
      DATABASE_URL: 'postgres://user:pass-word@127.0.0.1:1/none',
      REDIS_URL: 'redis://:pass-word@127.0.0.1:1',
      CORDON_WEBHOOK_SECRETS: '{"guardduty":["pass-word"]}',
      SLACK_BOT_TOKEN: 'xoxb-pass-word',
      CORDON_ENROLMENT: join(folder, 'none.yaml'),
      CORDON_PLAYBOOKS: join(folder, 'no-playbooks'),
    });
    for (const name of ['database', 'redis', 'webhook senders', 'slack', 'enrolment', 'playbooks']) {
      expect(found[name]).toMatchObject({ name, status: 'fail', mend: expect.stringMatching(/\w/) });
    }
    expect(JSON.stringify(found)).not.toContain('pass-word');
    expect(found.DATABASE_URL).toMatchObject({ status: 'ok', found: 'set (secret)' });
  });

  test('with the tokens of several workspaces is named, and no token is', async () => {
    const installations = await file('installations.json', '{"incidents": xoxb-pass-word}');
    const found = await findings({
      CORDON_SLACK_INSTALLATIONS: installations,
      SLACK_SIGNING_SECRET: 'pass-word',
      CORDON_SLACK_PORT: '0',
    });
    expect(found.slack).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('cordon_slack_bad_installations'),
    });
    expect(JSON.stringify(found)).not.toContain('pass-word');
    const both = await findings({
      CORDON_SLACK_INSTALLATIONS: installations,
      SLACK_BOT_TOKEN: 'xoxb-pass-word',
    });
    expect(both.configuration?.found).toContain('must not be set with SLACK_BOT_TOKEN');
  });

  test('in the environment itself keeps the rest from being looked at, and says so', async () => {
    const found = await findings({ CORDON_HTTP_PORT: 'eighty' });
    expect(found.configuration).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('CORDON_HTTP_PORT'),
    });
    expect(found.database).toBeUndefined();
  });

  test('in an enrolment file is named by its place', async () => {
    const broken = await file('broken.yaml', 'accounts:\n  - { id: 12 }\n');
    const found = await findings({ CORDON_ENROLMENT: broken });
    expect(found.enrolment?.found).toMatch(/cordon_enrolment_invalid: .*broken\.yaml:2:/s);
  });

  test('with who you are is a warning', async () => {
    const enrolment = await file(
      'enrolment.yaml',
      `accounts:\n  - { id: '111122223333', name: test, regions: [eu-west-1], mode: ask }\nresponders:\n  - { id: bob, name: Bob, cli: bob, roles: [responder] }\n`,
    );
    const environment = { CORDON_ENROLMENT: enrolment, AWS_EC2_METADATA_DISABLED: 'true' };
    const mallory = await findings({ ...environment, CORDON_USER: 'mallory' });
    expect(mallory['your identity']).toMatchObject({ status: 'warn' });
    expect(mallory.enrolment).toMatchObject({ status: 'warn', found: expect.stringContaining('1 ask') });
    const bob = await findings({ ...environment, CORDON_USER: 'bob' });
    expect(bob['your identity']).toMatchObject({ status: 'ok', found: 'bob, with the roles responder' });
  }, 30_000);

  test('with the folder and the port is seen', async () => {
    const open = join(folder, 'open');
    await mkdir(open);
    await chmod(open, 0o755);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const found = await findings({ CORDON_DATA_DIR: open, CORDON_HTTP_PORT: port });
    expect(found['data folder']).toMatchObject({ status: 'warn', mend: `chmod 700 ${open}` });
    expect(found['webhook port']).toMatchObject({ status: 'warn' });
    await new Promise((resolve) => taken.close(resolve));
    const none = await findings({ CORDON_DATA_DIR: await file('a-file', '') });
    expect(none['data folder']).toMatchObject({ status: 'fail' });
  });
});
