import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Answer, Core } from '../call.ts';
import { AwsRefusal } from '../world-error.ts';

/** A code link lives ten minutes (Lambda API, FunctionCodeLocation). */
const LIFE_SECONDS = 600;
const PATH = /^\/code-packages\/([0-9a-f]{64})$/;

/** The world's own signing key: a link of one world opens nothing in another. */
export type LinkKey = string;

function sign(key: LinkKey, digest: string, expires: number): string {
  return createHmac('sha256', key).update(`${digest}:${expires}`).digest('hex');
}

/** Makes the link to a package, valid for ten minutes on the world's clock. */
export function codeLink(core: Core, key: LinkKey, origin: string, digest: string): string {
  const expires = Math.floor(core.clock.now().getTime() / 1000) + LIFE_SECONDS;
  const url = new URL(`/code-packages/${digest}`, origin);
  url.searchParams.set('X-Amz-Algorithm', 'AWS4-HMAC-SHA256');
  url.searchParams.set('X-Amz-Expires', String(LIFE_SECONDS));
  url.searchParams.set('Expires', String(expires));
  url.searchParams.set('X-Amz-Signature', sign(key, digest, expires));
  return url.href;
}

/** The digest that a URL asks for, when it is a code link at all. */
export function codeLinkDigest(url: URL): string | undefined {
  return PATH.exec(url.pathname)?.[1];
}

/** Answers a code link with the package. Throws `AccessDenied` (403) for a wrong or expired one. */
export function openCodeLink(core: Core, key: LinkKey, url: URL): Answer {
  const digest = codeLinkDigest(url) ?? '';
  const expires = Number(url.searchParams.get('Expires'));
  const given = Buffer.from(url.searchParams.get('X-Amz-Signature') ?? '');
  const wanted = Buffer.from(sign(key, digest, expires));
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    throw new AwsRefusal(
      'SignatureDoesNotMatch',
      403,
      'The request signature we calculated does not match the signature you provided.',
    );
  }
  if (core.clock.now().getTime() / 1000 > expires)
    throw new AwsRefusal('AccessDenied', 403, 'Request has expired');
  const raw = core.state.packages.get(digest);
  if (raw === undefined) throw new AwsRefusal('NoSuchKey', 404, 'The specified key does not exist.');
  return { raw, headers: { 'content-type': 'application/zip', 'content-length': String(raw.byteLength) } };
}
