import type { ChainHead } from './chain.ts';
import type { Entry } from './entry.ts';
import { type Html, html, page } from './html.ts';
import { renderActor, renderInstant, renderSummary } from './render.ts';
import { describeVerdict, verifyChain } from './verify.ts';

/** What a page about one incident says at its top. */
export interface PageSubject {
  /** `INC-12`, or `system`. */
  readonly name: string;
  readonly chain: string;
  /** Attacker-controlled. */
  readonly title: string;
  readonly entries: readonly Entry[];
  readonly head?: ChainHead;
}

/** Returns a timeline as one HTML document that needs no network and runs no script. */
export function timelinePage(subject: PageSubject): string {
  const { name, chain, title, entries, head } = subject;
  const verdict = verifyChain(chain, entries, head);
  const intact = verdict.kind === 'intact';
  return page(
    `Timeline of ${name}`,
    html`<main>
<header>
<div class="kind">Timeline · ${name}</div>
<h1>${title}</h1>
<span class="badge ${intact ? 'good' : 'bad'}">${intact ? 'Chain intact' : 'Chain broken'}</span>
</header>
<p class="soft">${describeVerdict(chain, verdict)}</p>
${timelineTable(entries)}
</main>`,
  );
}

/** Returns the entries as a table; a purged body is shown as what it is. */
export function timelineTable(entries: readonly Entry[]): Html {
  return html`<div class="sheet"><table>
<thead><tr><th>#</th><th>Time (UTC)</th><th>What</th><th>Who</th><th>Entry</th></tr></thead>
<tbody>
${entries.map(
  (
    entry,
  ) => html`<tr><td class="number">${entry.seq}</td><td class="instant">${renderInstant(entry.at)}</td>${cells(entry)}</tr>
`,
)}</tbody></table></div>`;
}

function cells({ body, bodyHash, ...entry }: Entry): Html {
  if (body === null) {
    return html`<td colspan="3" class="mark">Body removed by retention; its SHA-256 was <code>${bodyHash}</code></td>`;
  }
  const summary = renderSummary({ ...entry, bodyHash, body });
  return html`<td><code>${body.kind}</code></td><td>${renderActor(body.actor)}</td><td>${summary}</td>`;
}
