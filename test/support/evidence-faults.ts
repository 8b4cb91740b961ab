import type { NewObject, ObjectPlace, ObjectStore } from '../../src/evidence/object-store.ts';

/** The process is gone: nothing that it does reaches anything from then on. */
export class Crash extends Error {}

export interface Fault {
  readonly at: number;
  readonly when: 'before' | 'after';
  /** `die`: this and every later call fails. `lose`: this one call fails, and the process goes on. */
  readonly how: 'die' | 'lose';
}

/** A bucket whose call number `at` fails, before it took effect or after. */
export function faultyStore(
  store: ObjectStore,
  fault: Fault | null,
): { readonly store: ObjectStore; calls(): number } {
  let calls = 0;
  let dead = false;
  async function step<Result>(work: () => Promise<Result>): Promise<Result> {
    if (dead) throw new Crash('the process is gone');
    calls += 1;
    if (calls !== fault?.at) return work();
    dead = fault.how === 'die';
    if (fault.when === 'after') await work();
    throw new Crash(fault.how === 'die' ? 'the process dies here' : 'the answer is lost');
  }
  return {
    calls: () => calls,
    store: {
      create: (key: string, file: NewObject): Promise<ObjectPlace | null> =>
        step(() => store.create(key, file)),
      versions: (prefix) => step(() => store.versions(prefix)),
      describe: (key, versionId) => step(() => store.describe(key, versionId)),
      content: (key, versionId) => store.content(key, versionId),
      retainUntil: (key, versionId, until) => step(() => store.retainUntil(key, versionId, until)),
      legalHold: (key, versionId, on) => step(() => store.legalHold(key, versionId, on)),
      remove: (key, versionId) => step(() => store.remove(key, versionId)),
    },
  };
}
