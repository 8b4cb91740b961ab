import { join } from 'node:path';
import { EvidenceError } from './error.ts';

/**
 * Where things are in an evidence folder:
 *
 *     objects/sha256/ab/ab12…            content, named by its SHA-256, read-only; shared by all cases
 *     public-keys/<key id>.pem           what the seals verify with
 *     cases/<incident>/records/          00000001.json …: one file each, chained
 *     cases/<incident>/manifest.json     with manifest.dsse.json; manifest-2.json … are addenda
 *     cases/<incident>/unfinished/       what is being written: parts, and marks of objects without a record
 */
export interface CasePlace {
  readonly incident: string;
  readonly folder: string;
  readonly records: string;
  readonly unfinished: string;
}

/** An incident id becomes a folder name, so it may hold nothing that a path gives a meaning to. */
const CASE_ID = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** Returns the places of one case. Throws `cordon_evidence_bad_case_id`. */
export function casePlace(evidence: string, incident: string): CasePlace {
  if (!CASE_ID.test(incident)) {
    throw new EvidenceError(
      'cordon_evidence_bad_case_id',
      'Expected an incident id of lower-case letters, digits and hyphens, found something else. Copy the id from `cordon list`.',
    );
  }
  const folder = join(evidence, 'cases', incident);
  return { incident, folder, records: join(folder, 'records'), unfinished: join(folder, 'unfinished') };
}

/** Returns the path of an object, relative to the evidence folder, with `/`. */
export function objectPath(sha256: string): string {
  return `objects/sha256/${sha256.slice(0, 2)}/${sha256}`;
}

/** Returns the path of a public key, relative to the evidence folder. */
export function publicKeyPath(keyId: string): string {
  return `public-keys/${keyId}.pem`;
}

/**
 * Who writes an unfinished file: it is only cleared away once its writer is gone. Names are
 * `<owner>.part` for bytes, `<sha256>~<owner>` for the mark of an object that has no record yet.
 */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** One store in one process. */
  readonly store: string;
  /** One write of that store. */
  readonly write: string;
}

/** Returns an owner as part of a file name. */
export function ownerName(owner: Owner): string {
  const host = owner.host
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .slice(0, 63);
  return `${host}~${owner.pid}~${owner.store}~${owner.write}`;
}

export type Unfinished =
  | { readonly kind: 'part'; readonly owner: Owner }
  | { readonly kind: 'mark'; readonly owner: Owner; readonly sha256: string };

/** Reads the name of an unfinished file; null for a name that no writer gives. */
export function readUnfinished(name: string): Unfinished | null {
  const match =
    /^(?:([0-9a-f]{64})~)?([a-z0-9-]{0,63})~([0-9]{1,10})~([0-9a-f]{1,16})~([0-9]{1,12})([.]part)?$/.exec(
      name,
    );
  if (match === null) return null;
  const [, sha256, host = '', pid = '', store = '', write = '', part] = match;
  const owner = { host, pid: Number(pid), store, write };
  if (sha256 === undefined) return part === undefined ? null : { kind: 'part', owner };
  return part === undefined ? { kind: 'mark', owner, sha256 } : null;
}
