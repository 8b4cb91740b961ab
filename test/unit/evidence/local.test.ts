import { createHash, createPublicKey, verify } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listTree, nodeDisk } from '../../../src/evidence/disk.ts';
import { readRecord } from '../../../src/evidence/record.ts';
import { decryptSecret } from '../../../src/evidence/secret.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { type Bench, collect, INCIDENT, item, SECRET, withBench } from './case-fixture.ts';

const caseFolder = (bench: Bench) => join(bench.folder, 'cases', INCIDENT);
const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

async function records(bench: Bench) {
  const folder = join(caseFolder(bench), 'records');
  const names = (await readdir(folder)).sort();
  return Promise.all(names.map(async (name) => readRecord(await readFile(join(folder, name)))?.record));
}

async function manifest(bench: Bench, name = 'manifest.json') {
  return JSON.parse(await readFile(join(caseFolder(bench), name), 'utf8'));
}

describe('storing an item', () => {
  test('keeps its bytes under their SHA-256, read-only, with custody', () =>
    withBench(async (bench) => {
      const stored = await bench.open().put(item('function/configuration.json', '{"a":1}'));
      const digest = sha256('{"a":1}');
      expect(stored).toEqual({
        name: 'function/configuration.json',
        sha256: digest,
        size: 7,
        matchesExpected: true,
      });
      const path = join(bench.folder, 'objects', 'sha256', digest.slice(0, 2), digest);
      expect(await readFile(path, 'utf8')).toBe('{"a":1}');
      expect((await stat(path)).mode & 0o777).toBe(0o400);
      expect((await records(bench)).at(-1)).toMatchObject({
        kind: 'item',
        item: { name: 'function/configuration.json', version: 1, apiCall: 'lambda:GetFunction', size: 7 },
        custody: {
          caller: 'arn:aws:iam::111122223333:role/cordon-read',
          collectedAt: expect.stringMatching(/^2026-01-31T12:00:00/),
          collector: { name: 'cordon', version: '0.0.0-test' },
        },
      });
    }));

  test('is the same item when the same content comes again, also from a new process', () =>
    withBench(async (bench) => {
      const first = await bench.open().put(item('a', 'one'));
      expect(await bench.open().put(item('a', 'one'))).toEqual(first);
      const secret = await bench.open().put(item('s', SECRET, { secret: true }));
      expect(await bench.open().put(item('s', SECRET, { secret: true }))).toEqual(secret);
      expect(await records(bench)).toHaveLength(3); // opened, a, s
    }));

  test('makes a new version of other content under the same name, and keeps the old one', () =>
    withBench(async (bench) => {
      const evidence = bench.open();
      await evidence.put(item('a', 'one'));
      await evidence.put(item('a', 'two'));
      await evidence.seal();
      expect((await records(bench)).slice(1)).toMatchObject([
        { item: { name: 'a', version: 1, sha256: sha256('one') } },
        { item: { name: 'a', version: 2, sha256: sha256('two') } },
      ]);
      expect(await verifyCase(bench.folder, INCIDENT)).toMatchObject({ verified: true, items: 2 });
    }));

  test('compares the content with the digest that the source gave: another one is a finding, not a failure', () =>
    withBench(async (bench) => {
      const expectedSha256 = createHash('sha256').update('code').digest('base64');
      const evidence = bench.open();
      expect(await evidence.put(item('code.zip', 'code', { expectedSha256 }))).toMatchObject({
        matchesExpected: true,
      });
      expect(await evidence.put(item('other.zip', 'c0de', { expectedSha256 }))).toMatchObject({
        matchesExpected: false,
      });
      expect((await records(bench)).at(-1)).toMatchObject({
        item: { expectedSha256, matchesExpected: false },
      });
    }));

  test('passes an error of the source through as it is and leaves nothing behind', () =>
    withBench(async (bench) => {
      const failure = new Error('the download broke off');
      async function* broken() {
        yield Buffer.from('half');
        throw failure;
      }
      await expect(bench.open().put(item('code.zip', broken()))).rejects.toBe(failure);
      expect(await listTree(nodeDisk, caseFolder(bench))).toEqual(['records/00000001.json']);
      expect(await bench.open().put(item('code.zip', 'whole'))).toMatchObject({ size: 5 });
    }));

  test('takes many at once, from two processes', () =>
    withBench(async (bench) => {
      const two = [bench.open(), bench.open()];
      await Promise.all(
        two.flatMap((evidence, process) =>
          Array.from({ length: 8 }, (_, index) => evidence.put(item(`p${process}/${index}`, `${index}`))),
        ),
      );
      await Promise.all(two.map((evidence) => evidence.seal()));
      expect(await verifyCase(bench.folder, INCIDENT)).toMatchObject({ verified: true, items: 16, seals: 1 });
    }));

  test('refuses an incident id that would be another path', () =>
    withBench(async (bench) => {
      for (const incident of ['../x', 'a/b', '', 'A', '.']) {
        expect(() => bench.open({ incident })).toThrow(
          expect.objectContaining({ code: 'cordon_evidence_bad_case_id' }),
        );
      }
    }));

  test('refuses to rely on stored bytes that are no longer what they are named for', () =>
    withBench(async (bench) => {
      const stored = await bench.open().put(item('a', 'one'));
      const path = join(bench.folder, 'objects', 'sha256', stored.sha256.slice(0, 2), stored.sha256);
      await chmod(path, 0o600);
      await writeFile(path, 'two');
      await expect(bench.open().put(item('b', 'one'))).rejects.toMatchObject({
        code: 'cordon_evidence_object_damaged',
      });
    }));

  test('holds little in memory however large the content is', () =>
    withBench(async (bench) => {
      const chunk = Buffer.alloc(1 << 20, 1);
      async function* large() {
        for (let count = 0; count < 96; count += 1) yield chunk;
      }
      const before = process.memoryUsage().rss;
      let peak = before;
      async function* watched() {
        for await (const bytes of large()) {
          peak = Math.max(peak, process.memoryUsage().rss);
          yield bytes;
        }
      }
      expect(await bench.open().put(item('code.zip', watched()))).toMatchObject({ size: 96 << 20 });
      expect(peak - before).toBeLessThan(64 << 20);
    }));
});

describe('a secret item', () => {
  test('reaches the disk only encrypted, and opens with the case key', () =>
    withBench(async (bench) => {
      const plain = `{"K":"${SECRET}"}`;
      const stored = await bench.open().put(item('function/environment.json', plain, { secret: true }));
      await bench.open().seal();
      for (const path of await listTree(nodeDisk, bench.folder)) {
        const text = await readFile(join(bench.folder, path), 'latin1');
        expect(text).not.toContain(SECRET);
        expect(text).not.toContain(sha256(plain)); // a plain digest of a short secret can be guessed
      }
      const [opened] = await records(bench);
      const wrapped = opened?.kind === 'opened' ? opened.caseKey : null;
      expect(wrapped).not.toBeNull();
      if (wrapped === null) return;
      const caseKey = await bench.keys.wrapper.unwrap(wrapped, INCIDENT);
      const place = { incident: INCIDENT, name: 'function/environment.json' };
      const bytes = await readFile(
        join(bench.folder, 'objects', 'sha256', stored.sha256.slice(0, 2), stored.sha256),
      );
      expect(Buffer.from(decryptSecret(caseKey, place, bytes)).toString()).toBe(plain);
      expect(() => decryptSecret(caseKey, { ...place, name: 'other' }, bytes)).toThrow(
        expect.objectContaining({ code: 'cordon_evidence_secret_unreadable' }),
      );
      await expect(bench.keys.wrapper.unwrap(wrapped, 'inc-other')).rejects.toMatchObject({
        code: 'cordon_evidence_key_mismatch',
      });
    }));
});

describe('a seal', () => {
  test('covers items and gaps, and says what no API gives', () =>
    withBench(async (bench) => {
      await collect(bench.open());
      expect(await manifest(bench)).toMatchObject({
        incident: INCIDENT,
        number: 1,
        previous: null,
        items: 3,
        missing: 1,
        notObtainable: expect.arrayContaining([
          expect.objectContaining({ artifact: 'memory' }),
          expect.objectContaining({ artifact: 'temporary-storage' }),
        ]),
      });
    }));

  test('is a signature that the primitive alone verifies over the manifest digest', () =>
    withBench(async (bench) => {
      const evidence = bench.open();
      await collect(evidence);
      const { manifestSha256, keyId } = await evidence.seal();
      const envelope = JSON.parse(await readFile(join(caseFolder(bench), 'manifest.dsse.json'), 'utf8'));
      const payload = Buffer.from(envelope.payload, 'base64');
      const signed = Buffer.concat([
        Buffer.from(`DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `),
        payload,
      ]);
      const pem = await readFile(join(bench.folder, 'public-keys', `${keyId}.pem`));
      const signature = Buffer.from(envelope.signatures[0].sig, 'base64');
      expect(verify(null, signed, createPublicKey(pem), signature)).toBe(true);
      expect(verify(null, signed.subarray(1), createPublicKey(pem), signature)).toBe(false); // control
      expect(JSON.parse(payload.toString())).toMatchObject({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'manifest.json', digest: { sha256: manifestSha256 } }],
      });
      expect(sha256(await readFile(join(caseFolder(bench), 'manifest.json')))).toBe(manifestSha256);
    }));

  test('is the same again when nothing was added, else an addendum chained to it', () =>
    withBench(async (bench) => {
      const evidence = bench.open();
      await collect(evidence);
      const first = await evidence.seal();
      expect(await bench.open().seal()).toEqual(first);
      await evidence.put(item('late', 'x'));
      const second = await evidence.seal();
      expect(second).toMatchObject({ items: 4 });
      expect(await manifest(bench, 'manifest-2.json')).toMatchObject({
        number: 2,
        previous: first.manifestSha256,
      });
      expect(
        await verifyCase(bench.folder, INCIDENT, { manifestSha256: second.manifestSha256 }),
      ).toMatchObject({ verified: true, seals: 2 });
    }));
});
