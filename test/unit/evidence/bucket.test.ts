import { DescribeKeyCommand, DisableKeyCommand, GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EvidencePort } from '../../../src/action/ports.ts';
import { openKmsSigner } from '../../../src/aws/kms-signer.ts';
import { systemClock } from '../../../src/clock.ts';
import { type EvidenceKeys, loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { createLocalEvidence } from '../../../src/evidence/local.ts';
import { objectPath } from '../../../src/evidence/place.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { sha256Hex } from '../../../src/timeline/canonical.ts';
import type { StorePlace } from '../../support/conformance/evidence-store.ts';
import { BUCKET, bucketPlace, openBucket, worldClient } from '../../support/evidence-bucket.ts';
import { item } from './case-fixture.ts';

const client = worldClient({
  keys: [
    { name: 'edwards', spec: 'ECC_NIST_EDWARDS25519' },
    { name: 'nist', spec: 'ECC_NIST_P256' },
    { name: 'symmetric', spec: 'SYMMETRIC_DEFAULT' },
    {
      name: 'closed',
      spec: 'SYMMETRIC_DEFAULT',
      policy: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: 'kms:DescribeKey', Resource: '*' },
          { Effect: 'Deny', Principal: '*', Action: 'kms:GenerateDataKey', Resource: '*' },
        ],
      },
    },
  ],
});
const s3 = new S3Client(client);
const store = openBucket(client);
let place: StorePlace;
let keys: EvidenceKeys;

beforeAll(async () => {
  place = await bucketPlace(store);
  keys = await loadEvidenceKeys(place.keysFolder);
});
afterAll(() => place.close());

function open(incident: string, more: { keys?: EvidenceKeys; place?: StorePlace } = {}): EvidencePort {
  return createLocalEvidence({
    folder: (more.place ?? place).folder,
    keys: more.keys ?? keys,
    clock: systemClock,
    disk: (more.place ?? place).disk,
    collector: { name: 'cordon', version: '0.0.0-test' },
  }).openCase(incident, { account: '111122223333', region: 'eu-west-1', caller: null, attempt: null });
}
const verify = (incident: string) => verifyCase(place.folder, incident, {}, place.disk);
const keyOf = (content: string) => `evidence/${objectPath(sha256Hex(content))}`;

describe('evidence in a bucket with Object Lock', () => {
  test('is locked, and its record says where, under which version and until when', async () => {
    const evidence = open('inc-1');
    await evidence.put(item('a', 'one'));
    await evidence.seal();
    const [version] = await store.versions(keyOf('one'));
    const kept = await store.describe(keyOf('one'), version?.versionId ?? '');
    expect(kept).toMatchObject({ retentionMode: 'COMPLIANCE', sha256: sha256Hex('one'), bytes: 3 });
    expect(Date.parse(kept?.retainUntil ?? '')).toBeGreaterThan(systemClock.now().getTime() + 86_000_000);
    const bytes = await place.disk.read(`${place.folder}/cases/inc-1/records/00000002.json`);
    const { store: custody } = JSON.parse(Buffer.from(bytes ?? []).toString('utf8')).item;
    expect(custody).toEqual({
      bucket: BUCKET,
      key: keyOf('one'),
      versionId: version?.versionId,
      retentionMode: 'COMPLIANCE',
      retainUntil: kept?.retainUntil,
      legalHold: false,
      kmsKeyArn: null,
    });
    await expect(
      s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: keyOf('one'), VersionId: version?.versionId })),
    ).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(await store.remove(keyOf('one'), version?.versionId ?? '')).toBe(false);
  });

  test('is read by its version whatever is put over it, and what was put over it is named', async () => {
    const evidence = open('inc-2');
    await evidence.put(item('hidden', 'under a marker'));
    await evidence.put(item('replaced', 'under a version'));
    await evidence.seal();
    expect(await verify('inc-2')).toMatchObject({ verified: true }); // control
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: keyOf('under a marker') }));
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: keyOf('under a version'), Body: 'planted' }));
    const { findings, contents } = await verify('inc-2');
    expect(findings.map(({ kind, item: name, found }) => [kind, name, found.replace(/, .*,/, ',')])).toEqual([
      ['overlaid', 'hidden', 'a delete marker, over it'],
      ['overlaid', 'replaced', 'a later version, over it'],
    ]);
    expect(contents).toHaveLength(2);
  });

  test('is extended and held, and a lock is never shortened', async () => {
    await open('inc-3').put(item('a', 'extended'));
    const [version] = await store.versions(keyOf('extended'));
    const id = version?.versionId ?? '';
    const until = new Date(systemClock.now().getTime() + 90 * 86_400_000);
    await store.retainUntil(keyOf('extended'), id, until);
    await store.legalHold(keyOf('extended'), id, true);
    expect(await store.describe(keyOf('extended'), id)).toMatchObject({ legalHold: true });
    await expect(store.retainUntil(keyOf('extended'), id, systemClock.now())).rejects.toMatchObject({
      code: 'cordon_evidence_store_refused',
    });
  });

  test('says so when the bucket, the key or the rights are not there, and when there is no lock', async () => {
    const into = async (
      options: Parameters<typeof openBucket>[1],
      given: Parameters<typeof openBucket>[0] = client,
    ) => {
      const other = await bucketPlace(openBucket(given, options));
      const put = open('inc-4', { place: other }).put(item('a', 'one'));
      return put.then(
        () => 'stored',
        (error: { code?: string }) => error.code,
      );
    };
    expect(await into({ bucket: 'plain' })).toBe('cordon_evidence_store_refused');
    expect(await into({ bucket: 'nowhere-at-all' })).toBe('cordon_evidence_store_refused');
    const stranger = { accessKeyId: 'AKIANOBODY0000000000', secretAccessKey: 'wrong' };
    expect(await into({}, { ...client, credentials: stranger })).toBe('cordon_evidence_store_refused');
    const { requestHandler: _, ...sockets } = client;
    const nobody = { ...sockets, maxAttempts: 1 };
    expect(await into({}, nobody)).toBe('cordon_evidence_store_unreachable');
    expect(await into({})).toBe('stored'); // control
  });
});

describe('evidence in a bucket by choice', () => {
  test('is encrypted with the key that was given, which its record names', async () => {
    const { KeyMetadata } = await new KMSClient(client).send(
      new DescribeKeyCommand({ KeyId: 'alias/symmetric' }),
    );
    const kmsKeyArn = KeyMetadata?.Arn ?? '';
    const encrypted = await bucketPlace(openBucket(client, { kmsKeyArn }), 'encrypted/');
    const evidence = open('inc-kms', { place: encrypted });
    await evidence.put(item('a', 'encrypted'));
    await evidence.seal();
    expect((await recordOf(encrypted, 'inc-kms')).store).toMatchObject({ kmsKeyArn });
    expect(await verifyCase(encrypted.folder, 'inc-kms', {}, encrypted.disk)).toMatchObject({
      verified: true,
    });

    // A key whose policy refuses: nothing is stored, in AWS's word.
    const closed = await new KMSClient(client).send(new DescribeKeyCommand({ KeyId: 'alias/closed' }));
    const refusing = openBucket(client, { kmsKeyArn: closed.KeyMetadata?.Arn ?? '' });
    const nowhere = await bucketPlace(refusing, 'refused/');
    await expect(open('inc-kms', { place: nowhere }).put(item('a', 'more'))).rejects.toMatchObject({
      code: 'cordon_evidence_store_refused',
      message: expect.stringContaining('AccessDenied'),
    });
    expect(await refusing.versions('refused/')).toEqual([]);
  });

  test('is under GOVERNANCE where that was chosen, and no less removable by us', async () => {
    const governed = openBucket(client, { lock: 'GOVERNANCE' });
    const there = await bucketPlace(governed, 'governed/');
    await open('inc-governed', { place: there }).put(item('a', 'governed'));
    const custody = (await recordOf(there, 'inc-governed')).store;
    expect(custody).toMatchObject({ retentionMode: 'GOVERNANCE' });
    expect(await governed.remove(custody.key, custody.versionId)).toBe(false);
    const asked = { Bucket: BUCKET, Key: custody.key, VersionId: custody.versionId };
    await expect(s3.send(new DeleteObjectCommand(asked))).rejects.toMatchObject({ name: 'AccessDenied' });
    // Control: whoever has the right to lift it may, which is why nobody should have it.
    await s3.send(new DeleteObjectCommand({ ...asked, BypassGovernanceRetention: true }));
    expect(await governed.describe(custody.key, custody.versionId)).toBeNull();
  });
});

async function recordOf(where: StorePlace, incident: string) {
  const bytes = await where.disk.read(`${where.folder}/cases/${incident}/records/00000002.json`);
  return JSON.parse(Buffer.from(bytes ?? []).toString('utf8')).item;
}

describe('a seal by a KMS key', () => {
  test.each(['edwards', 'nist'])('%s verifies offline with the public key alone', async (name) => {
    const signer = await openKmsSigner({ client, key: `alias/${name}` });
    const evidence = open(`inc-${name}`, { keys: { ...keys, signer } });
    await evidence.put(item('a', name));
    expect((await evidence.seal()).keyId).toBe(signer.keyId);
    const pinned = { publicKeyPem: signer.publicKeyPem };
    expect(await verifyCase(place.folder, `inc-${name}`, pinned, place.disk)).toMatchObject({
      verified: true,
      keyIds: [signer.keyId],
    });
    const other = { publicKeyPem: keys.signer.publicKeyPem }; // control
    expect(await verifyCase(place.folder, `inc-${name}`, other, place.disk)).toMatchObject({
      verified: false,
    });
  });

  test('that is refused leaves what was collected, to be sealed by the next attempt', async () => {
    const signer = await openKmsSigner({ client, key: 'alias/nist' });
    await new KMSClient(client).send(new DisableKeyCommand({ KeyId: await keyIdOf('alias/nist') }));
    // A known public key lets an engine start while KMS is away; it cannot seal.
    const later = await openKmsSigner({ client, key: 'alias/nist', publicKeyPem: signer.publicKeyPem });
    const evidence = open('inc-refused', { keys: { ...keys, signer: later } });
    await evidence.put(item('a', 'kept'));
    await expect(evidence.seal()).rejects.toMatchObject({ code: 'cordon_seal_key_refused' });
    expect((await verify('inc-refused')).findings.map(({ kind }) => kind)).toContain('envelope-missing');
    await open('inc-refused').seal();
    expect(await verify('inc-refused')).toMatchObject({ verified: true, items: 1 });
  });

  test('is refused for a key that cannot sign', async () => {
    await expect(openKmsSigner({ client, key: 'alias/symmetric' })).rejects.toMatchObject({
      code: expect.stringMatching(/^cordon_seal_key_/),
    });
  });
});

async function keyIdOf(alias: string): Promise<string> {
  const { KeyId } = await new KMSClient(client).send(new GetPublicKeyCommand({ KeyId: alias }));
  return KeyId ?? '';
}
