import type { Entry } from '../timeline/entry.ts';
import type { Expectations } from './verify.ts';

/**
 * What the incident's timeline and the deployment's key say that the evidence folder must be: without
 * them a folder that was signed anew, or put back to an earlier seal, would verify.
 */
export function expectationsOf(publicKeyPem: string | undefined, entries: readonly Entry[]): Expectations {
  const sealed = entries.findLast((entry) => entry.body?.kind === 'evidence.sealed')?.body?.data;
  const digest =
    typeof sealed === 'object' && sealed !== null && !Array.isArray(sealed) && 'manifestSha256' in sealed
      ? sealed.manifestSha256
      : undefined;
  return {
    ...(publicKeyPem === undefined ? {} : { publicKeyPem }),
    ...(typeof digest === 'string' ? { manifestSha256: digest } : {}),
  };
}
