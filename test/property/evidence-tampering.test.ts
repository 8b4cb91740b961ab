import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { listTree, nodeDisk } from '../../src/evidence/disk.ts';
import { verifyCase } from '../../src/evidence/verify.ts';
import { collect, INCIDENT, item, withBench } from '../unit/evidence/case-fixture.ts';

const KINDS = ['flip', 'truncate', 'append', 'remove', 'swap', 'add', 'empty'] as const;

/** A change of one file, and how to take it back; null when this change would change nothing. */
async function tamper(
  folder: string,
  files: readonly string[],
  draw: {
    readonly kind: (typeof KINDS)[number];
    readonly file: number;
    readonly byte: number;
    readonly bit: number;
  },
): Promise<{ readonly touched: readonly string[]; undo(): Promise<void> } | null> {
  const name = files[draw.file % files.length] ?? '';
  const path = join(folder, name);
  const bytes = await readFile(path);
  const at = draw.byte % bytes.length;
  const write = async (changed: Uint8Array) => {
    await chmod(path, 0o600);
    await writeFile(path, changed);
    return { touched: [name], undo: () => writeFile(path, bytes) };
  };
  switch (draw.kind) {
    case 'flip':
      return write(bytes.map((byte, index) => (index === at ? byte ^ (1 << draw.bit) : byte)));
    case 'truncate':
      return write(bytes.subarray(0, at));
    case 'empty':
      return write(new Uint8Array(0));
    case 'append':
      return write(Buffer.concat([bytes, Buffer.from(draw.bit % 2 === 0 ? '\n' : '\0')]));
    case 'remove':
      await rm(path);
      return { touched: [name], undo: () => writeFile(path, bytes) };
    case 'add': {
      const added = join(dirname(path), `added-${draw.byte}`);
      await mkdir(dirname(added), { recursive: true });
      await writeFile(added, 'planted');
      return { touched: [`${dirname(name)}/added-${draw.byte}`], undo: () => rm(added) };
    }
    case 'swap': {
      const otherName = files[(draw.file + 1 + (draw.byte % (files.length - 1))) % files.length] ?? '';
      const other = join(folder, otherName);
      const swap = async () => {
        await rename(path, join(folder, '..', 'aside'));
        await rename(other, path);
        await rename(join(folder, '..', 'aside'), other);
      };
      await swap();
      return { touched: [name, otherName], undo: swap };
    }
  }
}

test('any change of any byte or file of an evidence folder is found and named', () =>
  withBench(async (bench) => {
    const evidence = bench.open();
    await collect(evidence);
    await evidence.put(item('late/function.json', '{"late":true}'));
    await evidence.seal(); // an addendum, so that both kinds of manifest are tampered with
    const files = await listTree(nodeDisk, bench.folder);
    const verified = async () => (await verifyCase(bench.folder, INCIDENT)).verified;
    expect(await verified()).toBe(true); // control

    await fc.assert(
      fc.asyncProperty(
        fc.record({
          kind: fc.constantFrom(...KINDS),
          file: fc.nat(),
          byte: fc.nat(),
          bit: fc.integer({ min: 0, max: 7 }),
        }),
        async (draw) => {
          const change = await tamper(bench.folder, files, draw);
          if (change === null) return;
          try {
            const { findings } = await verifyCase(bench.folder, INCIDENT);
            expect(findings.length).toBeGreaterThan(0);
            // An envelope whose key id is another one is named as what lacks the key of that id.
            const named = findings.flatMap(({ file, item }) => [file, `cases/${INCIDENT}/${item}`]);
            expect(change.touched.some((file) => named.includes(file))).toBe(true);
          } finally {
            await change.undo();
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(await verified()).toBe(true); // control: every change was taken back
  }));
