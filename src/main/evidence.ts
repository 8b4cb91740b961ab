import { join } from 'node:path';
import type { CaseReport } from '../evidence/verify.ts';
import { verifyCase } from '../evidence/verify.ts';
import type { Entry } from '../timeline/entry.ts';

/**
 * Verifies an incident's evidence in the data folder: the files alone, and against the last seal that the
 * incident's timeline names, when it is given. Throws as `verifyCase` does.
 */
export function verifyEvidence(options: {
  readonly dataDir: string;
  readonly incident: string;
  readonly entries: readonly Entry[];
  readonly publicKeyPem?: string;
}): Promise<CaseReport> {
  const manifestSha256 = lastSeal(options.entries);
  return verifyCase(join(options.dataDir, 'evidence'), options.incident, {
    ...(manifestSha256 === undefined ? {} : { manifestSha256 }),
    ...(options.publicKeyPem === undefined ? {} : { publicKeyPem: options.publicKeyPem }),
  });
}

function lastSeal(entries: readonly Entry[]): string | undefined {
  const seal = entries.findLast((entry) => entry.body?.kind === 'evidence.sealed')?.body?.data;
  if (typeof seal !== 'object' || seal === null || !('manifestSha256' in seal)) return undefined;
  return typeof seal.manifestSha256 === 'string' ? seal.manifestSha256 : undefined;
}
