import type { Page, PageOutcome, PageService } from './port.ts';
import { post } from './post.ts';

const SEVERITY: Readonly<Record<number, string>> = { 1: 'critical', 2: 'error', 3: 'warning', 4: 'info' };
/** PagerDuty cuts a summary there (developer.pagerduty.com, Events API v2). */
const MAX_SUMMARY = 1024;

/** PagerDuty through its Events API v2: `dedup_key` makes a repeated event the same one. */
export function pagerduty(options: { readonly routingKey: string; readonly url: string }): PageService {
  const { routingKey, url } = options;
  return {
    name: 'pagerduty',
    async send(page) {
      let last: PageOutcome = { kind: 'sent' };
      for (const key of page.keys) {
        last = await post('PagerDuty', url, {}, JSON.stringify(eventOf(page, routingKey, key)));
        if (last.kind !== 'sent') return last;
      }
      return last;
    },
  };
}

function eventOf(page: Page, routingKey: string, key: string) {
  const base = { routing_key: routingKey, event_action: page.event, dedup_key: `cordon:${key}` };
  if (page.event !== 'trigger') return base;
  const { incident } = page;
  return {
    ...base,
    client: 'Cordon',
    payload: {
      summary: `${incident.name} severity ${incident.severity}: ${page.reason}. ${incident.title}`.slice(
        0,
        MAX_SUMMARY,
      ),
      source: incident.functionArns[0] ?? incident.account,
      severity: SEVERITY[incident.severity] ?? 'error',
      timestamp: incident.openedAt,
      component: 'lambda',
      group: `${incident.account}/${incident.region}`,
      class: 'security incident',
      custom_details: {
        to: page.to,
        contained: incident.level,
        functions: incident.functionArns.slice(0, 20),
        take_it: `cordon acknowledge ${incident.name}`,
      },
    },
  };
}
