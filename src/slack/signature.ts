import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a request's timestamp may lie from our clock, on either side, in seconds (Slack's own figure). */
export const TOLERANCE_S = 5 * 60;

export type SignatureCheck = 'valid' | 'malformed' | 'stale' | 'future' | 'mismatch';

/**
 * Checks Slack's signature v0 (docs.slack.dev/authentication/verifying-requests-from-slack). Ours and not
 * Bolt's: Bolt 5.1 bounds the timestamp on one side only, and was seen to take a request signed 4,000 s
 * in the future; it also reads the machine's clock, where an exercise runs on a virtual one.
 */
export function checkSlackSignature(request: {
  readonly signingSecret: string;
  readonly timestamp: string | null;
  readonly signature: string | null;
  readonly body: Uint8Array;
  readonly nowMs: number;
}): SignatureCheck {
  const { timestamp, signature } = request;
  if (timestamp === null || !/^[0-9]{1,12}$/.test(timestamp)) return 'malformed';
  if (signature === null || !/^v0=[0-9a-f]{64}$/.test(signature)) return 'malformed';
  const expected = createHmac('sha256', request.signingSecret)
    .update(`v0:${timestamp}:`)
    .update(request.body)
    .digest();
  if (!timingSafeEqual(expected, Buffer.from(signature.slice(3), 'hex'))) return 'mismatch';
  const ageS = Math.floor(request.nowMs / 1000) - Number(timestamp);
  if (ageS > TOLERANCE_S) return 'stale';
  if (ageS < -TOLERANCE_S) return 'future';
  return 'valid';
}
