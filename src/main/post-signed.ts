import { signRequest } from '../alert/sign.ts';
import type { Clock } from '../clock.ts';
import { systemWord } from '../error.ts';

const TIMEOUT_MS = 10_000;

/**
 * Posts one JSON document, signed as Cordon's own webhook checks it (docs/alerts.md), to an address that a person named.
 * No redirect is followed. Says whether it was taken; a second try is that person's.
 */
export async function postSigned(options: {
  readonly url: string;
  readonly secret: string;
  readonly body: { readonly [member: string]: unknown };
  readonly clock: Clock;
  /** 16 to 128 letters, digits, `_` or `-`, never the same twice. */
  readonly nonce: string;
}): Promise<{ readonly kind: 'sent' } | { readonly kind: 'failed'; readonly message: string }> {
  const body = JSON.stringify(options.body);
  const headers = signRequest({
    secret: options.secret,
    body: Buffer.from(body),
    now: options.clock.now(),
    nonce: options.nonce,
  });
  try {
    const response = await fetch(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    if (response.ok) return { kind: 'sent' };
    return { kind: 'failed', message: `expected the receiver to take it, found HTTP ${response.status}` };
  } catch (error) {
    return { kind: 'failed', message: `the receiver cannot be reached${systemWord(error)}` };
  }
}
