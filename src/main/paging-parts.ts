import { cleanText } from '../alert/clean-text.ts';
import type { Clock } from '../clock.ts';
import type { Execute } from '../command/execute.ts';
import type { Config } from '../config.ts';
import { codeOf } from '../error.ts';
import type { Ids, IncidentId } from '../id.ts';
import type { Advance } from '../incident/advance.ts';
import type { Deliver } from '../incident/delivery.ts';
import { pageSeen } from '../incident/escalation.ts';
import type { Views } from '../incident/view.ts';
import type { PageAcknowledged } from '../paging/back.ts';
import type { PageService } from '../paging/port.ts';
import type { Closing } from './closing.ts';

/** Takes an acknowledged page to its incident: who is a responder takes it up, anybody else is written down. */
export function pageAcknowledged(
  execute: Execute,
  advance: Pick<Advance, 'advance'>,
): (page: PageAcknowledged) => Promise<void> {
  return async ({ key, by, id }) => {
    const incident = key.split(':')[0] as IncidentId; // looked up, not trusted
    const result = await execute({
      command: 'acknowledge',
      incident,
      identity:
        by.kind === 'responder'
          ? { kind: 'page', responder: by.id }
          : { kind: 'pagerduty', userId: by.userId },
      input: { page: key },
      idempotencyKey: `page:${id}`,
    });
    if (result.kind === 'done' || result.code !== 'cordon_responder_unknown') return;
    const name = by.kind === 'pagerduty' ? by.name : by.id;
    try {
      await advance.advance(
        incident,
        (draft) => {
          draft.receipts.push({ key: `page-seen:${id}`, result: { key } });
          pageSeen(draft, { key, name: cleanText(name, 100) });
        },
        // Delivered again: it is in the timeline already.
        { amend: async (refusal) => (refusal === 'receipt-exists' ? () => {} : undefined) },
      );
    } catch (error) {
      if (codeOf(error) !== 'cordon_incident_not_found') throw error;
    }
  };
}

/** How pages are delivered with what is configured: without a service, each is skipped and says so. */
export async function pagingFor(
  config: Config,
  options: { readonly clock: Clock; readonly ids: Ids; readonly closing: Closing },
): Promise<(views: Views) => Deliver> {
  const { clock, ids, closing } = options;
  const { paging } = config;
  const services: PageService[] = [];
  if (paging.pagerdutyRoutingKey !== undefined) {
    const { pagerduty } = await import('../paging/pagerduty.ts');
    services.push(pagerduty({ routingKey: paging.pagerdutyRoutingKey, url: paging.pagerdutyUrl }));
  }
  if (paging.webhookUrl !== undefined) {
    const { pageWebhook } = await import('../paging/webhook.ts');
    services.push(
      pageWebhook({
        url: paging.webhookUrl,
        secret: paging.webhookSecret ?? '',
        clock,
        nonce: () => ids.next<string>('out'),
      }),
    );
  }
  if (paging.snsTopicArn !== undefined) {
    const { openSnsTopic } = await import('../aws/sns-topic.ts');
    const { snsPages } = await import('../paging/sns.ts');
    const topic = openSnsTopic(paging.snsTopicArn);
    closing.add(async () => topic.close());
    services.push(snsPages(topic));
  }
  const { createPageDeliver } = await import('../paging/deliver.ts');
  return (views) => createPageDeliver({ services, incidentView: views.incidentView });
}
