import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * How a webhook request is signed: `X-Cordon-Signature: v1=<hex>`, where `<hex>` is the HMAC-SHA256,
 * keyed with the sender's secret, of `v1:<timestamp>:<nonce>:<raw body>`. Timestamp and nonce travel
 * in headers of their own. `sign.ts` makes it, this file checks it, and nothing else does either.
 */
export const SIGNATURE_HEADER = 'X-Cordon-Signature';
export const TIMESTAMP_HEADER = 'X-Cordon-Timestamp';
export const NONCE_HEADER = 'X-Cordon-Nonce';

/** How far a request's timestamp may lie in the past or in the future, in seconds. */
const TIMESTAMP_TOLERANCE_S = 300;

export type SignatureCode =
  | 'cordon_intake_signature_missing'
  | 'cordon_intake_signature_malformed'
  | 'cordon_intake_signature_version'
  | 'cordon_intake_signature_wrong'
  | 'cordon_intake_timestamp_stale'
  | 'cordon_intake_timestamp_future';

export type SignatureCheck =
  /** The sender is who it says. Whether the request is a replay is for the nonce store to say. */
  | {
      readonly kind: 'valid';
      readonly nonce: string;
      /** From this instant on the timestamp refuses the request anyway: the nonce can be forgotten. */
      readonly nonceExpiresAt: Date;
    }
  | { readonly kind: 'invalid'; readonly code: SignatureCode; readonly message: string };

/** Hex HMAC-SHA256 over version, timestamp (Unix seconds), nonce and raw body. */
export function signatureHex(secret: string, timestamp: string, nonce: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(`v1:${timestamp}:${nonce}:`).update(body).digest('hex');
}

/**
 * Checks the signature headers of a request against the sender's secrets (several while one is
 * replaced) and both bounds of its timestamp. Every header value is attacker-controlled.
 */
export function checkSignature(request: {
  /** As received; `undefined` or `null` when absent. */
  readonly signature: string | null | undefined;
  readonly timestamp: string | null | undefined;
  readonly nonce: string | null | undefined;
  readonly body: Uint8Array;
  readonly secrets: readonly string[];
  readonly now: Date;
}): SignatureCheck {
  const { signature, timestamp, nonce, body, secrets, now } = request;
  if (!signature || !timestamp || !nonce) {
    return invalid(
      'cordon_intake_signature_missing',
      `Expected the headers ${SIGNATURE_HEADER}, ${TIMESTAMP_HEADER} and ${NONCE_HEADER}; at least one is missing. Sign the request.`,
    );
  }
  const separator = signature.indexOf('=');
  if (separator === -1 || !/^[0-9]{1,12}$/.test(timestamp) || !/^[A-Za-z0-9_-]{16,128}$/.test(nonce)) {
    return invalid(
      'cordon_intake_signature_malformed',
      `Expected ${SIGNATURE_HEADER} as v1=<hex>, ${TIMESTAMP_HEADER} in Unix seconds and ${NONCE_HEADER} of 16 to 128 letters, digits, _ or -; found something else. Correct the sender.`,
    );
  }
  if (signature.slice(0, separator) !== 'v1') {
    return invalid(
      'cordon_intake_signature_version',
      'Expected a signature of version v1; found another. Sign with v1.',
    );
  }
  if (!matchesAny(signature.slice(separator + 1), secrets, timestamp, nonce, body)) {
    return invalid(
      'cordon_intake_signature_wrong',
      'Expected a signature made with the secret of this sender over these exact bytes; found another. Check the sender name, its secret, and whether a proxy rewrites the body.',
    );
  }
  const aheadMs = Number(timestamp) * 1000 - now.getTime();
  if (aheadMs < -TIMESTAMP_TOLERANCE_S * 1000) {
    return invalid(
      'cordon_intake_timestamp_stale',
      `Expected a timestamp at most ${TIMESTAMP_TOLERANCE_S} s old; found an older one. Sign each attempt anew, and check the clocks.`,
    );
  }
  if (aheadMs > TIMESTAMP_TOLERANCE_S * 1000) {
    return invalid(
      'cordon_intake_timestamp_future',
      `Expected a timestamp at most ${TIMESTAMP_TOLERANCE_S} s in the future; found a later one. Check the clocks.`,
    );
  }
  // A second beyond the bound: at the very bound the timestamp still passes.
  const nonceExpiresAt = new Date((Number(timestamp) + TIMESTAMP_TOLERANCE_S + 1) * 1000);
  return { kind: 'valid', nonce, nonceExpiresAt };
}

/** Compares with every secret, without leaving early, so that time tells nothing about which one fits. */
function matchesAny(
  found: string,
  secrets: readonly string[],
  timestamp: string,
  nonce: string,
  body: Uint8Array,
): boolean {
  // Upper-case or truncated hex would decode to fewer bytes or to the same ones; one spelling is enough.
  if (!/^[0-9a-f]{64}$/.test(found)) return false;
  const foundBytes = Buffer.from(found, 'hex');
  let matches = false;
  for (const secret of secrets) {
    const expected = Buffer.from(signatureHex(secret, timestamp, nonce, body), 'hex');
    if (timingSafeEqual(expected, foundBytes)) matches = true;
  }
  return matches;
}

function invalid(code: SignatureCode, message: string): SignatureCheck {
  return { kind: 'invalid', code, message };
}
