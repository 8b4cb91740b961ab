import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/clock.ts';
import { type CustodyConfig, readConfig } from '../../../src/config.ts';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { createLocalEvidence } from '../../../src/evidence/local.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { type Custody, openCustody } from '../../../src/main/custody.ts';
import { examine } from '../../../src/main/doctor.ts';
import { type ServedWorld, serveWorld } from '../../../src/simulation/world/serve.ts';
import { loadWorld } from '../../../src/simulation/world/spec.ts';
import { createWorld, type World } from '../../../src/simulation/world/world.ts';
import { sha256Hex } from '../../../src/timeline/canonical.ts';
import { BUCKET } from '../../support/evidence-bucket.ts';
import { ACCOUNT, REGION, smallWorld } from '../../support/world.ts';
import { item } from './case-fixture.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/cordon-evidence`;
const CLOSED = `arn:aws:iam::${ACCOUNT}:role/cordon-closed`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/cordon-evidence/cordon-custody`;
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIACORDONWORLD00000', AWS_SECRET_ACCESS_KEY: 'cordon-world-secret-key' };

let root: string;
let world: World;
let served: ServedWorld;
const before: Record<string, string | undefined> = {};

/** The engine's own user may assume a role and touch no bucket; the role of evidence may, and another trusts nobody. */
function account() {
  const allow = (...Action: string[]) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });
  const trust = (principal: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }],
  });
  const role = (name: string, trusted: string) => ({
    name,
    trust: trust(`arn:aws:iam::${ACCOUNT}:${trusted}`),
    policies: { store: allow('s3:*') },
  });
  const plain = smallWorld();
  return loadWorld(
    JSON.stringify({
      ...plain,
      users: plain.users.map((user) => ({ ...user, policies: { assume: allow('sts:AssumeRole') } })),
      roles: [
        ...plain.roles,
        role('cordon-evidence', 'user/cordon'),
        role('cordon-closed', 'role/sibling-role'),
      ],
      buckets: [{ name: BUCKET, versioned: true, objectLock: true }, { name: 'apart' }],
    }),
  );
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cordon-custody-'));
  world = createWorld(account(), { clock: systemClock, seed: 'custody' });
  served = await serveWorld(world, { host: '127.0.0.1', port: 0 });
  for (const [name, value] of Object.entries(KEYS)) {
    before[name] = process.env[name];
    process.env[name] = value;
  }
});

afterAll(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await served.close();
  await rm(root, { recursive: true, force: true });
});

const settings = (role: string | undefined) => ({
  CORDON_DATA_DIR: join(root, 'data'),
  CORDON_HTTP_PORT: '0',
  CORDON_EVIDENCE_BUCKET: BUCKET,
  CORDON_EVIDENCE_REGION: REGION,
  CORDON_EVIDENCE_ENDPOINT: served.url,
  CORDON_QUARANTINE_BUCKET: 'apart',
  ...(role === undefined ? {} : { CORDON_EVIDENCE_ROLE: role }),
});

async function withCustody<Result>(
  role: string | undefined,
  work: (custody: Custody) => Promise<Result>,
): Promise<Result> {
  const config: CustodyConfig = readConfig(settings(role)).custody;
  const custody = await openCustody({ dataDir: join(root, 'data'), config, clock: systemClock });
  try {
    return await work(custody);
  } finally {
    custody.close();
  }
}

function openCase(custody: Custody, incident: string) {
  return createLocalEvidence({
    ...custody,
    clock: systemClock,
    collector: { name: 'cordon', version: '0.0.0-test' },
  }).openCase(incident, { account: ACCOUNT, region: REGION, caller: null, attempt: null });
}

const collect = (role: string | undefined, incident: string) =>
  withCustody(role, async (custody) => {
    const evidence = openCase(custody, incident);
    await evidence.put(item('a', `of ${incident}`));
    await evidence.seal();
    return verifyCase(custody.folder, incident, {}, custody.disk);
  });

describe('the role of the evidence bucket', () => {
  test('is assumed for every call that keeps evidence', async () => {
    expect(await collect(ROLE, 'inc-1')).toMatchObject({ verified: true, items: 1 });
    const calls = world.journal.entries({ service: 's3' });
    expect(calls.length).toBeGreaterThan(5);
    expect(new Set(calls.map(({ principalArn }) => principalArn))).toEqual(new Set([SESSION]));
    // Control: without it the engine's own identity is refused by the bucket.
    await expect(collect(undefined, 'inc-2')).rejects.toMatchObject({
      code: 'cordon_evidence_store_refused',
    });
  });

  test('that may not be assumed is named as what refused, and nothing is stored', async () => {
    const puts = () => world.journal.count({ service: 's3', operation: 'PutObject' });
    const count = puts();
    await expect(collect(CLOSED, 'inc-3')).rejects.toMatchObject({
      code: 'cordon_evidence_role_refused',
      message: expect.stringMatching(/cordon-closed.*sts:AssumeRole.*AccessDenied.*trust policy/),
    });
    expect(puts()).toBe(count);
  });

  test('is looked at by the doctor, with everything that it opens', async () => {
    const found = async (role: string | undefined) =>
      Object.fromEntries(
        (await examine({ clock: systemClock, environment: settings(role) })).map((each) => [each.name, each]),
      );
    expect(await found(ROLE)).toMatchObject({
      'evidence role': { status: 'ok', found: ROLE },
      'evidence bucket': {
        status: 'ok',
        found: expect.stringContaining(`${BUCKET} can be read; COMPLIANCE`),
      },
      'quarantine bucket': { status: 'ok' },
    });
    const closed = await found(CLOSED);
    expect(closed['evidence role']).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('cordon_evidence_role_refused'),
      mend: expect.stringContaining('docs/evidence.md'),
    });
    expect(closed['evidence bucket']).toBeUndefined();
    expect((await found(undefined))['evidence bucket']).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('cordon_evidence_store_refused'),
    });
  });
});

describe('the quarantine bucket', () => {
  const CONTENT = '{"card":"4111"}';
  const keep = (role: string | undefined) =>
    withCustody(role, async ({ quarantine }) => {
      const file = join(root, 'content');
      await writeFile(file, CONTENT);
      return quarantine.keep('inc-1', file, { sha256: sha256Hex(CONTENT), bytes: CONTENT.length });
    });

  test('takes what an attacker wrote, under the role, apart from evidence and without a lock', async () => {
    const key = `quarantine/inc-1/${sha256Hex(CONTENT)}`;
    expect((await keep(ROLE)).endsWith(key)).toBe(true);
    await withCustody(ROLE, async ({ quarantine, disk, folder }) => {
      expect(await quarantine.list('inc-1')).toEqual([sha256Hex(CONTENT)]);
      // Nothing of it is in the evidence bucket, nor on this machine.
      expect(await disk.list(join(folder, 'quarantine'))).toEqual([]);
      expect(await nodeDisk.list(join(root, 'data', 'quarantine'))).toEqual([]);
      await quarantine.remove('inc-1', sha256Hex(CONTENT));
      expect(await quarantine.list('inc-1')).toEqual([]); // no lock holds it
    });
  });

  test('says so when it refuses', async () => {
    await expect(keep(undefined)).rejects.toMatchObject({
      code: 'cordon_evidence_store_refused',
      message: expect.stringContaining('quarantine bucket apart'),
    });
    await expect(keep(CLOSED)).rejects.toMatchObject({ code: 'cordon_evidence_role_refused' });
  });
});
