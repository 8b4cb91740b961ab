import { X509Certificate } from 'node:crypto';
import { fromBER, Integer, OctetString } from 'asn1js';
import {
  AlgorithmIdentifier,
  Certificate,
  MessageImprint,
  SignedData,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs';

/**
 * Time stamps of an authority that is not ours (RFC 3161): they say that the signature of a seal existed at a time
 * that nobody here could have chosen. The protocol and its verification are pkijs's; what is accepted is decided here.
 */

const SHA256 = '2.16.840.1.101.3.4.2.1';
/** Extended key usage of a certificate that may sign time stamps, alone and critical (RFC 3161, 2.3). */
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

/** Returns the request for a time stamp of `sha256` (hex), in DER; `nonce` is 8 random bytes or more. */
export function timestampRequest(sha256: string, nonce: Uint8Array): Uint8Array {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA256 }),
      hashedMessage: new OctetString({ valueHex: bufferOf(Buffer.from(sha256, 'hex')) }),
    }),
    nonce: new Integer({ valueHex: bufferOf(positive(nonce)) }),
    certReq: true,
  });
  return new Uint8Array(request.toSchema().toBER(false));
}

/** What a response says, before anything is believed. */
export type ReadTimestamp =
  | { readonly kind: 'granted'; readonly at: string; readonly sha256: string; readonly nonce: string | null }
  | { readonly kind: 'refused'; readonly reason: string };

/** Reads a response. Anybody may have sent the bytes: whatever is not a granted time stamp over SHA-256 is refused. */
export function readTimestamp(response: Uint8Array): ReadTimestamp {
  try {
    const { status, token } = parse(response);
    if (token === null) return { kind: 'refused', reason: `the authority answered with status ${status}` };
    const { info } = token;
    if (info.messageImprint.hashAlgorithm.algorithmId !== SHA256) {
      return { kind: 'refused', reason: 'the time stamp is not over SHA-256' };
    }
    return {
      kind: 'granted',
      at: info.genTime.toISOString(),
      sha256: hexOf(info.messageImprint.hashedMessage.valueBlock.valueHexView),
      nonce: info.nonce === undefined ? null : hexOf(info.nonce.valueBlock.valueHexView),
    };
  } catch {
    return { kind: 'refused', reason: 'the answer is no RFC 3161 response' };
  }
}

/**
 * Checks the signature over a response, the certificate that made it and its chain to one of `authorities` (PEM), as of
 * the stamped time. Returns null when all of it holds, else what does not.
 */
export async function verifyTimestamp(
  response: Uint8Array,
  data: Uint8Array,
  authorities: readonly string[],
): Promise<string | null> {
  try {
    const { token } = parse(response);
    if (token === null) return 'a response without a time stamp';
    const trustedCerts = authorities.map((pem) =>
      Certificate.fromBER(bufferOf(new X509Certificate(pem).raw)),
    );
    const { signatureVerified, signerCertificate } = await token.signed.verify({
      signer: 0,
      data: bufferOf(data),
      trustedCerts,
      checkChain: true,
      checkDate: token.info.genTime,
      extendedMode: true,
    });
    if (signatureVerified !== true || signerCertificate == null) return 'a signature that does not verify';
    const signer = new X509Certificate(Buffer.from(signerCertificate.toSchema().toBER(false)));
    // Node calls the extended usages `keyUsage`.
    return signer.keyUsage?.length === 1 && signer.keyUsage[0] === TIME_STAMPING
      ? null
      : 'a certificate that is not one for time stamps alone';
  } catch (error) {
    // The library throws what it found wrong; its words name no content.
    return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
      ? `${String(error.message).slice(0, 200)}`
      : 'something that cannot be read';
  }
}

/** Splits a file of certificates into PEM blocks. Throws when one is no certificate. */
export function certificatesIn(pem: string): readonly string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  for (const block of blocks) new X509Certificate(block);
  if (blocks.length === 0) throw new RangeError('expected certificates in PEM, found none');
  return blocks;
}

function parse(response: Uint8Array) {
  const outer = fromBER(bufferOf(response));
  // Bytes after the end are a changed file.
  if (outer.offset !== response.length) throw new RangeError('not one DER value');
  const read = new TimeStampResp({ schema: outer.result });
  const { status } = read.status;
  // 0 granted, 1 granted with modifications (RFC 3161, 2.4.2).
  if (read.timeStampToken === undefined || (status !== 0 && status !== 1)) return { status, token: null };
  const signed = new SignedData({ schema: read.timeStampToken.content });
  const content = signed.encapContentInfo.eContent;
  if (content === undefined) throw new RangeError('no content');
  const info = new TSTInfo({ schema: fromBER(content.getValue()).result });
  return { status, token: { signed, info } };
}

/** An INTEGER with its first bit set would be negative. */
function positive(nonce: Uint8Array): Uint8Array {
  return nonce.map((byte, index) => (index === 0 ? (byte & 0x7f) | 0x40 : byte));
}

/** Returns the nonce as `readTimestamp` gives it. */
export function nonceText(nonce: Uint8Array): string {
  return hexOf(positive(nonce));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
