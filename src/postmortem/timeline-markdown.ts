import type { PageSubject } from '../timeline/page.ts';
import { renderActor, renderInstant, renderSummary } from '../timeline/render.ts';
import { describeVerdict, verifyChain } from '../timeline/verify.ts';
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
