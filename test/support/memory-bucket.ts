import type { ObjectPlace, ObjectStore } from '../../src/evidence/object-store.ts';

/** A bucket in memory, for tests that fail every call of a run in turn. It passes the suite of the others. */
export function memoryBucket(): ObjectStore {
  const objects = new Map<string, { readonly bytes: Buffer; readonly place: ObjectPlace }>();
  const at = (key: string, versionId: string) => {
    const found = objects.get(key);
    if (found?.place.versionId !== versionId) throw new Error(`no version ${versionId} of ${key}`);
    return found;
  };
  return {
    async create(key, file) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of file.content()) chunks.push(chunk);
      if (objects.has(key)) return null;
      const place: ObjectPlace = {
        bucket: 'memory',
        key,
        versionId: `v${objects.size + 1}`,
        bytes: file.bytes,
        sha256: file.sha256,
        retentionMode: 'COMPLIANCE',
        retainUntil: '2026-02-28T00:00:00.000Z',
        legalHold: false,
        kmsKeyArn: null,
      };
      objects.set(key, { bytes: Buffer.concat(chunks), place });
      return place;
    },
    versions: async (prefix) =>
      [...objects]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, { place }]) => ({ key, versionId: place.versionId, kind: 'object' as const })),
    describe: async (key, versionId) => at(key, versionId).place,
    async *content(key, versionId) {
      yield at(key, versionId).bytes;
    },
    retainUntil: async () => {},
    legalHold: async () => {},
    remove: async (key) => objects.delete(key),
  };
}
