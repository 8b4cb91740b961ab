const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration looks like in a playbook: a whole number and a unit. */
const DURATION = /^([1-9][0-9]{0,6})(ms|s|m|h|d)$/;

/** The longest duration a playbook may ask for: 30 days, in milliseconds. */
const MAX_DURATION_MS = 30 * 86_400_000;

/** Returns the milliseconds of a duration such as `500ms`, `10s`, `15m`, `24h`, `2d`; `undefined` when it is not one. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined) return undefined;
  const milliseconds = Number(match[1]) * unit;
  return milliseconds <= MAX_DURATION_MS ? milliseconds : undefined;
}
