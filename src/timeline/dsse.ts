import { createHash, createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto';
import { z } from 'zod';
import { CodedError } from '../error.ts';

/**
 * DSSE, the Dead Simple Signing Envelope (protocol version 1): a signature over typed bytes, so that
 * what is verified is exactly what is parsed. The payloads here are in-toto Statements, version 1.
 */

export type EnvelopeErrorCode = 'cordon_envelope_malformed';

export class EnvelopeError extends CodedError<EnvelopeErrorCode> {}

/** https://github.com/in-toto/attestation, spec/v1/envelope.md */
export const IN_TOTO_PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const IN_TOTO_STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

export interface Envelope {
  readonly payloadType: string;
  /** Base64 of the signed bytes. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** Who signs: a key file here, a key management service elsewhere. */
export interface Signer {
  /** Hex SHA-256 of the public key's SubjectPublicKeyInfo (DER). */
  readonly keyId: string;
  readonly publicKeyPem: string;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** The pre-authentication encoding: the bytes that are signed. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType, 'utf8');
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `, 'utf8'),
    type,
    Buffer.from(` ${payload.length} `, 'utf8'),
    payload,
  ]);
}

/** Signs a payload and returns its envelope. */
export async function signEnvelope(
  signer: Signer,
  payloadType: string,
  payload: Uint8Array,
): Promise<Envelope> {
  const sig = await signer.sign(preAuthEncoding(payloadType, payload));
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid: signer.keyId, sig: Buffer.from(sig).toString('base64') }],
  };
}

/** Base64 with one spelling only: another spelling of the same bytes is a changed file. */
const base64 = z.string().refine((text) => Buffer.from(text, 'base64').toString('base64') === text, {
  message: 'expected canonical base64',
});
const envelopeSchema = z.strictObject({
  payloadType: z.string(),
  payload: base64,
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: base64 })).length(1),
});

/** Reads an envelope with exactly one signature. Throws `cordon_envelope_malformed`. */
export function parseEnvelope(value: unknown): Envelope {
  const parsed = envelopeSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => issue.path.join('.') || 'the envelope').join(', ');
  throw new EnvelopeError(
    'cordon_envelope_malformed',
    `Expected a DSSE envelope with payloadType, payload and one signature; wrong: ${places}. Fetch the file again.`,
  );
}

/** Returns the signed bytes when the one signature is `publicKeyPem`'s and the type is as expected; else null. */
export function openEnvelope(
  envelope: Envelope,
  payloadType: string,
  publicKeyPem: string,
): Uint8Array | null {
  const signature = envelope.signatures[0];
  if (signature === undefined || envelope.payloadType !== payloadType) return null;
  const key = createPublicKey(publicKeyPem);
  const digest = digestFor(key);
  if (digest === undefined || signature.keyid !== publicKeyId(publicKeyPem)) return null;
  const payload = Buffer.from(envelope.payload, 'base64');
  const signed = preAuthEncoding(payloadType, payload);
  return verifySignature(digest, signed, key, Buffer.from(signature.sig, 'base64')) ? payload : null;
}

/** How a key of this kind signs: Ed25519 as it is, P-256 over SHA-256; no other kind is taken. */
function digestFor(key: KeyObject): 'sha256' | null | undefined {
  if (key.asymmetricKeyType === 'ed25519') return null;
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'sha256' : undefined;
}

/** Returns the id of a public key: hex SHA-256 of its SubjectPublicKeyInfo in DER. */
export function publicKeyId(publicKeyPem: string): string {
  const der = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex');
}
