import { createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, KMSClient, type KMSClientConfig, SignCommand } from '@aws-sdk/client-kms';
import { CodedError } from '../error.ts';
import { publicKeyId, type Signer } from '../timeline/dsse.ts';

type KmsErrorCode = 'cordon_seal_key_refused' | 'cordon_seal_key_unsupported';

/** Why a KMS key cannot seal: AWS's own word. */
class KmsError extends CodedError<KmsErrorCode> {}

// KMS takes at most this many bytes as they are (Sign, MessageType RAW).
const MAX_RAW_BYTES = 4_096;

/**
 * Opens an asymmetric KMS key as a signer: its private half never leaves KMS, and the public half verifies offline.
 * Ed25519 (`ECC_NIST_EDWARDS25519`) or ECDSA with SHA-256 (`ECC_NIST_P256`). Throws `cordon_seal_key_refused`,
 * `cordon_seal_key_unsupported`.
 */
export async function openKmsSigner(options: {
  readonly client: KMSClientConfig;
  /** Key id, ARN or alias. */
  readonly key: string;
  /** The public half as an earlier start learned it: an engine must start while KMS is away. */
  readonly publicKeyPem?: string;
}): Promise<Signer & { close(): void }> {
  const client = new KMSClient({ maxAttempts: 3, ...options.client });
  const publicKeyPem = options.publicKeyPem ?? (await askPublicKey(client, options.key));
  const algorithm =
    createPublicKey(publicKeyPem).asymmetricKeyType === 'ed25519' ? 'ED25519_SHA_512' : 'ECDSA_SHA_256';
  return {
    keyId: publicKeyId(publicKeyPem),
    publicKeyPem,
    async sign(bytes) {
      // What is signed here are statements of some hundred bytes: KMS takes them as they are.
      if (bytes.length > MAX_RAW_BYTES) {
        throw new RangeError(`expected at most ${MAX_RAW_BYTES} bytes to sign, found ${bytes.length}`);
      }
      const answer = await asked('kms:Sign', () =>
        client.send(
          new SignCommand({
            KeyId: options.key,
            SigningAlgorithm: algorithm,
            Message: bytes,
            MessageType: 'RAW',
          }),
        ),
      );
      return answer.Signature ?? new Uint8Array();
    },
    close: () => client.destroy(),
  };
}

async function askPublicKey(client: KMSClient, key: string): Promise<string> {
  const found = await asked('kms:GetPublicKey', () => client.send(new GetPublicKeyCommand({ KeyId: key })));
  const algorithms = found.SigningAlgorithms ?? [];
  const usable = algorithms.some((each) => each === 'ED25519_SHA_512' || each === 'ECDSA_SHA_256');
  if (!usable || found.PublicKey === undefined || found.KeyUsage !== 'SIGN_VERIFY') {
    throw new KmsError(
      'cordon_seal_key_unsupported',
      'Expected CORDON_SEAL_KMS_KEY to name a key that signs with ED25519_SHA_512 or ECDSA_SHA_256, found one for ' +
        `${found.KeyUsage ?? 'nothing'} with ${algorithms.join(', ') || 'no algorithm'}. Make a key with key spec ` +
        'ECC_NIST_EDWARDS25519 or ECC_NIST_P256.',
    );
  }
  return createPublicKey({ key: Buffer.from(found.PublicKey), format: 'der', type: 'spki' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

async function asked<Answer>(operation: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (cause) {
    // Ours already: the role of evidence, which is assumed on the way.
    if (cause instanceof CodedError) throw cause;
    const name = cause instanceof Error ? cause.name : 'unknown';
    throw new KmsError(
      'cordon_seal_key_refused',
      `Expected the KMS key of CORDON_SEAL_KMS_KEY to allow ${operation}, found ${name}. Compare its key policy and the role ` +
        'with docs/evidence.md; what was collected is kept, and sealed with the next attempt.',
      { cause },
    );
  }
}
