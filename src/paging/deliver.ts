import { z } from 'zod';
import { cleanText } from '../alert/clean-text.ts';
import type { Deliver, DeliveryOutcome } from '../incident/delivery.ts';
import type { IncidentView } from '../incident/incident-view.ts';
import type { Page, PageService } from './port.ts';

/** The params of an outbox row of kind `page`: ours, but out of a database. */
const paramsSchema = z.strictObject({
  event: z.enum(['trigger', 'acknowledge', 'resolve']),
  keys: z.array(z.string().min(1)).min(1),
  to: z.array(z.string()).default([]),
  reason: z.string().default(''),
  by: z.string().nullable().default(null),
});

/**
 * Sends pages through every service that is configured; one of them is enough, and what the others said is
 * noted. An incident of an exercise is never paged about: that is checked again here, whoever queued the row.
 */
export function createPageDeliver(options: {
  readonly services: readonly PageService[];
  readonly incidentView: (id: string) => Promise<IncidentView | undefined>;
}): Deliver {
  const { services, incidentView } = options;
  return async (row) => {
    const params = paramsSchema.safeParse(row.params);
    const incident = await incidentView(row.incidentId);
    if (!params.success || incident === undefined) {
      return {
        kind: 'failed',
        code: 'cordon_paging_bad_row',
        message: `expected outbox row ${row.outboxId} to be a page of an incident that exists; it was written by another version`,
      };
    }
    if (incident.exercise) return { kind: 'skipped', reason: 'an exercise pages nobody' };
    if (services.length === 0) return { kind: 'skipped', reason: 'no paging service is configured' };
    const page: Page = {
      ...params.data,
      // A person's words may be of any length and hold anything.
      reason: cleanText(params.data.reason, 300),
      incident: {
        id: incident.id,
        name: `INC-${incident.number}`,
        severity: incident.severity,
        title: cleanText(incident.title, 300),
        level: incident.level.replace('_', ' '),
        openedAt: incident.openedAt,
        functionArns: incident.targets.map(({ functionArn }) => functionArn),
        account: incident.targets[0]?.account ?? '',
        region: incident.targets[0]?.region ?? '',
      },
      outboxId: row.outboxId,
    };
    const answers = await Promise.all(
      services.map(async (service) => ({ name: service.name, outcome: await service.send(page) })),
    );
    return together(answers);
  };
}

function together(
  answers: readonly { readonly name: string; readonly outcome: Awaited<ReturnType<PageService['send']>> }[],
): DeliveryOutcome {
  const sent = answers.filter(({ outcome }) => outcome.kind === 'sent').map(({ name }) => name);
  const notes = answers.flatMap(({ name, outcome }) =>
    outcome.kind === 'sent' ? [] : [`${name}: ${outcome.code}`],
  );
  if (sent.length > 0) return { kind: 'sent', result: { channel: sent.join(', '), ts: null, notes } };
  for (const { outcome } of answers) if (outcome.kind === 'retry') return outcome;
  const message = answers.map(({ outcome }) => (outcome.kind === 'failed' ? outcome.message : '')).join('; ');
  return { kind: 'failed', code: 'cordon_paging_refused', message };
}
