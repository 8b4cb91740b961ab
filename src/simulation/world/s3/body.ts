import { AwsRefusal } from '../world-error.ts';

/** A body, and the headers that came after it. */
interface Decoded {
  readonly body: Uint8Array;
  readonly trailers: Readonly<Record<string, string>>;
}

function incomplete(): AwsRefusal {
  return new AwsRefusal(
    'IncompleteBody',
    400,
    'The request body terminated unexpectedly: expected aws-chunked encoding.',
  );
}

/**
 * Takes the aws-chunked encoding from a body: `size[;signature]`, CRLF, bytes, CRLF …, then `0`, trailers and
 * an empty line (S3 user guide, "Signature calculations: transferring payload in multiple chunks").
 */
export function decodeBody(headers: Headers, raw: Uint8Array): Decoded {
  if (headers.get('content-encoding')?.includes('aws-chunked') !== true) return { body: raw, trailers: {} };
  const bytes = Buffer.from(raw);
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) throw incomplete();
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1').split(';')[0] ?? '', 16);
    if (!Number.isInteger(size) || end + 2 + size > bytes.length) throw incomplete();
    at = end + 2;
    if (size === 0) break;
    parts.push(bytes.subarray(at, at + size));
    at += size + 2;
  }
  const trailers: Record<string, string> = {};
  for (const line of bytes.subarray(at).toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { body: Buffer.concat(parts), trailers };
}
