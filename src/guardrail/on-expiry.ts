import type { FallbackRung } from '../action/rung.ts';
import { FALLBACK_RUNGS } from '../action/rung.ts';

/**
 * What silence means when an approval is asked for (policy annotation `@on_expiry`): nothing happens, the plan runs,
 * or a lower rung is taken instead, so that silence does not favour the attacker.
 */
export type OnExpiry = 'refuse' | 'run' | `rung:${FallbackRung}`;

/** Every value, the most careful first: of several asking policies the first of theirs counts. */
export const ON_EXPIRY: readonly OnExpiry[] = Object.freeze([
  'refuse',
  ...FALLBACK_RUNGS.map((rung) => `rung:${rung}` as const),
  'run',
]);

/** Reads `@on_expiry`; `undefined` when it is none of the values. */
export function readOnExpiry(text: string | null | undefined): OnExpiry | undefined {
  return ON_EXPIRY.find((known) => known === text);
}

/** The most careful of several; refuse where there is none. */
export function mostCareful(values: readonly OnExpiry[]): OnExpiry {
  return ON_EXPIRY.find((known) => values.includes(known)) ?? 'refuse';
}

/** The rung that silence chooses; `null` where it refuses or runs. */
export function rungOnExpiry(value: OnExpiry): FallbackRung | null {
  return FALLBACK_RUNGS.find((rung) => value === `rung:${rung}`) ?? null;
}

/** What follows silence, for people: `it is refused`, `it runs`, `cap-concurrency is taken instead`. */
export function silenceInWords(value: OnExpiry): string {
  const rung = rungOnExpiry(value);
  if (rung !== null) return `${rung} is taken instead`;
  return value === 'run' ? 'it runs' : 'it is refused';
}
