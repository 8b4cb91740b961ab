import type { Clock } from '../clock.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { type RetentionClass, retentionClass, retentionEnd } from '../enrolment/retention.ts';
import type { CaseRetention } from '../evidence/retention.ts';
import { openRetention } from '../evidence/retention.ts';
import type { IncidentView } from '../incident/incident-view.ts';
import type { Custody } from './custody.ts';

/** How long an incident's evidence is kept, and why. */
export interface KeptUntil {
  readonly class: RetentionClass;
  readonly days: number;
  /** ISO 8601, UTC; null while the incident is not closed. */
  readonly until: string | null;
  readonly over: boolean;
}

/** Applies the policy of the enrolment file to an incident. Pure. */
export function keptUntil(enrolment: Enrolment, incident: IncidentView, now: Date): KeptUntil {
  const triage = incident.questions.findLast(
    ({ form, status }) => form === 'triage' && status === 'answered',
  );
  const answer = triage?.answer;
  const verdict =
    typeof answer === 'object' && answer !== null && 'verdict' in answer && typeof answer.verdict === 'string'
      ? answer.verdict
      : null;
  const kept = retentionClass({ exercise: incident.exercise, verdict });
  const end = incident.closedAt === null ? null : retentionEnd(enrolment.retention, kept, incident.closedAt);
  return {
    class: kept,
    days: enrolment.retention[kept],
    until: end?.toISOString() ?? null,
    over: end !== null && end.getTime() <= now.getTime(),
  };
}

/** Opens the retention of an incident's evidence, where it is kept. */
export function retentionOf(custody: Custody, incident: string, clock: Clock): CaseRetention {
  const { disk, folder, keys, quarantine } = custody;
  return openRetention({ disk, folder, keys, clock, incident, quarantine });
}
