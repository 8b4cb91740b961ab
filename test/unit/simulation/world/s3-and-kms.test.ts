import { createHash, createPublicKey, verify } from 'node:crypto';
import {
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  SignCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import {
  DeleteObjectCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ACCOUNT, REGION, type Stage, smallSpec, stage } from './support.ts';

let open: Stage | undefined;
async function opened(more: Record<string, unknown> = {}): Promise<Stage> {
  open = await stage(
    smallSpec({
      buckets: [
        { name: 'case-store', objectLock: true, retention: { mode: 'COMPLIANCE', days: 7 } },
        { name: 'plain' },
      ],
      keys: [
        { name: 'case' },
        { name: 'seal', spec: 'ECC_NIST_P256' },
        { name: 'mark', spec: 'ECC_NIST_EDWARDS25519' },
      ],
      ...more,
    }),
  );
  return open;
}
afterEach(async () => {
  await open?.served.close();
  open = undefined;
});

const Bucket = 'case-store';
const Key = 'case-1/role/worker policy.json';
const DAY_MS = 86_400_000;
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');

describe('a bucket with Object Lock', () => {
  test('keeps a version that is locked; a marker over it deletes nothing', async () => {
    const { as, clock } = await opened();
    const { s3 } = as();
    const { VersionId, ChecksumSHA256 } = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: 'evidence',
        ChecksumSHA256: sha256('evidence'),
        IfNoneMatch: '*',
      }),
    );
    expect(ChecksumSHA256).toBe(sha256('evidence'));
    const version = { Bucket, Key, VersionId: VersionId ?? '' };
    const remove = (more = {}) => s3.send(new DeleteObjectCommand({ ...version, ...more }));
    await expect(remove()).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining('lock'),
    });
    await expect(remove({ BypassGovernanceRetention: true })).rejects.toMatchObject({ name: 'AccessDenied' });
    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(marker.DeleteMarker).toBe(true);
    await expect(s3.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'NoSuchKey' });
    const kept = await s3.send(new GetObjectCommand({ ...version, ChecksumMode: 'ENABLED' }));
    expect(await kept.Body?.transformToString()).toBe('evidence');
    expect(kept).toMatchObject({ ObjectLockMode: 'COMPLIANCE', ChecksumSHA256: sha256('evidence') });
    const versions = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'case-1/' }));
    expect([versions.Versions?.length, versions.DeleteMarkers?.length]).toEqual([1, 1]);
    // Control: when the retention is over, it can go.
    clock.advance(7 * DAY_MS);
    await remove();
    expect((await s3.send(new ListObjectVersionsCommand({ Bucket }))).Versions ?? []).toEqual([]);
  });

  test('never shortens COMPLIANCE, lets GOVERNANCE be lifted by right, and holds for as long as a hold is on', async () => {
    const { as, clock } = await opened();
    const { s3 } = as();
    const until = (days: number) => new Date(clock.now().getTime() + days * DAY_MS);
    const put = async (Mode: 'COMPLIANCE' | 'GOVERNANCE') => {
      const { VersionId } = await s3.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: Mode,
          ObjectLockMode: Mode,
          ObjectLockRetainUntilDate: until(30),
        }),
      );
      return { Bucket, Key, VersionId: VersionId ?? '' };
    };
    const strict = await put('COMPLIANCE');
    const shorten = (version: typeof strict, more = {}) =>
      s3.send(
        new PutObjectRetentionCommand({
          ...version,
          Retention: { Mode: 'COMPLIANCE', RetainUntilDate: until(1) },
          ...more,
        }),
      );
    await expect(shorten(strict)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(shorten(strict, { BypassGovernanceRetention: true })).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await s3.send(
      new PutObjectRetentionCommand({
        ...strict,
        Retention: { Mode: 'COMPLIANCE', RetainUntilDate: until(60) },
      }),
    );
    const { Retention } = await s3.send(new GetObjectRetentionCommand(strict));
    expect(Retention).toEqual({ Mode: 'COMPLIANCE', RetainUntilDate: until(60) });

    const loose = await put('GOVERNANCE');
    await s3.send(new PutObjectLegalHoldCommand({ ...loose, LegalHold: { Status: 'ON' } }));
    const lift = new DeleteObjectCommand({ ...loose, BypassGovernanceRetention: true });
    await expect(s3.send(lift)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect((await s3.send(new GetObjectLegalHoldCommand(loose))).LegalHold?.Status).toBe('ON');
    await s3.send(new PutObjectLegalHoldCommand({ ...loose, LegalHold: { Status: 'OFF' } }));
    await expect(s3.send(new DeleteObjectCommand(loose))).rejects.toMatchObject({ name: 'AccessDenied' });
    await s3.send(lift);
    expect(
      (await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration,
    ).toMatchObject({
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 7 } },
    });
  });

  test('takes a key once, and no body that is not what its checksum says', async () => {
    const { as } = await opened();
    const { s3 } = as();
    const once = () => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'first', IfNoneMatch: '*' }));
    await once();
    await expect(once()).rejects.toMatchObject({
      name: 'PreconditionFailed',
      $metadata: { httpStatusCode: 412 },
    });
    await expect(
      s3.send(
        new PutObjectCommand({ Bucket, Key: 'other', Body: 'altered', ChecksumSHA256: sha256('original') }),
      ),
    ).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'other' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    const locked = {
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date('2027-01-01'),
    } as const;
    await expect(
      s3.send(new PutObjectCommand({ Bucket: 'plain', Key, Body: 'x', ...locked })),
    ).rejects.toMatchObject({ name: 'InvalidRequest' });
    const attributes = await s3.send(
      new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: ['Checksum', 'ObjectSize'] }),
    );
    expect(attributes).toMatchObject({ ObjectSize: 5 });
  });

  test('takes a stream, gives ranges, lists by prefix and page', async () => {
    const { as } = await opened();
    const { s3 } = as();
    const { Readable } = await import('node:stream');
    const chunks = ['one ', 'two ', 'three'];
    await s3.send(
      new PutObjectCommand({
        Bucket: 'plain',
        Key: 'a/streamed',
        Body: Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
        ContentLength: 13,
        ContentType: 'text/plain',
        Metadata: { case: 'case-1' },
      }),
    );
    const ranged = await s3.send(
      new GetObjectCommand({ Bucket: 'plain', Key: 'a/streamed', Range: 'bytes=4-6' }),
    );
    expect(await ranged.Body?.transformToString()).toBe('two');
    expect(ranged).toMatchObject({
      ContentRange: 'bytes 4-6/13',
      Metadata: { case: 'case-1' },
      ContentType: 'text/plain',
    });
    for (const Key of ['a/2', 'b/3'])
      await s3.send(new PutObjectCommand({ Bucket: 'plain', Key, Body: Key }));
    const first = await s3.send(new ListObjectsV2Command({ Bucket: 'plain', Prefix: 'a/', MaxKeys: 1 }));
    expect(first).toMatchObject({ IsTruncated: true, Contents: [{ Key: 'a/2', Size: 3 }] });
    const second = await s3.send(
      new ListObjectsV2Command({
        Bucket: 'plain',
        Prefix: 'a/',
        ContinuationToken: first.NextContinuationToken,
      }),
    );
    expect(second.Contents?.map((one) => one.Key)).toEqual(['a/streamed']);
  });
});

describe('a key', () => {
  test('makes data keys that only it opens, for the context that they were made for', async () => {
    const { as } = await opened();
    const { kms } = as();
    const EncryptionContext = { case: 'case-1' };
    const made = await kms.send(
      new GenerateDataKeyCommand({ KeyId: 'alias/case', KeySpec: 'AES_256', EncryptionContext }),
    );
    expect(made.Plaintext).toHaveLength(32);
    const CiphertextBlob = made.CiphertextBlob ?? new Uint8Array();
    const plain = await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
    expect(plain.Plaintext).toEqual(made.Plaintext);
    expect(plain.KeyId).toMatch(new RegExp(`^arn:aws:kms:${REGION}:${ACCOUNT}:key/`));
    const wrong = [
      { CiphertextBlob, EncryptionContext: { case: 'case-2' } },
      { CiphertextBlob: Buffer.from(CiphertextBlob).fill(0, CiphertextBlob.length - 1), EncryptionContext },
      { CiphertextBlob: Buffer.from('nothing'), EncryptionContext },
    ];
    for (const input of wrong) {
      await expect(kms.send(new DecryptCommand(input))).rejects.toMatchObject({
        name: 'InvalidCiphertextException',
      });
    }
    const { CiphertextBlob: small } = await kms.send(
      new EncryptCommand({ KeyId: 'alias/case', Plaintext: Buffer.from('short') }),
    );
    expect(
      Buffer.from((await kms.send(new DecryptCommand({ CiphertextBlob: small }))).Plaintext ?? []).toString(),
    ).toBe('short');
    await kms.send(new DisableKeyCommand({ KeyId: 'alias/case' }));
    await expect(kms.send(new DecryptCommand({ CiphertextBlob: small }))).rejects.toMatchObject({
      name: 'DisabledException',
    });
  });

  test.each([
    ['alias/seal', 'ECDSA_SHA_256', 'sha256'],
    ['alias/mark', 'ED25519_SHA_512', null],
  ] as const)(
    '%s signs, and anybody verifies with the public key',
    async (KeyId, SigningAlgorithm, digest) => {
      const { as } = await opened();
      const { kms } = as();
      const Message = Buffer.from('the head of the chain');
      const { Signature = new Uint8Array() } = await kms.send(
        new SignCommand({ KeyId, Message, MessageType: 'RAW', SigningAlgorithm }),
      );
      const { PublicKey = new Uint8Array() } = await kms.send(new GetPublicKeyCommand({ KeyId }));
      const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
      expect(verify(digest, Message, key, Signature)).toBe(true);
      expect(verify(digest, Buffer.from('another head'), key, Signature)).toBe(false);
      const check = (Message: Uint8Array) =>
        kms.send(new VerifyCommand({ KeyId, Message, Signature, SigningAlgorithm }));
      expect((await check(Message)).SignatureValid).toBe(true);
      await expect(check(Buffer.from('altered'))).rejects.toMatchObject({
        name: 'KMSInvalidSignatureException',
      });
      await expect(kms.send(new EncryptCommand({ KeyId, Plaintext: Message }))).rejects.toMatchObject({
        name: 'InvalidKeyUsageException',
      });
    },
  );

  test('is used by whom its own policy lets in, whatever an identity policy says', async () => {
    const nobody = {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/nobody` },
        Action: 'kms:*',
        Resource: '*',
      },
    };
    const { as } = await opened({
      keys: [{ name: 'case' }, { name: 'foreign', policy: nobody }],
      buckets: [
        { name: 'shut', key: 'foreign' },
        { name: 'ours', key: 'case' },
      ],
    });
    const { kms, s3 } = as();
    const dataKey = (KeyId: string) => kms.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));
    await dataKey('alias/case');
    await expect(dataKey('alias/foreign')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(dataKey('alias/none')).rejects.toMatchObject({ name: 'NotFoundException' });
    // The same holds where S3 uses the key.
    const put = (bucket: string) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'k', Body: 'x' }));
    expect((await put('ours')).ServerSideEncryption).toBe('aws:kms');
    await expect(put('shut')).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
