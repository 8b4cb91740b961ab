import { createCipheriv, createDecipheriv, createHmac, createPublicKey, sign, verify } from 'node:crypto';
import type { JsonObject } from '../../../json.ts';
import { AwsRefusal } from '../world-error.ts';
import { privateKey } from './key.ts';
import type { KmsKey } from './state.ts';

const MAGIC = Buffer.from('WKMS1');

function refuse(code: string, message: string): AwsRefusal {
  return new AwsRefusal(code, 400, message);
}

/** The encryption context, in one order: it is authenticated with the ciphertext. */
function contextBytes(context: JsonObject): Buffer {
  const entries = Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.from(JSON.stringify(entries));
}

/** A blob names its key, as KMS's do, so that `Decrypt` needs no key id. */
export function encrypt(key: KmsKey, plaintext: Uint8Array, context: JsonObject): Uint8Array {
  const aad = contextBytes(context);
  // From key, text and context: the same call gives the same blob, and no two texts share an iv.
  const iv = createHmac('sha256', key.secret).update(aad).update(plaintext).digest().subarray(0, 12);
  const cipher = createCipheriv('aes-256-gcm', key.secret, iv).setAAD(aad);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const id = Buffer.from(key.id);
  return Buffer.concat([MAGIC, Buffer.from([id.length]), id, iv, cipher.getAuthTag(), body]);
}

/** Id of the key that a blob was made with; `undefined` when it is no blob of this world. */
export function keyIdOf(blob: Uint8Array): string | undefined {
  const bytes = Buffer.from(blob);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const length = bytes[MAGIC.length] ?? 0;
  return bytes.subarray(MAGIC.length + 1, MAGIC.length + 1 + length).toString();
}

/** Opens a blob. Throws `InvalidCiphertextException` for another context or an altered byte. */
export function decrypt(key: KmsKey, blob: Uint8Array, context: JsonObject): Uint8Array {
  const bytes = Buffer.from(blob);
  const from = MAGIC.length + 1 + Buffer.byteLength(key.id);
  try {
    const opening = createDecipheriv('aes-256-gcm', key.secret, bytes.subarray(from, from + 12))
      .setAAD(contextBytes(context))
      .setAuthTag(bytes.subarray(from + 12, from + 28));
    return Buffer.concat([opening.update(bytes.subarray(from + 28)), opening.final()]);
  } catch {
    throw refuse('InvalidCiphertextException', '');
  }
}

/** The algorithms of each kind of key, in the order in which KMS lists them. */
export const SIGNING_ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  SYMMETRIC_DEFAULT: [],
  ECC_NIST_P256: ['ECDSA_SHA_256'],
  ECC_NIST_EDWARDS25519: ['ED25519_SHA_512'],
};

/** Signs a message. ECDSA signatures are random, as KMS's are; Ed25519's repeat. */
export function signMessage(key: KmsKey, message: Uint8Array, type: string): Uint8Array {
  if (key.spec === 'ECC_NIST_EDWARDS25519') return sign(null, message, privateKey(key));
  if (type === 'DIGEST') {
    throw refuse(
      'UnsupportedOperationException',
      'The world signs ECDSA over a message, not over its digest.',
    );
  }
  return sign('sha256', message, privateKey(key));
}

export function verifyMessage(key: KmsKey, message: Uint8Array, signature: Uint8Array): boolean {
  const algorithm = key.spec === 'ECC_NIST_EDWARDS25519' ? null : 'sha256';
  return verify(algorithm, message, createPublicKey(privateKey(key)), signature);
}

/** The public key, DER (SubjectPublicKeyInfo). */
export function publicKeyDer(key: KmsKey): Uint8Array {
  return createPublicKey(privateKey(key)).export({ format: 'der', type: 'spki' });
}
