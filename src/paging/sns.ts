import type { Page, PageService } from './port.ts';

/** What is needed of SNS; the AWS adapter has it. */
export interface PageTopic {
  publish(message: { readonly subject: string; readonly text: string }): Promise<void>;
  /** Whether a call that threw may be repeated. */
  retryable(error: unknown): boolean;
}

/** SNS takes printable ASCII of at most 100 characters as a subject (docs.aws.amazon.com/sns, Publish). */
const MAX_SUBJECT = 100;
const RETRY_MS = 10_000;

/** A topic: mail, SMS or whatever subscribes. It knows no acknowledgement, so only calls are published. */
export function snsPages(topic: PageTopic): PageService {
  return {
    name: 'sns',
    async send(page) {
      if (page.event !== 'trigger') return { kind: 'sent' };
      try {
        await topic.publish({ subject: subjectOf(page), text: textOf(page) });
        return { kind: 'sent' };
      } catch (error) {
        return topic.retryable(error)
          ? { kind: 'retry', afterMs: RETRY_MS, code: 'cordon_paging_unreachable' }
          : {
              kind: 'failed',
              code: 'cordon_paging_refused',
              message:
                'expected SNS to take the page, and it refused; check the topic and the permission sns:Publish',
            };
      }
    },
  };
}

function subjectOf({ incident, reason }: Page): string {
  return `${incident.name} severity ${incident.severity}: ${reason}`
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, MAX_SUBJECT);
}

function textOf({ incident, reason, to }: Page): string {
  return [
    `${incident.name}, severity ${incident.severity}: ${reason}`,
    incident.title,
    `Containment: ${incident.level}`,
    ...incident.functionArns.slice(0, 20),
    `For: ${to.join(', ')}`,
    `Take it: cordon acknowledge ${incident.name}`,
  ].join('\n');
}
