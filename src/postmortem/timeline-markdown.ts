import type { Entry } from '../timeline/entry.ts';
import type { PageSubject } from '../timeline/page.ts';
import { renderActor, renderInstant, renderSummary } from '../timeline/render.ts';
import { describeVerdict, verifyChain } from '../timeline/verify.ts';
import type { Facts } from './facts.ts';
import { code, escaped, table } from './markdown.ts';

/** Returns a timeline as Markdown; text from outside stays text. */
export function timelineMarkdown(subject: PageSubject): string {
  const { name, chain, title, entries, head } = subject;
  const rows = entries.map((entry) => [
    String(entry.seq),
    renderInstant(entry.at),
    ...(entry.body === null
      ? ['', '', `body removed by retention; its SHA-256 was ${code(entry.bodyHash)}`]
      : [code(entry.body.kind), escaped(renderActor(entry.body.actor)), escaped(renderSummary(entry), 400)]),
  ]);
  return [
    `# Timeline of ${escaped(name)}`,
    escaped(title),
    escaped(describeVerdict(chain, verifyChain(chain, entries, head)), 600),
    table(['#', 'Time (UTC)', 'What', 'Who', 'Entry'], rows),
    '',
  ].join('\n\n');
}

/** The timeline as a section of the postmortem: every row with its source. */
export function timelineRows(entries: readonly Entry[], facts: Facts): string {
  // The timeline starts before the incident: with what the finding claims about its beginning.
  const before = facts.detections
    .filter((found) => found.firstSeenAt !== null)
    .slice(0, 1)
    .map((found) => [
      escaped(renderInstant(found.firstSeenAt ?? '')),
      'First activity, as the finding claims',
      code(found.source),
      'automated',
      `entry ${found.seq}`,
    ]);
  const rows = entries.map((entry) => [
    escaped(renderInstant(entry.at)),
    entry.body === null
      ? '_removed by retention_'
      : `${code(entry.body.kind)}: ${escaped(renderSummary(entry), 400)}`,
    entry.body === null ? '' : escaped(renderActor(entry.body.actor)),
    entry.body === null ? 'unknown' : entry.body.actor.kind === 'responder' ? 'human' : 'automated',
    `entry ${entry.seq}`,
  ]);
  return table(['Time', 'Event', 'Actor', 'By', 'Source'], [...before, ...rows]);
}
