import { describe, expect, test } from '@jest/globals';
import { signRequest } from '../../../src/alert/sign.ts';
import {
  checkSignature,
  NONCE_HEADER,
  SIGNATURE_HEADER,
  TIMESTAMP_HEADER,
} from '../../../src/alert/signature.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-bytes';
const OTHER = 'another-secret-of-thirty-two-bytes-or-so';
const NONCE = 'nonce-0123456789abcdef';
const body = new TextEncoder().encode('{"cordon":1}');
const signedAt = new Date('2026-11-20T03:00:00.000Z');
const signed = signRequest({ secret: SECRET, body, now: signedAt, nonce: NONCE });

function check(changes: Partial<Parameters<typeof checkSignature>[0]> = {}) {
  return checkSignature({
    signature: signed[SIGNATURE_HEADER],
    timestamp: signed[TIMESTAMP_HEADER],
    nonce: signed[NONCE_HEADER],
    body,
    secrets: [SECRET],
    now: signedAt,
    ...changes,
  });
}

const later = (ms: number) => new Date(signedAt.getTime() + ms);

describe('a signed request', () => {
  test('is valid, and its nonce is kept for as long as its timestamp passes', () => {
    expect(check()).toEqual({ kind: 'valid', nonce: NONCE, nonceExpiresAt: later(301_000) });
  });

  test('agrees with a signature made elsewhere', () => {
    // printf 'v1:1:nonce-0123456789abcdef:{}' | openssl dgst -sha256 -hmac a-secret-of-at-least-thirty-two-bytes
    const made = signRequest({
      secret: SECRET,
      body: new TextEncoder().encode('{}'),
      now: new Date(1_000),
      nonce: NONCE,
    });
    expect(made[SIGNATURE_HEADER]).toBe(
      'v1=9981eaab2a1dc2d22a2d6abf9faacb92eb221e15507e5975fb6f42f338f007f1',
    );
  });

  test('is valid with either secret while one is replaced', () => {
    expect(check({ secrets: [OTHER, SECRET] }).kind).toBe('valid');
    expect(check({ secrets: [SECRET, OTHER] }).kind).toBe('valid');
  });

  test.each([
    [-300_000, 'valid'],
    [300_000, 'valid'],
    [300_001, 'cordon_intake_timestamp_stale'],
    [-300_001, 'cordon_intake_timestamp_future'],
    [31_536_000_000, 'cordon_intake_timestamp_stale'],
    [-31_536_000_000, 'cordon_intake_timestamp_future'],
  ])('checked %d ms after it was signed: %s', (ms, expected) => {
    const result = check({ now: later(ms) });
    expect(result.kind === 'valid' ? 'valid' : result.code).toBe(expected);
  });

  test.each<[string, Partial<Parameters<typeof checkSignature>[0]>, string]>([
    ['another secret', { secrets: [OTHER] }, 'cordon_intake_signature_wrong'],
    ['no secret', { secrets: [] }, 'cordon_intake_signature_wrong'],
    ['another body', { body: new TextEncoder().encode('{"cordon":2}') }, 'cordon_intake_signature_wrong'],
    ['a truncated body', { body: body.subarray(0, 5) }, 'cordon_intake_signature_wrong'],
    ['another timestamp', { timestamp: '1795143601' }, 'cordon_intake_signature_wrong'],
    ['another nonce', { nonce: 'nonce-0123456789abcdeF' }, 'cordon_intake_signature_wrong'],
    [
      'a truncated signature',
      { signature: signed[SIGNATURE_HEADER]?.slice(0, -2) },
      'cordon_intake_signature_wrong',
    ],
    ['an empty signature', { signature: 'v1=' }, 'cordon_intake_signature_wrong'],
    [
      'upper-case hex',
      { signature: `v1=${signed[SIGNATURE_HEADER]?.slice(3).toUpperCase()}` },
      'cordon_intake_signature_wrong',
    ],
    [
      'two signatures',
      { signature: `${signed[SIGNATURE_HEADER]}, ${signed[SIGNATURE_HEADER]}` },
      'cordon_intake_signature_wrong',
    ],
    [
      'another version',
      { signature: signed[SIGNATURE_HEADER]?.replace('v1', 'v0') },
      'cordon_intake_signature_version',
    ],
    ['no version', { signature: signed[SIGNATURE_HEADER]?.slice(3) }, 'cordon_intake_signature_malformed'],
    ['no signature', { signature: undefined }, 'cordon_intake_signature_missing'],
    ['no timestamp', { timestamp: null }, 'cordon_intake_signature_missing'],
    ['no nonce', { nonce: '' }, 'cordon_intake_signature_missing'],
    ['a timestamp with a sign', { timestamp: '-5' }, 'cordon_intake_signature_malformed'],
    ['a timestamp that is no number', { timestamp: 'NaN' }, 'cordon_intake_signature_malformed'],
    ['an endless timestamp', { timestamp: '9'.repeat(400) }, 'cordon_intake_signature_malformed'],
    ['a short nonce', { nonce: 'short' }, 'cordon_intake_signature_malformed'],
    ['a nonce with a separator', { nonce: 'nonce:0123456789abcdef' }, 'cordon_intake_signature_malformed'],
  ])('is refused with %s', (_, changes, code) => {
    expect(check(changes)).toMatchObject({ kind: 'invalid', code });
    expect(check().kind).toBe('valid');
  });
});
