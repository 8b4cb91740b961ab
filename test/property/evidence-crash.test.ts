import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { EvidencePort } from '../../src/action/ports.ts';
import type { Disk } from '../../src/evidence/disk.ts';
import { verifyCase } from '../../src/evidence/verify.ts';
import { quickDisk } from '../support/quick-disk.ts';
import { INCIDENT, item, withBench } from '../unit/evidence/case-fixture.ts';

class Crash extends Error {}

/**
 * A disk whose process dies at call `at`, before the call or after it took effect: from then on nothing
 * that this process does reaches the disk.
 */
function dyingDisk(at: number, when: 'before' | 'after'): { readonly disk: Disk; calls(): number } {
  let calls = 0;
  let dead = false;
  async function step<T>(
    work: () => Promise<T>,
    lost: (result: T) => Promise<void> = async () => {},
  ): Promise<T> {
    if (dead) throw new Crash('the process is gone');
    calls += 1;
    if (calls !== at) return work();
    dead = true;
    if (when === 'after') await lost(await work());
    throw new Crash('the process dies here');
  }
  const disk: Disk = {
    ...quickDisk,
    makeFolder: (path) => step(() => quickDisk.makeFolder(path)),
    publish: (from, to) => step(() => quickDisk.publish(from, to)),
    remove: (path) => step(() => quickDisk.remove(path)),
    async create(path, mode) {
      // The operating system closes the files of a dead process.
      const sink = await step(
        () => quickDisk.create(path, mode),
        (made) => made.abandon(),
      );
      return {
        write: (chunk) => step(() => sink.write(chunk)),
        finish: () => step(() => sink.finish()),
        abandon: () => sink.abandon(),
      };
    },
  };
  return { disk, calls: () => calls };
}

/** One of each sort: plain, secret, gap, seal, new version, addendum. */
async function run(evidence: EvidencePort): Promise<void> {
  await evidence.put(item('configuration', 'one'));
  await evidence.put(item('environment', 'secret', { secret: true }));
  await evidence.missing({ name: 'logs', artifact: 'function-logs', sourceArn: 'arn', reason: 'none' });
  await evidence.seal();
  await evidence.put(item('configuration', 'two'));
  await evidence.seal();
}

// Dying before a call leaves the same disk as dying after the one before it: `before` the first and `after` each are all.
test('a collection that dies at any write, before or after it took effect, is completed by the next process', () =>
  withBench(async ({ keys, open: openClean, folder }) => {
    const { disk: whole, calls: count } = dyingDisk(Number.POSITIVE_INFINITY, 'before');
    await run(openClean({ disk: whole }));
    expect(await verifyCase(folder, INCIDENT)).toMatchObject({ verified: true, items: 3, seals: 2 }); // control
    const calls = count();
    expect(calls).toBeGreaterThan(40); // control: the writes do pass through the dying disk

    const crashes = [
      { at: 1, when: 'before' as const },
      ...Array.from({ length: calls }, (_, index) => ({ at: index + 1, when: 'after' as const })),
    ];
    const crashOnce = ({ at, when }: (typeof crashes)[number]) =>
      withBench(async (bench) => {
        await expect(run(bench.open({ disk: dyingDisk(at, when).disk }))).rejects.toThrow(Crash);
        await run(bench.open({ disk: quickDisk }));
        const report = await verifyCase(bench.folder, INCIDENT);
        expect({ at, when, findings: report.findings }).toEqual({ at, when, findings: [] });
        // A repeated observation after a late crash is a further version.
        expect(report.items).toBeGreaterThanOrEqual(3);
      }, keys);
    for (let start = 0; start < crashes.length; start += 16) {
      await Promise.all(crashes.slice(start, start + 16).map(crashOnce));
    }
  }));

test('what a dead process left is cleared or explained; what a living one is at is left alone', () =>
  withBench(async (bench) => {
    const { disk: whole, calls: count } = dyingDisk(Number.POSITIVE_INFINITY, 'before');
    await bench.open({ disk: whole, incident: 'inc-count' }).put(item('a', 'counted'));
    let left = 0;
    let explained = 0;
    for (let at = 1; at <= count(); at += 1) {
      const incident = `inc-${at}`;
      const { disk } = dyingDisk(at, 'after');
      const died = bench.open({ disk, incident }).put(item('a', `content ${at}`));
      await expect(died).rejects.toThrow(Crash);
      const before = (await verifyCase(bench.folder, incident)).unfinished;
      left += before.length;
      // A second store of this living process: unfinished files of the first may still be in use.
      await bench.open({ disk: quickDisk, incident }).put(item('b', 'something else'));
      expect((await verifyCase(bench.folder, incident)).unfinished).toEqual(before);

      // The same files as a process of this host left them that runs no more.
      const folder = join(bench.folder, 'cases', incident, 'unfinished');
      for (const name of await readdir(folder)) {
        await rename(join(folder, name), join(folder, name.replace(`~${process.pid}~`, '~999999999~')));
      }
      const evidence = bench.open({ disk: quickDisk, incident, isRunning: (pid) => pid !== 999_999_999 });
      await evidence.seal();
      const report = await verifyCase(bench.folder, incident);
      expect({ at, findings: report.findings, unfinished: report.unfinished }).toEqual({
        at,
        findings: [],
        unfinished: [],
      });
      const records = await readdir(join(bench.folder, 'cases', incident, 'records'));
      explained += records.length - 1 - report.items; // beside `opened` and items: `abandoned`
    }
    expect(left).toBeGreaterThan(0); // control: crashes do leave something
    expect(explained).toBeGreaterThan(0); // control: one left an object that no item names
  }));
