import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Disk, listTree, nodeDisk } from '../../src/evidence/disk.ts';
import { type CaseReport, verifyCase } from '../../src/evidence/verify.ts';
import { cli } from '../support/cli.ts';

let dataDir: string;
let evidence: string;
let incident: string;
/** Every file that the demo's exercise leaves below its evidence folder: path and bytes. */
const files = new Map<string, Buffer>();

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cordon-demo-'));
  const ran = await cli(['exercise', 'run', 'c2-callback', '--json'], {
    environment: { CORDON_DATA_DIR: dataDir },
  });
  const summary = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '');
  expect({ code: ran.code, status: summary.status }).toEqual({ code: 0, status: 'closed' });
  evidence = join(dirname(summary.report), 'evidence');
  incident = summary.incident;
  for (const path of await listTree(nodeDisk, evidence)) {
    files.set(path, await readFile(join(evidence, path)));
  }
}, 120_000);

afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** The folder as the verifier reads it, with some files other than they are: no byte on the disk is touched. */
function altered(changes: ReadonlyMap<string, Buffer | null>): Disk {
  const now = new Map(files);
  for (const [path, bytes] of changes) {
    if (bytes === null) now.delete(path);
    else now.set(path, bytes);
  }
  const at = (path: string) => relative(evidence, path).replaceAll('\\', '/');
  const below = (folder: string) => {
    const prefix = folder === '' ? '' : `${folder}/`;
    return [...now.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  };
  return {
    ...nodeDisk,
    list: async (path) => [...new Set(below(at(path)).map((each) => each.split('/')[0] ?? ''))].sort(),
    kindOf: async (path) => (now.has(at(path)) ? 'file' : below(at(path)).length > 0 ? 'folder' : null),
    read: async (path) => now.get(at(path)) ?? null,
    async *chunks(path) {
      yield now.get(at(path)) ?? Buffer.alloc(0);
    },
  };
}

function verify(path: string, bytes: Buffer | null): Promise<CaseReport> {
  return verifyCase(evidence, incident, {}, altered(new Map([[path, bytes]])));
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
  return changed;
}

test('the evidence of the demo verifies, on the disk and as it was read', async () => {
  expect(files.size).toBeGreaterThan(50);
  const report = await verifyCase(evidence, incident);
  expect(report).toMatchObject({ verified: true, problems: [], unfinished: [] });
  // Control: through the altered folder, unaltered, it is the same report.
  expect(await verifyCase(evidence, incident, {}, altered(new Map()))).toEqual(report);
});

// Each verification reads the whole folder: every file has a byte flipped, and every sixth is cut or removed besides.
test.each<[string, number, (bytes: Buffer, index: number) => Buffer | null]>([
  // At the beginning, somewhere inside and at the end, in turn.
  [
    'a byte flipped',
    1,
    (bytes, index) => flipped(bytes, [0, bytes.length >> 1, bytes.length - 1][index % 3] ?? 0),
  ],
  ['its last byte cut off', 6, (bytes) => bytes.subarray(0, -1)],
  ['been removed', 6, () => null],
])('each file of the demo’s evidence is named once it has %s', async (_, every, change) => {
  let changed = 0;
  for (const [index, [path, bytes]] of [...files].entries()) {
    if (index % every !== 0) continue;
    const now = change(bytes, index);
    if (now?.equals(bytes) === true) continue; // an empty file has no byte to change
    changed += 1;
    const { verified, findings, problems } = await verify(path, now);
    expect({ path, verified, named: findings.some(({ file }) => file === path) }).toEqual({
      path,
      verified: false,
      named: true,
    });
    expect(problems.some((problem) => problem.includes(path))).toBe(true);
  }
  expect(changed).toBeGreaterThan(files.size / every - 2);
});

test('a file that is added is named, whatever folder of the demo’s evidence it is put into', async () => {
  const folders = new Set(['', 'cases', 'objects', `cases/${incident}/unfinished`]);
  for (const path of files.keys()) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) folders.add(parts.slice(0, depth).join('/'));
  }
  for (const folder of folders) {
    const path = folder === '' ? 'added' : `${folder}/added`;
    const { verified, findings } = await verify(path, Buffer.from('planted'));
    expect({ path, verified, named: findings.map(({ file }) => file) }).toEqual({
      path,
      verified: false,
      named: [path],
    });
  }
});
