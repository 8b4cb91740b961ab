import { sha256Hex } from '../timeline/canonical.ts';
import { certificatesIn, nonceText, readTimestamp, timestampRequest, verifyTimestamp } from './timestamp.ts';

/** Whoever puts a time on bytes that they have not seen. */
export interface TimestampAuthority {
  /** Certificates that its time stamps must lead to, PEM. */
  readonly certificates: readonly string[];
  /** Asks for a time stamp of `data`. Never throws, and gives up after some seconds: nothing waits for an authority. */
  stamp(data: Uint8Array): Promise<Stamped>;
}

export type Stamped =
  | { readonly kind: 'stamped'; readonly at: string; readonly response: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: string };

const CALL_TIMEOUT_MS = 10_000;
// A response with a chain of certificates is a few kilobytes.
const MAX_BYTES = 65_536;

/** An authority that speaks RFC 3161 over HTTP (its section 3.4). `certificates` is a file of PEM blocks. */
export function httpTimestampAuthority(options: {
  readonly url: string;
  readonly certificates: string;
  readonly random: (bytes: number) => Uint8Array;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}): TimestampAuthority {
  const certificates = certificatesIn(options.certificates);
  const send = options.fetch ?? fetch;

  async function ask(request: Uint8Array): Promise<Uint8Array | string> {
    const response = await send(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body: Buffer.from(request),
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs ?? CALL_TIMEOUT_MS),
    });
    if (!response.ok) return `the authority answered HTTP ${response.status}`;
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_BYTES) return `the authority answered more than ${MAX_BYTES} bytes`;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  return {
    certificates,
    async stamp(data) {
      const nonce = options.random(16);
      const sha256 = sha256Hex(data);
      let response: Uint8Array | string;
      try {
        response = await ask(timestampRequest(sha256, nonce));
      } catch (error) {
        const timedOut =
          typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError';
        return refused(timedOut ? 'the authority did not answer in time' : 'the authority cannot be reached');
      }
      if (typeof response === 'string') return refused(response);
      const read = readTimestamp(response);
      if (read.kind === 'refused') return read;
      if (read.sha256 !== sha256 || read.nonce !== nonceText(nonce)) {
        return refused('the answer is a time stamp of something else');
      }
      const wrong = await verifyTimestamp(response, data, certificates);
      return wrong === null
        ? { kind: 'stamped', at: read.at, response }
        : refused(`the time stamp cannot be trusted: ${wrong}`);
    },
  };
}

function refused(reason: string): Stamped {
  return { kind: 'refused', reason };
}
