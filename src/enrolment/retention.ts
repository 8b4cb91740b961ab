import type { EnrolmentFile } from './enrolment-file.ts';

/** What an incident was, for how long its evidence is kept. */
export type RetentionClass = keyof EnrolmentFile['retention'];

const DAY_MS = 86_400_000;

/** Returns the class of an incident; `verdict` is the last answer to triage, null while nobody has answered. */
export function retentionClass(incident: {
  readonly exercise: boolean;
  readonly verdict: string | null;
}): RetentionClass {
  if (incident.exercise) return 'exercise';
  switch (incident.verdict) {
    case 'false_positive':
    case 'benign':
      return 'falsePositive';
    case 'true_positive':
      return 'confirmed';
    default:
      return 'unconfirmed';
  }
}

/** Returns the instant from which content of this class may be removed: so many days after the incident was closed. */
export function retentionEnd(
  retention: EnrolmentFile['retention'],
  kept: RetentionClass,
  closedAt: string,
): Date {
  return new Date(Date.parse(closedAt) + retention[kept] * DAY_MS);
}
