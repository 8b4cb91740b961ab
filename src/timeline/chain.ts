import type { JsonObject } from '../json.ts';
import { sealableBody } from './body.ts';
import { canonicalJson, sha256Hex } from './canonical.ts';
import type { Entry, EntryBody } from './entry.ts';

/** The last entry of a chain: what the next one links to. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first entry. */
export const CHAIN_START: ChainHead = Object.freeze({ seq: 0, hash: '0'.repeat(64) });

/**
 * Links `bodies` after `head`, all at the instant `at`. The returned entries hold the bodies as they
 * were hashed (`sealableBody`); store those. Throws `cordon_not_canonical` for a body that is not JSON.
 */
export function appendEntries(
  head: ChainHead,
  chain: string,
  at: Date,
  bodies: readonly EntryBody[],
): { readonly entries: readonly Entry[]; readonly head: ChainHead } {
  const entries: Entry[] = [];
  let last = head;
  for (const given of bodies) {
    const body = sealableBody(given);
    const link = {
      chain,
      seq: last.seq + 1,
      at: at.toISOString(),
      prevHash: last.hash,
      bodyHash: bodyHash(body),
    };
    const entry: Entry = { ...link, hash: entryHash(link), body };
    entries.push(entry);
    last = { seq: entry.seq, hash: entry.hash };
  }
  return { entries, head: last };
}

/** Returns the hex SHA-256 of a body's canonical JSON. */
export function bodyHash(body: EntryBody): string {
  return sha256Hex(canonicalJson(body));
}

/** Returns the hex SHA-256 that an entry with these five fields has. */
export function entryHash(link: Omit<Entry, 'hash' | 'body'>): string {
  const fields: JsonObject = {
    chain: link.chain,
    seq: link.seq,
    at: link.at,
    prevHash: link.prevHash,
    bodyHash: link.bodyHash,
  };
  return sha256Hex(canonicalJson(fields));
}
