import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EvidencePort } from '../../src/action/ports.ts';
import { systemClock } from '../../src/clock.ts';
import { type EvidenceKeys, loadEvidenceKeys } from '../../src/evidence/keys.ts';
import { createLocalEvidence } from '../../src/evidence/local.ts';
import type { ObjectStore } from '../../src/evidence/object-store.ts';
import { s3Disk } from '../../src/evidence/s3-disk.ts';
import { verifyCase } from '../../src/evidence/verify.ts';
import { describeEvidenceStore } from '../support/conformance/evidence-store.ts';
import { bucketPlace } from '../support/evidence-bucket.ts';
import { Crash, type Fault, faultyStore } from '../support/evidence-faults.ts';
import { memoryBucket } from '../support/memory-bucket.ts';
import { quickDisk } from '../support/quick-disk.ts';
import { item } from '../unit/evidence/case-fixture.ts';

describeEvidenceStore('a bucket in memory', () => bucketPlace(memoryBucket()));

describe('a collection into a bucket', () => {
  let root: string;
  let keys: EvidenceKeys;
  let runs = 0;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'cordon-bucket-crash-'));
    keys = await loadEvidenceKeys(join(root, 'keys'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const open = (store: ObjectStore, folder: string): EvidencePort =>
    createLocalEvidence({
      folder,
      keys,
      clock: systemClock,
      disk: s3Disk({ store, folder, prefix: '', local: quickDisk }),
      collector: { name: 'cordon', version: '0.0.0-test' },
    }).openCase('inc-1', { account: '111122223333', region: 'eu-west-1', caller: null, attempt: null });

  /** One of each sort: plain, secret, gap, seal, new version, addendum. */
  async function run(evidence: EvidencePort): Promise<void> {
    await evidence.put(item('configuration', 'one'));
    await evidence.put(item('environment', 'secret', { secret: true }));
    await evidence.missing({ name: 'logs', artifact: 'function-logs', sourceArn: 'arn', reason: 'none' });
    await evidence.seal();
    await evidence.put(item('configuration', 'two'));
    await evidence.seal();
  }

  /** Fails one call of the bucket, then lets the next process (or the same one) go on. */
  async function failAt(fault: Fault | null) {
    runs += 1;
    const folder = join(root, `run-${runs}`);
    const bucket = memoryBucket();
    const faulty = faultyStore(bucket, fault);
    const failed = await run(open(faulty.store, folder)).then(
      () => false,
      (error: unknown) => {
        if (error instanceof Crash) return true;
        throw error;
      },
    );
    if (failed) await run(open(bucket, folder));
    const report = await verifyCase(folder, 'inc-1', {}, s3Disk({ store: bucket, folder, prefix: '' }));
    return { failed, report, calls: faulty.calls() };
  }

  test('that fails or dies at any call, before or after it took effect, is completed by the next', async () => {
    const whole = await failAt(null);
    expect(whole).toMatchObject({ failed: false, report: { verified: true, items: 3, seals: 2 } }); // control
    expect(whole.calls).toBeGreaterThan(40);
    // Dying after a call leaves the same bucket as dying before the next: only the last call has no next.
    const faults = Array.from({ length: whole.calls }, (_, index) => index + 1).flatMap((at): Fault[] => [
      { at, when: 'before', how: 'die' },
      ...(at === whole.calls ? [{ at, when: 'after', how: 'die' } as const] : []),
      { at, when: 'after', how: 'lose' },
    ]);
    let failures = 0;
    for (let start = 0; start < faults.length; start += 16) {
      const results = await Promise.all(
        faults.slice(start, start + 16).map(async (fault) => ({ fault, ...(await failAt(fault)) })),
      );
      for (const { fault, failed, report } of results) {
        expect({ fault, findings: report.findings }).toEqual({ fault, findings: [] });
        if (failed) failures += 1;
      }
    }
    // Control: every death does end the run. A lost answer to a write is looked up, and goes on.
    expect(failures).toBeGreaterThan(whole.calls);
  });
});
