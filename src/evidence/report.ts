import type { ChainHead } from '../timeline/chain.ts';
import type { Entry } from '../timeline/entry.ts';
import { type Html, html, page } from '../timeline/html.ts';
import { timelineTable } from '../timeline/page.ts';
import { renderInstant } from '../timeline/render.ts';
import { NOT_OBTAINABLE } from './manifest.ts';
import type { ReadCase } from './read-case.ts';
import type { ItemRecord } from './record.ts';
import { recordName } from './record.ts';
import type { CaseReport } from './verify.ts';

/** What an export is of. */
export interface ExportSubject {
  readonly incident: {
    readonly id: string;
    /** `INC-12`. */
    readonly name: string;
    /** Attacker-controlled. */
    readonly title: string;
    readonly status: string;
    readonly severity: number;
    readonly exercise: boolean;
    readonly openedAt: string;
    readonly closedAt: string | null;
  };
  readonly entries: readonly Entry[];
  readonly head?: ChainHead;
}

const SEVERITIES = ['', 'critical', 'high', 'medium', 'low'];

/** Returns the page that a person reads first: what was collected, what was not, and how far it can be trusted. */
export function evidencePage(subject: ExportSubject, found: ReadCase, report: CaseReport): string {
  const { incident } = subject;
  const items = found.records.flatMap(({ record }) => (record.kind === 'item' ? [record] : []));
  const last = found.manifests.at(-1);
  return page(
    `Evidence of ${incident.name}`,
    html`<main>
<header>
<div class="kind">Evidence report · ${incident.name}${incident.exercise ? ' · exercise' : ''}</div>
<h1>${incident.title}</h1>
<span class="badge ${report.verified ? 'good' : 'bad'}">${report.verified ? 'Every byte verified at export' : 'NOT verified'}</span>
</header>
<dl>
${fact('Incident', incident.id)}
${fact('Status', `${incident.status}, severity ${SEVERITIES[incident.severity] ?? incident.severity}`)}
${fact('Opened', renderInstant(incident.openedAt))}
${fact('Closed', incident.closedAt === null ? 'not yet' : renderInstant(incident.closedAt))}
${fact('Items', `${report.items} (${report.bytes} bytes)`)}
${fact('Could not be had', String(report.missing))}
${fact('Seals', String(report.seals))}
${fact('Last sealed', last === undefined ? 'never' : renderInstant(last.manifest.sealedAt))}
</dl>
<h2>Can this be trusted?</h2>
<p>Everything below was sealed with a digital signature when it was collected. A single changed, missing or added
byte makes the check fail. Run <code>node verify.mjs</code> or <code>sh verify.sh</code> in the folder of this
archive (<code>README.txt</code> says how), and compare the fingerprint of the signing key with the one that you
were given by another way than this archive:</p>
<pre>${report.keyIds.map((keyId) => html`${keyId}\n`)}</pre>
<p class="soft">The times are those of the engine's clock.${report.timestamps.some(({ at }) => at !== null) ? ' Those marked as time-stamped were also seen by an independent authority (RFC 3161).' : ''}
Names, titles and contents come from the account under attack: they are shown as text and are not statements of ours.</p>
<h2>What was collected</h2>
${items.length === 0 ? html`<p>Nothing was collected.</p>` : itemTable(items)}
<h2>What could not be had</h2>
${gapTable(found)}
<h2>Custody of each item</h2>
<div class="sheet">${items.map(custodyOf)}</div>
<h2>Seals</h2>
<div class="sheet"><table><thead><tr><th>#</th><th>Sealed (UTC)</th><th>Time-stamped (UTC)</th><th>Records</th><th>SHA-256 of the manifest</th></tr></thead><tbody>
${found.manifests.map(
  ({
    manifest,
    sha256,
  }) => html`<tr><td class="number">${manifest.number}</td><td class="instant">${renderInstant(manifest.sealedAt)}</td><td class="instant">${stampedAt(report, manifest.number)}</td><td class="number">${manifest.records.length}</td><td><code>${sha256}</code></td></tr>
`,
)}</tbody></table></div>
<h2>Timeline</h2>
<p class="soft">The append-only record of the incident, in the order in which it was written. The whole of it, with the data of
each entry, is in <code>timeline/timeline.jsonl</code>.</p>
${timelineTable(subject.entries)}
</main>`,
  );
}

function stampedAt(report: CaseReport, seal: number): string {
  const at = report.timestamps.find((each) => each.seal === seal)?.at ?? null;
  return at === null ? 'no' : renderInstant(at);
}

function fact(name: string, value: string): Html {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function itemTable(items: readonly ItemRecord[]): Html {
  return html`<div class="sheet"><table>
<thead><tr><th>Item</th><th>Collected (UTC)</th><th>Bytes</th><th>SHA-256</th></tr></thead>
<tbody>
${items.map((record) => {
  const { item, custody } = record;
  return html`<tr><td>${recordName(record)}${item.secret ? html` <span class="mark">encrypted</span>` : ''}${item.matchesExpected ? '' : html` <span class="bad">not the digest that the source gave</span>`}</td><td class="instant">${renderInstant(custody.collectedAt)}</td><td class="number">${item.size}</td><td><code>${item.sha256}</code></td></tr>
`;
})}</tbody></table></div>`;
}

function gapTable(found: ReadCase): Html {
  const gaps = found.records.flatMap(({ record }) => (record.kind === 'missing' ? [record] : []));
  return html`<div class="sheet"><table>
<thead><tr><th>What</th><th>When (UTC)</th><th>Why not</th></tr></thead>
<tbody>
${gaps.map(
  ({
    gap,
    at,
  }) => html`<tr><td>${gap.name}</td><td class="instant">${renderInstant(at)}</td><td>${gap.reason}</td></tr>
`,
)}${NOT_OBTAINABLE.map(
  ({ artifact, reason }) => html`<tr><td>${artifact}</td><td class="soft">never</td><td>${reason}</td></tr>
`,
)}</tbody></table></div>`;
}

/** Every custody field of an item as its record has it; fields that do not apply are left out. */
function custodyOf(record: ItemRecord): Html {
  const rows = [
    ...Object.entries(record.item),
    ...Object.entries(record.custody),
    ['record', `records/${String(record.seq).padStart(8, '0')}.json, written ${record.at}`] as const,
    ['prevHash', record.prevHash] as const,
  ].filter(([, value]) => value !== null);
  return html`<details><summary>${recordName(record)}</summary><table><tbody>
${rows.map(([name, value]) => html`<tr><th>${name}</th><td>${text(value)}</td></tr>\n`)}</tbody></table></details>`;
}

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
