import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { withBench } from './case-fixture.ts';

describe('the evidence keys', () => {
  test('are made once, for the owner alone, and are the same at the next start', () =>
    withBench(async ({ root, keys }) => {
      const folder = join(root, 'keys');
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
      expect((await stat(join(folder, 'evidence-signing.pem'))).mode & 0o777).toBe(0o600);
      expect((await stat(join(folder, 'evidence-wrapping.key'))).mode & 0o777).toBe(0o600);
      const again = await loadEvidenceKeys(folder);
      expect([again.signer.keyId, again.wrapper.keyId]).toEqual([keys.signer.keyId, keys.wrapper.keyId]);
      expect(await readFile(join(folder, 'evidence-signing.pub.pem'), 'utf8')).toBe(keys.signer.publicKeyPem);
    }));

  test('are the same for two processes that start at once', () =>
    withBench(async ({ root }) => {
      const folder = join(root, 'other-keys');
      const loaded = await Promise.all([loadEvidenceKeys(folder), loadEvidenceKeys(folder)]);
      expect(new Set(loaded.map((keys) => keys.signer.keyId)).size).toBe(1);
      expect(new Set(loaded.map((keys) => keys.wrapper.keyId)).size).toBe(1);
    }));

  test.each([
    ['the signing key', 'evidence-signing.pem', 0o640],
    ['the wrapping key', 'evidence-wrapping.key', 0o604],
    ['the folder', '.', 0o750],
  ])('are refused when others may use %s', (_, name, mode) =>
    withBench(async ({ root }) => {
      await chmod(join(root, 'keys', name), mode);
      await expect(loadEvidenceKeys(join(root, 'keys'))).rejects.toMatchObject({
        code: 'cordon_evidence_key_permissions',
      });
    }),
  );

  test.each(['evidence-signing.pem', 'evidence-wrapping.key'])(
    'are not silently replaced when %s was lost',
    (name) =>
      withBench(async ({ root }) => {
        await rm(join(root, 'keys', name));
        await expect(loadEvidenceKeys(join(root, 'keys'))).rejects.toMatchObject({
          code: 'cordon_evidence_key_missing',
        });
      }),
  );

  test.each(['evidence-signing.pem', 'evidence-wrapping.key', 'evidence-signing.pub.pem'])(
    'are refused when %s holds something else, without quoting it',
    (name) =>
      withBench(async ({ root }) => {
        await writeFile(join(root, 'keys', name), 'topsecret');
        await expect(loadEvidenceKeys(join(root, 'keys'))).rejects.toMatchObject({
          code: 'cordon_evidence_key_invalid',
          message: expect.not.stringContaining('topsecret'),
        });
      }),
  );
});
