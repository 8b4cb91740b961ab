import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import {
  decrypt,
  encrypt,
  keyIdOf,
  publicKeyDer,
  SIGNING_ALGORITHMS,
  signMessage,
  verifyMessage,
} from './crypto.ts';
import { findKey, keyAccess } from './key.ts';
import type { KmsKey } from './state.ts';

const MOST_PLAINTEXT = 4_096;
const base64 = z.base64();
const context = z.record(z.string(), z.string()).optional();
const dataKey = z.object({
  KeyId: z.string(),
  KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
  NumberOfBytes: z.number().int().min(1).max(1_024).optional(),
  EncryptionContext: context,
});
const encryption = z.object({ KeyId: z.string(), Plaintext: base64, EncryptionContext: context });
const decryption = z.object({
  KeyId: z.string().optional(),
  CiphertextBlob: base64,
  EncryptionContext: context,
});
const signing = z.object({
  KeyId: z.string(),
  Message: base64,
  MessageType: z.enum(['RAW', 'DIGEST', 'EXTERNAL_MU']).optional(),
  SigningAlgorithm: z.string(),
});
const verification = signing.extend({ Signature: base64 });

function refuse(code: string, message: string): AwsRefusal {
  return new AwsRefusal(code, 400, message);
}

function named(input: Input): string {
  const { KeyId: id, CiphertextBlob: blob } = input.body;
  if (typeof id === 'string') return id;
  return typeof blob === 'string' ? (keyIdOf(Buffer.from(blob, 'base64')) ?? '') : '';
}

/** The key of a request. Throws `NotFoundException`. */
function keyOf(core: Core, input: Input): KmsKey {
  const name = named(input);
  const key = findKey(core, input.region, name);
  if (key !== undefined) return key;
  const { partition, account } = core.state;
  const arn = name.startsWith('arn:') ? name : `arn:${partition}:kms:${input.region}:${account}:key/${name}`;
  throw refuse(
    'NotFoundException',
    name.startsWith('alias/')
      ? `Alias ${arn.replace(':key/', ':')} is not found.`
      : `Key '${arn}' does not exist`,
  );
}

/** A key that can be used. Throws `DisabledException`, or `InvalidKeyUsageException` for the wrong kind. */
function usable(core: Core, input: Input, purpose: 'encrypt' | 'sign'): KmsKey {
  const key = keyOf(core, input);
  if (!key.enabled) throw refuse('DisabledException', `${key.arn} is disabled.`);
  if ((key.spec === 'SYMMETRIC_DEFAULT') !== (purpose === 'encrypt')) {
    throw refuse('InvalidKeyUsageException', `${key.arn} key usage is not valid for this operation.`);
  }
  return key;
}

function access(name: string): Operation['access'] {
  return (core, input) => {
    const key = findKey(core, input.region, named(input));
    const given = input.body.EncryptionContext;
    const pairs = Object.entries(typeof given === 'object' && given !== null ? given : {}).flatMap(
      ([key, value]): [string, string][] =>
        typeof value === 'string' ? [[`kms:EncryptionContext:${key}`, value]] : [],
    );
    return [keyAccess(core, key?.arn ?? '*', `kms:${name}`, Object.fromEntries(pairs))];
  };
}

function operation(name: string, write: boolean, run: Operation['run']): Operation {
  return { service: 'kms', name, write, access: access(name), run };
}

function describe(core: Core, key: KmsKey): JsonObject {
  const symmetric = key.spec === 'SYMMETRIC_DEFAULT';
  return {
    AWSAccountId: core.state.account,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: key.createdMs / 1000,
    Enabled: key.enabled,
    Description: '',
    KeyUsage: symmetric ? 'ENCRYPT_DECRYPT' : 'SIGN_VERIFY',
    KeyState: key.enabled ? 'Enabled' : 'Disabled',
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    ...(symmetric
      ? { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] }
      : { SigningAlgorithms: SIGNING_ALGORITHMS[key.spec] }),
    MultiRegion: false,
  };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function makeDataKey(
  core: Core,
  input: Input,
): { readonly key: KmsKey; readonly plain: Buffer; readonly blob: string } {
  const wanted = readMembers(dataKey, input.body);
  const key = usable(core, input, 'encrypt');
  const bytes = wanted.NumberOfBytes ?? (wanted.KeySpec === 'AES_128' ? 16 : 32);
  const plain = Buffer.from(core.names.hex(bytes * 2), 'hex');
  return { key, plain, blob: text(encrypt(key, plain, wanted.EncryptionContext ?? {})) };
}

/** Throws `ValidationException` for an algorithm that the key does not have. */
function checkAlgorithm(key: KmsKey, algorithm: string): void {
  if (SIGNING_ALGORITHMS[key.spec]?.includes(algorithm) === true) return;
  throw refuse(
    'InvalidKeyUsageException',
    `Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`,
  );
}

/** KMS: keys that never leave it, used by whom their policy lets in. */
export const kmsOperations: Readonly<Record<string, Operation>> = {
  GenerateDataKey: operation('GenerateDataKey', false, (core, input) => {
    const { key, plain, blob } = makeDataKey(core, input);
    return { body: { KeyId: key.arn, Plaintext: text(plain), CiphertextBlob: blob } };
  }),
  GenerateDataKeyWithoutPlaintext: operation('GenerateDataKeyWithoutPlaintext', false, (core, input) => {
    const { key, blob } = makeDataKey(core, input);
    return { body: { KeyId: key.arn, CiphertextBlob: blob } };
  }),
  Encrypt: operation('Encrypt', false, (core, input) => {
    const wanted = readMembers(encryption, input.body);
    const key = usable(core, input, 'encrypt');
    const plaintext = Buffer.from(wanted.Plaintext, 'base64');
    if (plaintext.byteLength > MOST_PLAINTEXT) {
      throw refuse(
        'ValidationException',
        `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to ${MOST_PLAINTEXT}`,
      );
    }
    const blob = encrypt(key, plaintext, wanted.EncryptionContext ?? {});
    return { body: { KeyId: key.arn, CiphertextBlob: text(blob), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
  }),
  Decrypt: operation('Decrypt', false, (core, input) => {
    const wanted = readMembers(decryption, input.body);
    const blob = Buffer.from(wanted.CiphertextBlob, 'base64');
    const made = keyIdOf(blob);
    if (made === undefined) throw refuse('InvalidCiphertextException', '');
    const key = usable(core, input, 'encrypt');
    if (key.id !== made) {
      throw refuse(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      );
    }
    const plaintext = decrypt(key, blob, wanted.EncryptionContext ?? {});
    return { body: { KeyId: key.arn, Plaintext: text(plaintext), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
  }),
  Sign: operation('Sign', false, (core, input) => {
    const wanted = readMembers(signing, input.body);
    const key = usable(core, input, 'sign');
    checkAlgorithm(key, wanted.SigningAlgorithm);
    const signature = signMessage(key, Buffer.from(wanted.Message, 'base64'), wanted.MessageType ?? 'RAW');
    return {
      body: { KeyId: key.arn, Signature: text(signature), SigningAlgorithm: wanted.SigningAlgorithm },
    };
  }),
  Verify: operation('Verify', false, (core, input) => {
    const wanted = readMembers(verification, input.body);
    const key = usable(core, input, 'sign');
    checkAlgorithm(key, wanted.SigningAlgorithm);
    const signature = Buffer.from(wanted.Signature, 'base64');
    if (!verifyMessage(key, Buffer.from(wanted.Message, 'base64'), signature)) {
      throw refuse('KMSInvalidSignatureException', '');
    }
    return { body: { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: wanted.SigningAlgorithm } };
  }),
  GetPublicKey: operation('GetPublicKey', false, (core, input) => {
    const key = keyOf(core, input);
    if (key.spec === 'SYMMETRIC_DEFAULT') {
      throw refuse('UnsupportedOperationException', `${key.arn} is not an asymmetric key.`);
    }
    return {
      body: {
        KeyId: key.arn,
        PublicKey: text(publicKeyDer(key)),
        KeySpec: key.spec,
        CustomerMasterKeySpec: key.spec,
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: SIGNING_ALGORITHMS[key.spec],
      },
    };
  }),
  DescribeKey: operation('DescribeKey', false, (core, input) => ({
    body: { KeyMetadata: describe(core, keyOf(core, input)) },
  })),
  GetKeyPolicy: operation('GetKeyPolicy', false, (core, input) => ({
    body: { Policy: JSON.stringify(keyOf(core, input).policy.json), PolicyName: 'default' },
  })),
  DisableKey: operation('DisableKey', true, (core, input) => {
    keyOf(core, input).enabled = false;
    return { body: {} };
  }),
  EnableKey: operation('EnableKey', true, (core, input) => {
    keyOf(core, input).enabled = true;
    return { body: {} };
  }),
};
