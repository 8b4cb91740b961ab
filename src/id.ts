import { createHash, randomBytes } from 'node:crypto';

/** Ids are strings with a brand, so that one kind cannot be passed for another. */
export type Brand<Name extends string> = string & { readonly __brand: Name };

export type IncidentId = Brand<'IncidentId'>;
export type AlertId = Brand<'AlertId'>;
export type ChartId = Brand<'ChartId'>;
export type InvocationId = Brand<'InvocationId'>;
export type AttemptId = Brand<'AttemptId'>;
export type TimerId = Brand<'TimerId'>;
export type OutboxId = Brand<'OutboxId'>;
export type HoldId = Brand<'HoldId'>;
export type WorkerId = Brand<'WorkerId'>;
export type CampaignId = Brand<'CampaignId'>;

/** The prefix of each kind of id; it makes an id readable in a log and refuses a wrong kind early. */
export type IdPrefix = 'inc' | 'alr' | 'cht' | 'inv' | 'att' | 'tmr' | 'out' | 'hld' | 'wrk' | 'cmp';

/** Makes ids: `next('inc')` returns for example `inc-k3f9a0c2d1e4b5a6`. */
export interface Ids {
  next<Id extends string>(prefix: IdPrefix): Id;
  /** A uniform number in [0, 1): jitter is drawn here, so that a seeded run is repeatable. */
  random(): number;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

function encode(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += ALPHABET[byte & 31];
  return text;
}

/** Ids from the operating system's randomness: 16 characters of 5 bits each, 80 bits. */
export const randomIds: Ids = {
  next: <Id extends string>(prefix: IdPrefix) => `${prefix}-${encode(randomBytes(16))}` as Id, // branded at birth: the one place an id is made
  random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};

/** Ids that depend on `seed` alone, for exercises and tests that must repeat exactly. */
export function seededIds(seed: string): Ids {
  let counter = 0;
  const draw = () => createHash('sha256').update(`${seed}:${counter++}`).digest();
  return {
    next: <Id extends string>(prefix: IdPrefix) => `${prefix}-${encode(draw().subarray(0, 16))}` as Id, // branded at birth, as above
    random: () => draw().readUInt32BE() / 2 ** 32,
  };
}

/** What stands in the ids of a drill: two of its letters are outside the alphabet above, so no other id has it. */
const DRILL = 'drill';

/** Ids of a drill that runs beside a real engine: whatever carries one says by itself that it is no real incident's. */
export function drillIds(ids: Ids): Ids {
  return {
    next: <Id extends string>(prefix: IdPrefix) =>
      ids.next<Id>(prefix).replace(`${prefix}-`, `${prefix}-${DRILL}`) as Id, // an id with a mark is one still
    random: () => ids.random(),
  };
}

/** True for an id, in any case, that `drillIds` made. */
export function isDrillId(id: string): boolean {
  return /^[a-z]{3}-drill[0-9a-z]+$/i.test(id);
}
