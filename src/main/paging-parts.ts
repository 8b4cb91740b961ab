import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Ids } from '../id.ts';
import type { Deliver } from '../incident/delivery.ts';
import type { Views } from '../incident/view.ts';
import type { PageService } from '../paging/port.ts';
import type { Closing } from './closing.ts';

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
