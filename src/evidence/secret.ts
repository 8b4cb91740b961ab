import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import { EvidenceError } from './error.ts';

/**
 * Secret items (environment values) are encrypted before they reach the disk: AES-256-GCM under a key of
 * the case, which is itself wrapped by a key of the deployment. A stored secret item is
 *
 *     "CORDON-SECRET-1\n" (16 bytes) | nonce (12) | ciphertext | tag (16)
 *
 * with the case and the item's name as associated data, so that one cannot be passed off as another.
 * Its recorded digest is the ciphertext's: a plain SHA-256 of a short password can be guessed.
 */

const MAGIC = Buffer.from('CORDON-SECRET-1\n', 'ascii');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A case key as the case's first record holds it; base64. */
export interface WrappedKey {
  readonly keyId: string;
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** Wraps case keys: a key file here, a key management service elsewhere. */
export interface CaseKeyWrapper {
  readonly keyId: string;
  wrap(caseKey: Uint8Array, incident: string, nonce: Uint8Array): Promise<WrappedKey>;
  /** Throws `cordon_evidence_key_mismatch`. */
  unwrap(wrapped: WrappedKey, incident: string): Promise<Uint8Array>;
}

/** Returns a wrapper that uses 32 bytes held by this deployment. */
export function wrapWithKey(key: Uint8Array): CaseKeyWrapper {
  const keyId = createHash('sha256')
    .update('cordon evidence wrapping key id')
    .update(key)
    .digest('hex')
    .slice(0, 16);
  return {
    keyId,
    async wrap(caseKey, incident, nonce) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(wrapContext(incident));
      const ciphertext = Buffer.concat([cipher.update(caseKey), cipher.final()]);
      return {
        keyId,
        nonce: Buffer.from(nonce).toString('base64'),
        ciphertext: ciphertext.toString('base64'),
        tag: cipher.getAuthTag().toString('base64'),
      };
    },
    async unwrap(wrapped, incident) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(wrapped.nonce, 'base64'), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(wrapContext(incident));
        decipher.setAuthTag(Buffer.from(wrapped.tag, 'base64'));
        return Buffer.concat([decipher.update(Buffer.from(wrapped.ciphertext, 'base64')), decipher.final()]);
      } catch (cause) {
        throw new EvidenceError(
          'cordon_evidence_key_mismatch',
          `Expected the key of case ${incident} to be wrapped by key ${keyId}, found key ${wrapped.keyId} or an ` +
            'altered record. Start with the keys that this evidence folder was begun with.',
          { cause },
        );
      }
    },
  };
}

/** Encrypts a stream; `finish` returns the last bytes to write, `mac` the keyed digest of the plain content. */
export interface SecretWriter {
  readonly header: Uint8Array;
  update(chunk: Uint8Array): Uint8Array;
  finish(): Uint8Array;
  mac(): string;
}

/** Starts the encryption of one item under its case's key; `nonce` is 12 random bytes, never used twice. */
export function encryptSecret(
  caseKey: Uint8Array,
  place: { readonly incident: string; readonly name: string },
  nonce: Uint8Array,
): SecretWriter {
  const cipher = createCipheriv('aes-256-gcm', derive(caseKey, 'content encryption'), nonce);
  cipher.setAAD(itemContext(place));
  const hmac = createHmac('sha256', derive(caseKey, 'content digest'));
  return {
    header: Buffer.concat([MAGIC, nonce]),
    update(chunk) {
      hmac.update(chunk);
      return cipher.update(chunk);
    },
    finish: () => Buffer.concat([cipher.final(), cipher.getAuthTag()]),
    mac: () => hmac.digest('hex'),
  };
}

/** Returns the plain content of a stored secret item. Throws `cordon_evidence_secret_unreadable`. */
export function decryptSecret(
  caseKey: Uint8Array,
  place: { readonly incident: string; readonly name: string },
  stored: Uint8Array,
): Uint8Array {
  const bytes = Buffer.from(stored);
  const start = MAGIC.length + NONCE_BYTES;
  try {
    if (bytes.length < start + TAG_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new RangeError('no encrypted item');
    }
    const decipher = createDecipheriv(
      'aes-256-gcm',
      derive(caseKey, 'content encryption'),
      bytes.subarray(MAGIC.length, start),
      { authTagLength: TAG_BYTES },
    );
    decipher.setAAD(itemContext(place));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    return Buffer.concat([
      decipher.update(bytes.subarray(start, bytes.length - TAG_BYTES)),
      decipher.final(),
    ]);
  } catch (cause) {
    throw new EvidenceError(
      'cordon_evidence_secret_unreadable',
      `Expected item ${place.name} of case ${place.incident} to open with the case's key, found altered bytes or ` +
        'another key. Verify the case first.',
      { cause },
    );
  }
}

function derive(caseKey: Uint8Array, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', caseKey, new Uint8Array(0), `cordon evidence ${use}`, 32));
}

function itemContext(place: { readonly incident: string; readonly name: string }): Buffer {
  const context: JsonObject = { use: 'evidence-item', incident: place.incident, name: place.name };
  return Buffer.from(canonicalJson(context));
}

function wrapContext(incident: string): Buffer {
  return Buffer.from(canonicalJson({ use: 'case-key', incident }));
}
