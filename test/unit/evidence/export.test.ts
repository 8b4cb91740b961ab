import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { listTree, nodeDisk } from '../../../src/evidence/disk.ts';
import { exportCase } from '../../../src/evidence/export.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { appendEntries, CHAIN_START } from '../../../src/timeline/chain.ts';
import type { Entry } from '../../../src/timeline/entry.ts';
import type { Bench } from './case-fixture.ts';
import { collect, INCIDENT, item, SECRET, withBench } from './case-fixture.ts';

const run = promisify(execFile);
const HOSTILE = '"><script>alert(1)</script>${x}$(id)`id`\u202e\u001b[31m';

let place: string;
let keyId: string;
/** What the archive holds, extracted where nothing of the project is. */
let extracted: string;
let archives: { first: Buffer; second: Buffer };

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'cordon-export-'));
  await withBench(async (bench) => {
    const evidence = bench.open();
    await collect(evidence);
    await evidence.put(item(HOSTILE, HOSTILE));
    const { manifestSha256 } = await evidence.seal(); // an addendum
    keyId = bench.keys.signer.keyId;
    const entries = timelineOf(manifestSha256);
    const [first, second] = [join(place, 'first.tar'), join(place, 'second.tar.gz')];
    await exportTo(bench, entries, first, false);
    await exportTo(bench, entries, second, true);
    archives = { first: await readFile(first), second: await readFile(second) };
    const again = join(place, 'again.tar');
    await exportTo(bench, entries, again, false);
    expect(archives.first.equals(await readFile(again))).toBe(true);
  });
  await mkdir(join(place, 'empty'));
  await run('tar', ['xf', '../second.tar.gz'], { cwd: join(place, 'empty') });
  extracted = join(place, 'empty', `cordon-${INCIDENT}`);
});

afterAll(() => rm(place, { recursive: true, force: true }));

function timelineOf(manifestSha256: string): readonly Entry[] {
  const actor = { kind: 'engine' };
  return appendEntries(CHAIN_START, INCIDENT, new Date('2026-01-31T12:00:01Z'), [
    { kind: 'note.added', actor, summary: HOSTILE, data: { text: HOSTILE, count: 1e21, '': [null, true] } },
    { kind: 'evidence.sealed', actor, summary: 'Sealed', data: { manifestSha256 } },
  ]).entries;
}

function exportTo(bench: Bench, entries: readonly Entry[], file: string, gzip: boolean) {
  return exportCase({
    disk: nodeDisk,
    folder: bench.folder,
    signer: bench.keys.signer,
    expectations: {},
    subject: {
      incident: {
        id: INCIDENT,
        name: 'INC-1',
        title: HOSTILE,
        status: 'closed',
        severity: 1,
        exercise: false,
        openedAt: '2026-01-31T12:00:00.000Z',
        closedAt: null,
      },
      entries,
    },
    gzip,
    to: createWriteStream(file),
  });
}

interface Verdict {
  readonly code: number;
  readonly text: string;
}

/** One of the archive's own verifiers, as its instructions call it, with nothing of the environment but the path. */
async function verifier(which: 'node' | 'sh', fingerprint = keyId): Promise<Verdict> {
  const [program, file] = which === 'node' ? [process.execPath, 'verify.mjs'] : ['sh', 'verify.sh'];
  try {
    const { stdout, stderr } = await run(program, [file, fingerprint], {
      cwd: extracted,
      env: { PATH: process.env.PATH ?? '' },
    });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string }; // of execFile, by its documentation
    return { code: failed.code, text: failed.stdout + failed.stderr };
  }
}

test('the archive says how it is checked, and both ways of its instructions find it whole', async () => {
  const readme = await readFile(join(extracted, 'README.txt'), 'utf8');
  expect(readme).toContain(`node verify.mjs ${keyId}`);
  expect(readme).toContain(`sh verify.sh ${keyId}`);
  expect(readme).not.toContain('{{');
  for (const which of ['node', 'sh'] as const) {
    expect(await verifier(which)).toMatchObject({ code: 0, text: expect.stringContaining('verified') });
    const other = await verifier(which, 'f'.repeat(64));
    expect(other).toMatchObject({ code: 1, text: expect.stringContaining('the signing key') });
  }
  // What Cordon itself makes of the folder that was extracted.
  expect(await verifyCase(join(extracted, 'evidence'), INCIDENT)).toMatchObject({ verified: true, seals: 2 });
});

test('a flipped byte in any file fails both verifiers, and is named', async () => {
  const files = await listTree(nodeDisk, extracted);
  expect(files.length).toBeGreaterThan(15);
  const folders = new Set<string>();
  for (const [index, file] of files.entries()) {
    const path = join(extracted, file);
    const bytes = await readFile(path);
    const at = (index * 37) % bytes.length;
    await chmod(path, 0o600);
    await writeFile(
      path,
      bytes.map((byte, position) => (position === at ? byte ^ 1 : byte)),
    );
    // The shell's programs take half a second: one file of each folder, and all of the first.
    const folder = file.slice(0, file.lastIndexOf('/') + 1).replace(/sha256.*/, '');
    const slow = folder !== '' && folders.has(folder);
    folders.add(folder);
    // A verifier that was changed itself is found by the other one.
    const which = (['node', 'sh'] as const).filter(
      (each) => file !== (each === 'node' ? 'verify.mjs' : 'verify.sh') && !(slow && each === 'sh'),
    );
    for (const each of which) {
      const { code, text } = await verifier(each);
      expect({ file, each, code }).toEqual({ file, each, code: 1 });
      const short = file.slice(file.lastIndexOf('/') + 1).replace(/^SHA256SUMS.*|[.]pem$/, '');
      expect({ file, each, named: text.includes(short) }).toEqual({ file, each, named: true });
    }
    await writeFile(path, bytes);
  }
  expect(await verifier('node')).toMatchObject({ code: 0 }); // control: every byte is back
  expect(await verifier('sh')).toMatchObject({ code: 0 });
}, 120_000);

test('a removed, added or swapped file fails both verifiers', async () => {
  const records = join(extracted, 'evidence', 'cases', INCIDENT, 'records');
  const [one, two] = [join(records, '00000002.json'), join(records, '00000003.json')];
  const changes: readonly (() => Promise<() => Promise<void>>)[] = [
    async () => {
      const bytes = await readFile(one);
      await rm(one);
      return () => writeFile(one, bytes);
    },
    async () => {
      const added = join(extracted, 'evidence', 'objects', 'planted');
      await writeFile(added, 'planted');
      return () => rm(added);
    },
    async () => {
      const [first, second] = [await readFile(one), await readFile(two)];
      for (const path of [one, two]) await chmod(path, 0o600);
      await writeFile(one, second);
      await writeFile(two, first);
      return async () => {
        await writeFile(one, first);
        await writeFile(two, second);
      };
    },
  ];
  for (const change of changes) {
    const undo = await change();
    for (const which of ['node', 'sh'] as const) expect(await verifier(which)).toMatchObject({ code: 1 });
    await undo();
  }
  expect(await verifier('sh')).toMatchObject({ code: 0 }); // control
});

test('the pages run no script, load nothing, and keep text from outside as text', async () => {
  for (const name of ['report.html', 'timeline/timeline.html']) {
    const text = await readFile(join(extracted, name), 'utf8');
    expect(text).toContain(`content="default-src &#39;none&#39;`.replaceAll('&#39;', "'"));
    expect(text).not.toMatch(/<script|<img|<link|<iframe|\son\w+=|javascript:|https?:/i);
    for (const driver of ['\u001b', '\u202e']) expect(text).not.toContain(driver);
    expect(text).toContain('&#60;script&#62;'); // control: the hostile title is on the page
  }
});

test('a secret is nowhere in the archive', () => {
  expect(archives.first.includes(SECRET)).toBe(false);
  expect(archives.first.includes('CORDON-SECRET-1')).toBe(true); // control: its ciphertext is
});

test('evidence that does not verify, or has no seal yet, is not exported', () =>
  withBench(async (bench) => {
    const evidence = bench.open();
    await evidence.put(item('a', 'one'));
    const file = join(bench.root, 'out.tar');
    await expect(exportTo(bench, [], file, false)).rejects.toMatchObject({
      code: 'cordon_evidence_not_verified',
      message: expect.stringContaining('not-sealed: a'),
    });
    await evidence.seal();
    await exportTo(bench, [], file, false); // control
  }));
