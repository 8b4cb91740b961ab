import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsRefusal } from '../world-error.ts';

function crc32Base64(body: Uint8Array): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

/** The checksums that the world computes, by header. What it cannot verify, it refuses. */
const ALGORITHMS: Readonly<Record<string, (body: Uint8Array) => string>> = {
  'x-amz-checksum-crc32': crc32Base64,
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest('base64'),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest('base64'),
};
const NOT_COMPUTED = ['x-amz-checksum-crc32c', 'x-amz-checksum-crc64nvme'];

function badDigest(what: string): AwsRefusal {
  return new AwsRefusal('BadDigest', 400, `The ${what} you specified did not match the calculated checksum.`);
}

/** Verifies every digest that came with a body; returns the checksums to keep. Throws `BadDigest`. */
export function verifyChecksums(headers: Headers, body: Uint8Array): Readonly<Record<string, string>> {
  const md5 = headers.get('content-md5');
  if (md5 !== null && md5 !== createHash('md5').update(body).digest('base64')) throw badDigest('Content-MD5');
  const whole = headers.get('x-amz-content-sha256');
  if (
    whole !== null &&
    /^[0-9a-f]{64}$/.test(whole) &&
    whole !== createHash('sha256').update(body).digest('hex')
  ) {
    throw new AwsRefusal(
      'XAmzContentSHA256Mismatch',
      400,
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  const unknown = NOT_COMPUTED.find((name) => headers.has(name));
  if (unknown !== undefined)
    throw new AwsRefusal('NotImplemented', 501, `The world does not compute ${unknown}.`);
  const kept: Record<string, string> = {};
  for (const [name, compute] of Object.entries(ALGORITHMS)) {
    const given = headers.get(name);
    if (given === null) continue;
    if (given !== compute(body)) throw badDigest(name.split('-').at(-1)?.toUpperCase() ?? name);
    kept[name] = given;
  }
  return kept;
}
