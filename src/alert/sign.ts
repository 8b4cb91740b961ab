import { NONCE_HEADER, SIGNATURE_HEADER, signatureHex, TIMESTAMP_HEADER } from './signature.ts';

/**
 * Returns the headers that make a webhook request acceptable. Sign each attempt anew, with a nonce
 * that was never used before: a repeated one is refused as a replay, also after an answer was lost.
 */
export function signRequest(request: {
  readonly secret: string;
  readonly body: Uint8Array;
  readonly now: Date;
  /** 16 to 128 letters, digits, `_` or `-`, unique per request. */
  readonly nonce: string;
}): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(request.now.getTime() / 1000));
  return {
    'Content-Type': 'application/json',
    [TIMESTAMP_HEADER]: timestamp,
    [NONCE_HEADER]: request.nonce,
    [SIGNATURE_HEADER]: `v1=${signatureHex(request.secret, timestamp, request.nonce, request.body)}`,
  };
}
