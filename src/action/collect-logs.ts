import { logGroupArn } from './arn.ts';
import type { Collector } from './collector.ts';
import type { ActionContext, FunctionConfiguration, LogEvent } from './ports.ts';
import { unreadable } from './tolerant.ts';

/**
 * Collects the events of every log group of the function, from the log window before the alert until now, as
 * NDJSON in bounded memory. Where reading breaks off, what came before is kept and the rest is a stated gap.
 */
export async function collectLogs(
  context: ActionContext,
  collector: Collector,
  configurations: readonly FunctionConfiguration[],
): Promise<void> {
  const { target } = context;
  const known = configurations.map((item) => item.logGroup);
  const groups = known.length > 0 ? [...new Set(known)].sort() : [`/aws/lambda/${target.functionName}`];
  const now = context.clock.now().getTime();
  const alertedMs = new Date(context.alert.firstSeenAt).getTime();
  const fromMs = (Number.isFinite(alertedMs) ? Math.min(alertedMs, now) : now) - context.settings.logWindowMs;
  for (const group of groups) {
    // The group's name is the configuration's, and so attacker-controlled: encoded, it cannot leave its folder.
    const name = `logs/${encodeURIComponent(group)}.ndjson`;
    const sourceArn = logGroupArn(target, group);
    const reading = { broken: null as string | null, events: 0 };
    const { logs } = context.aws('read');
    const pages = logs.filterEvents({ logGroup: group, fromMs, toMs: now })[Symbol.asyncIterator]();
    const first = await nextPage(pages, reading);
    if (first === null && reading.broken !== null) {
      await collector.gap(name, 'function-logs', sourceArn, reading.broken);
      continue;
    }
    await collector.stream({
      name,
      artifact: 'function-logs',
      sourceArn,
      apiCall: 'logs:FilterLogEvents',
      mediaType: 'application/x-ndjson',
      content: lines(first, pages, reading),
    });
    if (reading.broken !== null) {
      const reason = `broke off after ${reading.events} events: ${reading.broken}`;
      await collector.gap(`${name}#rest`, 'function-logs', sourceArn, reason);
    }
  }
}

interface Reading {
  broken: string | null;
  events: number;
}

async function* lines(
  first: readonly LogEvent[] | null,
  pages: AsyncIterator<readonly LogEvent[]>,
  reading: Reading,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let page = first; page !== null; page = await nextPage(pages, reading)) {
    if (page.length === 0) continue;
    reading.events += page.length;
    const text = page.map(({ stream, timestampMs, message }) =>
      JSON.stringify({ stream, timestampMs, message }),
    );
    yield Buffer.from(`${text.join('\n')}\n`, 'utf8');
  }
}

/** The next page, or `null` at the end or at a failure, which `reading` then names. */
async function nextPage(
  pages: AsyncIterator<readonly LogEvent[]>,
  reading: Reading,
): Promise<readonly LogEvent[] | null> {
  try {
    const next = await pages.next();
    return next.done === true ? null : next.value;
  } catch (error) {
    reading.broken = unreadable(error).reason;
    return null;
  }
}
