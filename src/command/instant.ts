import { parseDuration } from '../playbook/duration.ts';

const DAY_MS = 86_400_000;
const ZONE = '(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})';
const CLOCK = new RegExp(`^([0-2][0-9]):([0-5][0-9])(?::([0-5][0-9]))? ?(${ZONE})$`, 'i');
const FULL = new RegExp(
  `^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-2][0-9]:[0-5][0-9](?::[0-5][0-9])?(?:\\.[0-9]{1,3})?) ?(${ZONE})$`,
  'i',
);

/** What a person may type for a time, for help and for errors. */
export const INSTANT_HELP = '14:05Z, 14:05+02:00, 2026-11-24T14:05Z, or 30m from now';

/**
 * Reads a time as people type it, into ISO 8601 in UTC; `undefined` for anything else. A zone is always asked for:
 * a team of three continents has no "local". A clock time alone is the nearest one in `direction`; a duration is
 * counted from now in it.
 */
export function parseInstant(text: string, now: Date, direction: 'past' | 'future'): string | undefined {
  const sign = direction === 'past' ? -1 : 1;
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return new Date(now.getTime() + sign * durationMs).toISOString();
  const full = FULL.exec(text);
  if (full !== null) return iso(`${full[1]}T${full[2]}${zone(full[3])}`);
  const clock = CLOCK.exec(text);
  if (clock === null) return undefined;
  const [, hours, minutes, seconds = '00', offset] = clock;
  const today = iso(`${now.toISOString().slice(0, 10)}T${hours}:${minutes}:${seconds}${zone(offset)}`);
  if (today === undefined) return undefined;
  // The day of another zone may be yesterday or tomorrow here: of the three candidates, the nearest that fits.
  const candidates = [-1, 0, 1]
    .map((days) => Date.parse(today) + days * DAY_MS)
    .filter((ms) => sign * (ms - now.getTime()) >= 0)
    .sort((a, b) => Math.abs(a - now.getTime()) - Math.abs(b - now.getTime()));
  const [nearest] = candidates;
  return nearest === undefined ? undefined : new Date(nearest).toISOString();
}

function zone(text: string | undefined): string {
  if (text === undefined || /^(?:z|utc)$/i.test(text)) return 'Z';
  return text.includes(':') ? text : `${text.slice(0, 3)}:${text.slice(3)}`;
}

function iso(text: string): string | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
