const DAY_MS = 86_400_000;
const SATURDAY = 6;
const SUNDAY = 0;

/**
 * By when a postmortem is to be reviewed, counted from the end of the response: three calendar days for severity
 * 1, five business days for severity 2 (PagerDuty's incident response documentation, "After an incident"), ten
 * business days below that. Business days are Monday to Friday in UTC.
 */
export function reviewDueAt(severity: number, from: Date): Date {
  if (severity <= 1) return new Date(from.getTime() + 3 * DAY_MS);
  let left = severity === 2 ? 5 : 10;
  let at = from;
  while (left > 0) {
    at = new Date(at.getTime() + DAY_MS);
    if (at.getUTCDay() !== SATURDAY && at.getUTCDay() !== SUNDAY) left -= 1;
  }
  return at;
}
