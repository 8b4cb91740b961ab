import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EvidencePort } from '../../../src/action/ports.ts';
import { systemClock } from '../../../src/clock.ts';
import { type Disk, listTree } from '../../../src/evidence/disk.ts';
import { type EvidenceKeys, loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { createLocalEvidence } from '../../../src/evidence/local.ts';
import { casePlace } from '../../../src/evidence/place.ts';
import { readCase } from '../../../src/evidence/read-case.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { collect, item, SECRET } from '../../unit/evidence/case-fixture.ts';

/** A place where evidence can be kept, empty. */
export interface StorePlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly keysFolder: string;
  close(): Promise<void>;
}

/** What every store of evidence does, wherever it lies. */
export function describeEvidenceStore(name: string, fresh: () => Promise<StorePlace>): void {
  describe(`evidence in ${name}`, () => {
    let place: StorePlace;
    let keys: EvidenceKeys;
    beforeAll(async () => {
      place = await fresh();
      keys = await loadEvidenceKeys(place.keysFolder);
    });
    afterAll(() => place.close());

    const open = (incident: string): EvidencePort =>
      createLocalEvidence({
        folder: place.folder,
        keys,
        clock: systemClock,
        disk: place.disk,
        collector: { name: 'cordon', version: '0.0.0-test' },
      }).openCase(incident, { account: '111122223333', region: 'eu-west-1', caller: null, attempt: null });
    const verify = (incident: string) => verifyCase(place.folder, incident, {}, place.disk);
    const records = async (incident: string) =>
      (await readCase(place.disk, casePlace(place.folder, incident))).records.map(({ record }) => record);

    test('keeps items, gaps and seals, and verifies them to the byte', async () => {
      await collect(open('inc-one'));
      expect(await verify('inc-one')).toMatchObject({
        verified: true,
        findings: [],
        unfinished: [],
        items: 3,
        missing: 1,
        seals: 1,
      });
      expect(await verify('inc-none')).toMatchObject({ findings: [{ kind: 'case-missing' }] }); // control
    });

    test('streams content of many chunks, and holds it to its digest', async () => {
      async function* chunks() {
        for (let index = 0; index < 40; index += 1) yield Buffer.alloc(65_536, index);
      }
      const stored = await open('inc-one').put(item('large', chunks()));
      expect(stored.size).toBe(40 * 65_536);
      const false0 = await open('inc-one').put(item('code', 'code', { expectedSha256: 'AAAA' }));
      expect(false0.matchesExpected).toBe(false);
      await open('inc-one').seal();
      expect(await verify('inc-one')).toMatchObject({ verified: true, items: 5, seals: 2 });
    });

    test('overwrites nothing: the same again is the same, other content is a further version', async () => {
      const evidence = open('inc-two');
      await evidence.put(item('a', 'one'));
      await evidence.put(item('a', 'one'));
      await evidence.put(item('a', 'two'));
      await evidence.seal();
      const versions = (await records('inc-two')).flatMap((record) =>
        record.kind === 'item' ? [record.item.version] : [],
      );
      expect(versions).toEqual([1, 2]);
      expect(await verify('inc-two')).toMatchObject({ verified: true });
    });

    test('takes two writers of one case at once', async () => {
      const [left, right] = [open('inc-three'), open('inc-three')];
      await Promise.all(
        ['a', 'b', 'c'].flatMap((one) => [left.put(item(one, `${one}1`)), right.put(item(`${one}2`, one))]),
      );
      await Promise.all([left.seal(), right.seal()]);
      await left.seal();
      expect(await verify('inc-three')).toMatchObject({ verified: true, items: 6 });
    });

    test('holds no secret in the clear', async () => {
      let all = 0;
      for (const path of await listTree(place.disk, place.folder)) {
        for await (const chunk of place.disk.chunks(`${place.folder}/${path}`)) {
          expect(Buffer.from(chunk).includes(SECRET)).toBe(false);
          all += chunk.length;
        }
      }
      expect(all).toBeGreaterThan(40 * 65_536); // control: the content was looked through
    });

    test('says whose objects nobody names', async () => {
      const path = `${place.folder}/cases/inc-two/unfinished/test~1~a~1.part`;
      await place.disk.makeFolder(`${place.folder}/cases/inc-two/unfinished`);
      const sink = await place.disk.create(path, 0o600);
      await sink.write(Buffer.from('planted'));
      await sink.finish();
      await place.disk.makeFolder(`${place.folder}/objects/sha256/aa`);
      expect(await place.disk.publish(path, `${place.folder}/objects/sha256/aa/planted`)).toBe(true);
      expect(await place.disk.publish(path, `${place.folder}/objects/sha256/aa/planted`)).toBe(false);
      await place.disk.remove(path);
      expect((await verify('inc-two')).findings).toMatchObject([
        { kind: 'stray-file', file: 'objects/sha256/aa/planted' },
      ]);
    });
  });
}
