import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { publicKeyId, type Signer } from '../timeline/dsse.ts';
import { nodeDisk, publishFile } from './disk.ts';
import { EvidenceError } from './error.ts';
import { type CaseKeyWrapper, wrapWithKey } from './secret.ts';

/** What the evidence of one deployment is sealed and encrypted with. */
export interface EvidenceKeys {
  readonly signer: Signer;
  readonly wrapper: CaseKeyWrapper;
}

const SIGNING_KEY = 'evidence-signing.pem';
const PUBLIC_KEY = 'evidence-signing.pub.pem';
const WRAPPING_KEY = 'evidence-wrapping.key';

/**
 * Reads the key files of `folder`, or makes them at the first start: an Ed25519 key that signs, its public
 * half as PEM, and 32 bytes that wrap case keys. Throws `cordon_evidence_key_permissions` when anybody but
 * the owner may use them, `cordon_evidence_key_missing` when one was lost, `cordon_evidence_key_invalid`.
 */
export async function loadEvidenceKeys(folder: string): Promise<EvidenceKeys> {
  await nodeDisk.makeFolder(folder);
  await refuseOpen(folder);
  if ((await nodeDisk.kindOf(join(folder, SIGNING_KEY))) === null) await makeKeys(folder);
  const signer = fileSigner(await readKey(folder, SIGNING_KEY));
  const wrapping = Buffer.from((await readKey(folder, WRAPPING_KEY)).toString('utf8').trim(), 'base64');
  if (wrapping.length !== 32) {
    throw invalid(WRAPPING_KEY, 'the base64 of 32 bytes', `${wrapping.length} bytes`);
  }
  await exportPublicKey(folder, signer.publicKeyPem);
  return { signer, wrapper: wrapWithKey(wrapping) };
}

/** The wrapping key comes first and the signing key last: a crash between leaves nothing that looks complete. */
async function makeKeys(folder: string): Promise<void> {
  if ((await nodeDisk.kindOf(join(folder, PUBLIC_KEY))) !== null) throw missing(folder, SIGNING_KEY);
  await makeFile(folder, WRAPPING_KEY, `${randomBytes(32).toString('base64')}\n`, 0o600);
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await makeFile(folder, SIGNING_KEY, pem.toString(), 0o600);
}

async function makeFile(folder: string, name: string, text: string, mode: number): Promise<void> {
  const temporary = join(folder, `${name}.${randomBytes(8).toString('hex')}.part`);
  // Two processes may start at once: the second finds the name taken and uses the first one's key.
  await publishFile(nodeDisk, temporary, join(folder, name), Buffer.from(text), mode);
}

async function exportPublicKey(folder: string, pem: string): Promise<void> {
  const found = await nodeDisk.read(join(folder, PUBLIC_KEY));
  if (found === null) {
    await makeFile(folder, PUBLIC_KEY, pem, 0o644);
    return;
  }
  if (Buffer.from(found).toString('utf8') !== pem) {
    throw invalid(PUBLIC_KEY, `the public half of ${SIGNING_KEY}`, 'another key');
  }
}

async function readKey(folder: string, name: string): Promise<Buffer> {
  const path = join(folder, name);
  if ((await nodeDisk.kindOf(path)) === null) throw missing(folder, name);
  await refuseOpen(path);
  return Buffer.from((await nodeDisk.read(path)) ?? []);
}

async function refuseOpen(path: string): Promise<void> {
  const mode = (await stat(path)).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  throw new EvidenceError(
    'cordon_evidence_key_permissions',
    `Expected ${path} to be open to its owner alone, found permissions 0${mode.toString(8)}. ` +
      `Run chmod go-rwx on it; if others may have read the key, replace it.`,
  );
}

function fileSigner(pem: Buffer): Signer {
  const key = readPrivateKey(pem);
  const publicKeyPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  return {
    keyId: publicKeyId(publicKeyPem),
    publicKeyPem,
    sign: async (bytes) => sign(null, bytes, key),
  };
}

function readPrivateKey(pem: Buffer) {
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The cause is left out on purpose: the parser's error may quote the file.
    throw invalid(SIGNING_KEY, 'a PKCS #8 private key in PEM', 'something else');
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw invalid(SIGNING_KEY, 'an Ed25519 key', String(key.asymmetricKeyType));
  }
  return key;
}

function invalid(name: string, expected: string, found: string): EvidenceError {
  return new EvidenceError(
    'cordon_evidence_key_invalid',
    `Expected ${name} to hold ${expected}, found ${found}. Restore the file from its backup.`,
  );
}

function missing(folder: string, name: string): EvidenceError {
  return new EvidenceError(
    'cordon_evidence_key_missing',
    `Expected ${name} in ${folder} beside the other evidence keys, found none. Restore it from its backup; ` +
      'to start with new keys, move the whole folder away (what was sealed stays verifiable, encrypted items do not open).',
  );
}
