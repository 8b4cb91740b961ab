import { generateKeyPairSync } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Disk, nodeDisk } from '../../../src/evidence/disk.ts';
import { describeFinding } from '../../../src/evidence/finding.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { type Bench, collect, INCIDENT, item, withBench } from './case-fixture.ts';

const caseFile = (bench: Bench, path: string) => join(bench.folder, 'cases', INCIDENT, path);

async function rewrite(path: string, change: (bytes: Buffer) => Uint8Array): Promise<void> {
  const bytes = await readFile(path);
  await chmod(path, 0o600);
  await writeFile(path, change(bytes));
}

describe('verifying a case', () => {
  test('passes when nothing was touched, with the folder alone and with the public key', () =>
    withBench(async (bench) => {
      await collect(bench.open());
      const alone = await verifyCase(bench.folder, INCIDENT);
      expect(alone).toMatchObject({
        verified: true,
        findings: [],
        unfinished: [],
        items: 3,
        missing: 1,
        keyIds: [bench.keys.signer.keyId],
      });
      const pinned = { publicKeyPem: bench.keys.signer.publicKeyPem };
      expect(await verifyCase(bench.folder, INCIDENT, pinned)).toMatchObject({ verified: true });
    }));

  test('passes on a copy elsewhere', () =>
    withBench(async (bench) => {
      await collect(bench.open());
      const copy = join(bench.root, 'copy');
      await cp(bench.folder, copy, { recursive: true });
      expect(await verifyCase(copy, INCIDENT)).toMatchObject({ verified: true });
    }));

  test('names the item, the byte counts and the digests of an altered object', () =>
    withBench(async (bench) => {
      const evidence = bench.open();
      const { sha256 } = await evidence.put(item('function/code.zip', Buffer.alloc(5_000, 7)));
      await evidence.seal();
      await rewrite(join(bench.folder, 'objects/sha256', sha256.slice(0, 2), sha256), (bytes) =>
        bytes.subarray(0, 4_999),
      );
      const { findings } = await verifyCase(bench.folder, INCIDENT);
      expect(findings).toHaveLength(1);
      expect(findings[0]).toMatchObject({ kind: 'object-altered', item: 'function/code.zip' });
      expect(findings.map(describeFinding).join()).toMatch(
        new RegExp(
          `function/code[.]zip .*expected 5000 bytes with SHA-256 ${sha256}, found 4999 bytes with SHA-256 [0-9a-f]{64}`,
        ),
      );
    }));

  test('names both items when two records were swapped', () =>
    withBench(async (bench) => {
      await collect(bench.open());
      await rename(caseFile(bench, 'records/00000002.json'), caseFile(bench, 'x'));
      await rename(caseFile(bench, 'records/00000003.json'), caseFile(bench, 'records/00000002.json'));
      await rename(caseFile(bench, 'x'), caseFile(bench, 'records/00000003.json'));
      const { findings } = await verifyCase(bench.folder, INCIDENT);
      expect(findings.map((finding) => [finding.kind, finding.item])).toEqual([
        ['record-altered', 'function/configuration.json'],
        ['record-altered', 'function/code.zip'],
      ]);
    }));

  test('names the envelopes when two were swapped', () =>
    withBench(async (bench) => {
      const evidence = bench.open();
      await collect(evidence);
      await evidence.put(item('late', 'x'));
      await evidence.seal();
      await rename(caseFile(bench, 'manifest.dsse.json'), caseFile(bench, 'x'));
      await rename(caseFile(bench, 'manifest-2.dsse.json'), caseFile(bench, 'manifest.dsse.json'));
      await rename(caseFile(bench, 'x'), caseFile(bench, 'manifest-2.dsse.json'));
      const altered = (await verifyCase(bench.folder, INCIDENT)).findings.filter(
        (finding) => finding.kind === 'envelope-altered',
      );
      expect(altered.map((finding) => finding.item)).toEqual(['manifest.dsse.json', 'manifest-2.dsse.json']);
    }));

  test('names an item that is not sealed yet', () =>
    withBench(async (bench) => {
      const evidence = bench.open();
      await collect(evidence);
      await evidence.put(item('late', 'x'));
      expect((await verifyCase(bench.folder, INCIDENT)).findings).toMatchObject([
        { kind: 'not-sealed', item: 'late' },
      ]);
    }));

  test('finds a case that was put back to an earlier seal, when the timeline knows the later one', () =>
    withBench(async (bench) => {
      const evidence = bench.open();
      await collect(evidence);
      const copy = join(bench.root, 'copy');
      await cp(bench.folder, copy, { recursive: true });
      await evidence.put(item('late', 'x'));
      const { manifestSha256 } = await evidence.seal();
      expect(await verifyCase(copy, INCIDENT)).toMatchObject({ verified: true }); // control
      expect((await verifyCase(copy, INCIDENT, { manifestSha256 })).findings).toMatchObject([
        { kind: 'rolled-back' },
      ]);
    }));

  test('does not accept a case that was sealed again with another key', () =>
    withBench(async (bench) => {
      await collect(bench.open());
      const other = generateKeyPairSync('ed25519')
        .publicKey.export({ type: 'spki', format: 'pem' })
        .toString();
      const { findings } = await verifyCase(bench.folder, INCIDENT, { publicKeyPem: other });
      expect(findings.map((finding) => finding.kind)).toContain('signature-invalid');
      await expect(verifyCase(bench.folder, INCIDENT, { publicKeyPem: 'x' })).rejects.toMatchObject({
        code: 'cordon_evidence_key_invalid',
      });
    }));

  test.each([
    ['beside the records', `cases/${INCIDENT}/records/00000099.json`],
    ['in the case', `cases/${INCIDENT}/notes.txt`],
    ['as a seal far away', `cases/${INCIDENT}/manifest-9999.json`],
    ['among unfinished writes', `cases/${INCIDENT}/unfinished/notes`],
    ['among the objects', `objects/sha256/ab/${'ab'.repeat(32)}`],
    ['among the objects, misplaced', 'objects/x'],
    ['among the keys', 'public-keys/x.pem'],
    ['at the top', 'readme'],
  ])('finds a file that was added %s', (_, path) =>
    withBench(async (bench) => {
      await collect(bench.open());
      await plant(join(bench.folder, path));
      expect((await verifyCase(bench.folder, INCIDENT)).findings).toMatchObject([
        { kind: 'stray-file', file: path },
      ]);
    }),
  );

  test('alone, finds what was added to the case, and reads no other case', () =>
    withBench(async (bench) => {
      await collect(bench.open());
      await bench.open({ incident: 'inc-other' }).put(item('theirs', 'other content'));
      const read: string[] = [];
      const watched: Disk = {
        ...nodeDisk,
        read: (path) => {
          read.push(path);
          return nodeDisk.read(path);
        },
      };
      const verify = (expectations: { alone?: true }) =>
        verifyCase(bench.folder, INCIDENT, expectations, watched);
      expect(await verify({ alone: true })).toMatchObject({ verified: true, items: 3 });
      expect(read.filter((path) => path.includes('inc-other'))).toEqual([]);
      await verify({}); // control
      expect(read.filter((path) => path.includes('inc-other'))).not.toEqual([]);
      await plant(join(bench.folder, 'cases', INCIDENT, 'notes.txt'));
      expect(await verify({ alone: true })).toMatchObject({ findings: [{ kind: 'stray-file' }] });
    }));

  test('follows no link out of the folder', () =>
    withBench(async (bench) => {
      const evidence = bench.open();
      const { sha256 } = await evidence.put(item('a', 'one'));
      await evidence.seal();
      const path = join(bench.folder, 'objects/sha256', sha256.slice(0, 2), sha256);
      await rename(path, join(bench.root, 'elsewhere'));
      await symlink(join(bench.root, 'elsewhere'), path);
      expect((await verifyCase(bench.folder, INCIDENT)).findings).toMatchObject([
        { kind: 'object-missing', item: 'a' },
      ]);
    }));

  test('leaves the objects and keys of other cases alone, and finds them stray once their case is gone', () =>
    withBench(async (bench) => {
      await collect(bench.open());
      await bench.open({ incident: 'inc-other' }).put(item('theirs', 'other content'));
      expect(await verifyCase(bench.folder, INCIDENT)).toMatchObject({ verified: true });
      await rm(join(bench.folder, 'cases/inc-other'), { recursive: true });
      expect((await verifyCase(bench.folder, INCIDENT)).findings).toMatchObject([{ kind: 'stray-file' }]);
    }));

  test('says that there is no case', () =>
    withBench(async (bench) => {
      expect(await verifyCase(bench.folder, 'inc-none')).toMatchObject({
        verified: false,
        findings: [{ kind: 'case-missing' }],
      });
    }));
});

async function plant(path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, 'planted');
}
