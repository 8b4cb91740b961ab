import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openEvidenceBucket } from '../../../src/aws/evidence-bucket.ts';
import { inProcessHandler } from '../../../src/aws/in-process.ts';
import { openQuarantineBucket } from '../../../src/aws/quarantine-bucket.ts';
import { type Disk, listTree, nodeDisk } from '../../../src/evidence/disk.ts';
import { type EvidenceKeys, loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { createLocalEvidence } from '../../../src/evidence/local.ts';
import { type QuarantineStore, quarantineFolder } from '../../../src/evidence/quarantine-folder.ts';
import { openRetention } from '../../../src/evidence/retention.ts';
import { s3Disk } from '../../../src/evidence/s3-disk.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { createVirtualClock, type VirtualClock } from '../../../src/simulation/virtual-clock.ts';
import { createWorld, type World } from '../../../src/simulation/world/world.ts';
import { BUCKET } from '../../support/evidence-bucket.ts';
import { REGION, smallWorld } from '../../support/world.ts';
import { collect, INCIDENT, item } from './case-fixture.ts';

const DAY_MS = 86_400_000;
const ACT = { by: 'alice', reason: 'the retention is over' };

let root: string;
let keys: EvidenceKeys;
let clock: VirtualClock;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cordon-retention-'));
  keys = await loadEvidenceKeys(join(root, 'keys'));
  clock = createVirtualClock(new Date('2026-01-31T12:00:00.000Z'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

interface Place {
  readonly disk: Disk;
  readonly folder: string;
  /** What a plan says of the four objects of a held case: a folder has no hold but the record's. */
  readonly held: readonly string[];
}

function localPlace(): Place {
  return { disk: nodeDisk, folder: join(root, 'evidence'), held: [] };
}

const LOCKED = { name: BUCKET, versioned: true, objectLock: true, objects: {} };

function clientOf(world: World) {
  return {
    region: REGION,
    endpoint: 'http://127.0.0.1:1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' },
    requestHandler: inProcessHandler(world.fetch),
  };
}

/** A bucket of the simulated account: its lock is one day, and S3 itself refuses what is locked. */
function bucketPlace(): Place {
  const world = createWorld(smallWorld({ buckets: [LOCKED] }), { clock, seed: 'retention' });
  const store = openEvidenceBucket({
    client: clientOf(world),
    clock,
    bucket: BUCKET,
    lock: 'COMPLIANCE',
    lockDays: 1,
    kmsKeyArn: undefined,
  });
  const folder = join(root, 'bucket');
  return {
    disk: s3Disk({ store, folder, prefix: 'evidence/' }),
    folder,
    held: Array(4).fill('the bucket has it under legal hold'),
  };
}

const openCase = ({ disk, folder }: Place, incident = INCIDENT) =>
  createLocalEvidence({ folder, keys, clock, disk, collector: { name: 'cordon', version: '0' } }).openCase(
    incident,
    { account: '111122223333', region: REGION, caller: null, attempt: null },
  );
const retention = (place: Place, incident = INCIDENT, disk = place.disk) =>
  openRetention({ disk, folder: place.folder, keys, clock, incident });
const verify = (place: Place, incident = INCIDENT) => verifyCase(place.folder, incident, {}, place.disk);
const purge = (place: Place, disk = place.disk) =>
  retention(place, INCIDENT, disk).purge({ ...ACT, sealed: async () => {} });

/** Lets the bucket's lock run out. */
async function wait(days: number): Promise<void> {
  void clock.sleep(days * DAY_MS);
  clock.advanceToNext();
}

describe.each([
  ['a local folder', localPlace],
  ['a bucket with Object Lock', bucketPlace],
])('the end of a case in %s', (_, open) => {
  test('removes the content once the lock lets it go, and leaves a sealed tombstone that verifies', async () => {
    const place = open();
    await collect(openCase(place));
    const before = await verify(place);
    expect(before).toMatchObject({ verified: true, purged: [] });
    await wait(2);
    expect((await purge(place)).removable).toHaveLength(3);
    expect(await verify(place)).toMatchObject({
      verified: true,
      findings: [],
      items: 3,
      bytes: 0,
      purged: ['function/configuration.json', 'function/code.zip', 'function/environment.json'],
    });
    // Again removes nothing more, and the same bytes later are a further version.
    expect((await purge(place)).removable).toEqual([]);
    await openCase(place).put(item('function/configuration.json', '{"FunctionName":"checkout"}'));
    await openCase(place).seal();
    const after = await verify(place);
    expect(after).toMatchObject({ verified: true, items: 4 });
    expect(after.bytes).toBeGreaterThan(0);
  });

  test('is held up by a legal hold until that is ended', async () => {
    const place = open();
    await collect(openCase(place));
    await retention(place).hold({ by: 'bob', reason: 'litigation' });
    // What is collected later is held, too.
    await openCase(place).put(item('late', 'late'));
    await openCase(place).seal();
    await wait(2);
    expect(await retention(place).held()).toMatchObject({ by: 'bob', reason: 'litigation' });
    await expect(purge(place)).rejects.toMatchObject({ code: 'cordon_evidence_held' });
    const { kept } = await retention(place).plan();
    expect(kept.map(({ why }) => why)).toEqual(place.held);
    await retention(place).releaseHold({ by: 'alice', reason: 'settled' });
    expect(await retention(place).held()).toBeNull();
    expect((await purge(place)).removable).toHaveLength(4); // control: nothing else held it up
    expect(await verify(place)).toMatchObject({ verified: true });
  });

  test('leaves what another case needs', async () => {
    const place = open();
    await collect(openCase(place));
    await collect(openCase(place, 'inc-other'));
    await wait(2);
    const { removable, kept } = await purge(place);
    // The encrypted one is each case's own.
    expect(removable).toHaveLength(1);
    expect(kept.map(({ why }) => why)).toEqual(['another case needs it', 'another case needs it']);
    expect(await verify(place)).toMatchObject({ verified: true, purged: ['function/environment.json'] });
    expect(await verify(place, 'inc-other')).toMatchObject({ verified: true, purged: [] });
  });

  test('that is cut off after its seal is completed by the next', async () => {
    const place = open();
    await collect(openCase(place));
    await wait(2);
    const dies = async () => {
      throw new Error('the process dies here');
    };
    const disk: Disk = {
      ...place.disk,
      remove: (path) => (path.includes('/objects/') ? dies() : place.disk.remove(path)),
      ...(place.disk.remote === undefined ? {} : { remote: { ...place.disk.remote, erase: dies } }),
    };
    await expect(purge(place, disk)).rejects.toThrow('dies here');
    expect(await verify(place)).toMatchObject({ verified: true, purged: [] });
    expect((await purge(place)).removable).toHaveLength(3);
    expect((await verify(place)).purged).toHaveLength(3);
  });
});

test('content that is gone without a tombstone does not verify', async () => {
  const place = localPlace();
  await collect(openCase(place));
  const [object = ''] = (await listTree(nodeDisk, place.folder)).filter((path) =>
    path.startsWith('objects/'),
  );
  await rm(join(place.folder, object));
  expect(await verify(place)).toMatchObject({
    verified: false,
    purged: [],
    findings: [{ kind: 'object-missing', file: object }],
  });
  // Nor does one that was purged when another is taken afterwards.
  await purge(place);
  expect(await verify(place)).toMatchObject({ verified: false, findings: [{ kind: 'object-missing' }] });
});

test('nothing that S3 still locks is removed, and the case says nothing of a purge', async () => {
  const place = bucketPlace();
  await collect(openCase(place));
  const { bytes } = await verify(place);
  expect(await purge(place)).toEqual({
    removable: [],
    apart: [],
    kept: Array(3).fill({
      sha256: expect.any(String),
      why: 'locked (COMPLIANCE) until 2026-02-01T12:00:00.000Z',
    }),
  });
  expect(await verify(place)).toMatchObject({ verified: true, purged: [], bytes });
});

test('a lock is extended for one case, and never shortened', async () => {
  const place = bucketPlace();
  await collect(openCase(place));
  const until = new Date(clock.now().getTime() + 30 * DAY_MS);
  const { objects } = await retention(place).extend(until);
  expect(objects).toBeGreaterThan(6); // objects, records, manifest, signature
  expect(await retention(place).extend(new Date(clock.now().getTime() + 10 * DAY_MS))).toEqual({
    objects: 0,
  });
  await wait(2);
  expect((await purge(place)).removable).toEqual([]);
  await wait(30);
  expect((await purge(place)).removable).toHaveLength(3); // control
  await expect(retention(localPlace(), INCIDENT).extend(until)).rejects.toMatchObject({
    code: 'cordon_evidence_no_lock',
  });
});

describe('what an attacker wrote', () => {
  const apart = (store: QuarantineStore, incident: string) =>
    createLocalEvidence({
      folder: localPlace().folder,
      keys,
      clock,
      collector: { name: 'cordon', version: '0' },
      quarantine: store,
    }).openCase(incident, { account: '111122223333', region: REGION, caller: null, attempt: null });
  const written = (content: string) => ({
    name: 'sweep-20m/quarantine.ndjson',
    artifact: 'quarantine',
    sourceArn: 'arn:aws:sqs:eu-west-1:111122223333:cordon-quarantine',
    apiCall: 'sqs:ReceiveMessage',
    content: (async function* () {
      yield Buffer.from(content);
    })(),
    events: () => 1,
  });

  /** A bucket of the simulated account without a lock. */
  function bucketStore(): QuarantineStore {
    const world = createWorld(smallWorld({ buckets: [{ ...LOCKED, name: 'apart', objectLock: false }] }), {
      clock,
      seed: 'apart',
    });
    const client = clientOf(world);
    return openQuarantineBucket({ client, bucket: 'apart', prefix: 'cordon/' });
  }

  test.each<[string, () => QuarantineStore]>([
    ['a folder', () => quarantineFolder(nodeDisk, join(root, 'quarantine'))],
    ['a bucket', bucketStore],
  ])(
    'is removed from %s by a purge of its case, which its tombstone says, and nothing else is',
    async (_, open) => {
      const store = open();
      for (const incident of [INCIDENT, 'inc-other']) {
        const port = apart(store, incident);
        await port.quarantine(written('{"card":"4111"}'));
        await port.seal();
      }
      const place = localPlace();
      const [record] = (await verify(place)).quarantined;
      expect(record).toMatchObject({ events: 1, purged: false });
      const [kept = ''] = await store.list(INCIDENT);
      expect(record?.place.endsWith(`quarantine/${INCIDENT}/${kept}`)).toBe(true);

      const own = openRetention({ ...place, keys, clock, incident: INCIDENT, quarantine: store });
      await own.hold({ by: 'bob', reason: 'litigation' });
      await expect(own.purge({ ...ACT, sealed: async () => {} })).rejects.toMatchObject({
        code: 'cordon_evidence_held',
      });
      expect(await store.list(INCIDENT)).toEqual([kept]); // control: nothing went before the hold was over
      await own.releaseHold(ACT);
      expect((await own.purge({ ...ACT, sealed: async () => {} })).apart).toEqual([kept]);

      expect(await store.list(INCIDENT)).toEqual([]);
      expect(await store.list('inc-other')).toEqual([kept]);
      expect(await verify(place)).toMatchObject({
        verified: true,
        findings: [],
        quarantined: [{ events: 1, purged: true }],
      });
      expect(await verify(place, 'inc-other')).toMatchObject({ quarantined: [{ purged: false }] });
      // Again finds nothing to remove, and says nothing more.
      const { seals } = await verify(place);
      expect((await own.purge({ ...ACT, sealed: async () => {} })).apart).toEqual([]);
      expect(await verify(place)).toMatchObject({ seals });
    },
  );

  test('leaves no part behind that a writer never finished', async () => {
    const place = localPlace();
    await collect(openCase(place));
    const store = quarantineFolder(nodeDisk, join(root, 'quarantine'));
    const folder = join(root, 'quarantine', INCIDENT);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${'a'.repeat(64)}.part`), 'half');
    await openRetention({ ...place, keys, clock, incident: INCIDENT, quarantine: store }).purge({
      ...ACT,
      sealed: async () => {},
    });
    expect(await readdir(folder)).toEqual([]);
    expect(await verify(place)).toMatchObject({ verified: true });
  });
});

test('retention opens no case of its own', async () => {
  await expect(retention(localPlace()).plan()).rejects.toMatchObject({ code: 'cordon_evidence_no_case' });
  expect(await readdir(root)).toEqual(['keys']);
});
