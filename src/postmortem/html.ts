import markdownIt from 'markdown-it';
import type { TimelineMetrics } from '../timeline/metrics.ts';
import { outages } from './cost-markdown.ts';
import type { Facts } from './facts.ts';
import { duration } from './markdown.ts';
import { drawLanes, drawMilestones } from './picture.ts';

// People write in the document, and names in it come from an attacker: raw HTML stays text, no
// picture is loaded, and links are made only where somebody wrote one, to the web, to mail or within the document.
const markdown = markdownIt({ html: false, linkify: false, typographer: false });
markdown.disable('image');
markdown.validateLink = (url: string) => /^(https?:|mailto:|#)/i.test(url.trim());

const MARKER = /<!-- cordon:[^>]* -->\n?/g;

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2129; --dim: #5b6472; --line: #d9dee6; --paper: #fff; --soft: #f5f7fa;
  --attack: #c0392b; --good: #1e8449; --person: #2c5fb3; --plain: #6b7480; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --dim: #9aa4b2; --line: #363d49; --paper: #14171c;
  --soft: #1c2128; --attack: #ff7b6b; --good: #58c98a; --person: #7fb0ff; --plain: #9aa4b2; } }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.5rem 5rem; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin-top: 2.4rem; font-size: 1.15rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
table { border-collapse: collapse; width: 100%; margin: .8rem 0; font-size: .87rem; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .38rem .7rem .38rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--dim); font-weight: 600; } code { font: .86em ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
em { color: var(--dim); } svg.lanes { width: 100%; height: auto; margin: 1.2rem 0; background: var(--soft); border-radius: 8px; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .axis { fill: var(--dim); text-anchor: middle; }
svg .lane { font-weight: 600; font-size: 13px; } svg .tick { stroke: var(--line); } svg .rail { stroke: var(--plain); stroke-width: 2; }
svg .rail.attack { stroke: var(--attack); } svg .stem { stroke: var(--line); } svg circle.attack { fill: var(--attack); }
svg circle.good { fill: var(--good); } svg circle.person { fill: var(--person); } svg circle.plain { fill: var(--plain); }
svg .band { opacity: .22; } svg .band.attack { fill: var(--attack); } svg .band.good { fill: var(--good); }
svg .bar.good { fill: var(--good); opacity: .75; } svg .bar.slow { fill: var(--attack); opacity: .75; }
svg .earlier { fill: var(--person); opacity: .55; } svg .median { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 4 3; }
svg .value { font-weight: 600; } svg .note { fill: var(--dim); font-size: 11px; }
svg.milestones { width: 100%; height: auto; background: var(--soft); border-radius: 8px; }
figure { margin: 1.2rem 0; } figure svg { margin: 0; } figcaption { color: var(--dim); font-size: .8rem; margin-top: .35rem; }
.banner { margin: 0 0 .6rem; padding: .45rem .8rem; border-radius: 6px; background: var(--attack); color: #fff; font-weight: 600; font-size: .85rem; text-align: center; }
.banner.drill { background: var(--person); } .figures { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1rem 0; }
.figure { flex: 1 1 9rem; background: var(--soft); border-radius: 8px; padding: .7rem .9rem; border-left: 4px solid var(--plain); }
.figure.good { border-color: var(--good); } .figure.bad { border-color: var(--attack); }
.figure b { display: block; font-size: 1.45rem; line-height: 1.2; } .figure span { color: var(--dim); font-size: .8rem; }
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
`.trim();

/**
 * A postmortem in Markdown as one HTML page that needs nothing else: no script, no font, no picture from
 * elsewhere, and a policy that lets none in.
 */
export function postmortemPage(
  text: string,
  facts: Facts,
  page: {
    readonly earlier?: readonly TimelineMetrics[];
    readonly privilege?: string | null;
    readonly exercise?: boolean;
  } = {},
): string {
  const [heading = '', ...rest] = text.replace(MARKER, '').split(/(?=^## )/m);
  // The title, then what it comes to, then the pictures; the table of facts is for whoever reads on.
  const [title1 = '', ...facts1] = heading.split(/(?<=^# .*$)/m);
  const body = [
    banners(page),
    markdown.render(title1),
    figures(facts),
    figure(
      drawLanes(facts),
      'What the attacker did, and what was done about it. Logarithmic from the alert on.',
    ),
    figure(
      drawMilestones(facts.metrics, page.earlier ?? []),
      'Time from the alert to each milestone: the bar is this incident, each dot an earlier one, the line their median.',
    ),
    markdown.render(facts1.join('')),
    markdown.render(rest.join('')),
  ].join('\n');
  const title = /^# (.*)$/m.exec(text)?.[1] ?? 'Postmortem';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${plainTitle(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Who may read it, and that nothing of it was real: before anything else on the page. */
function banners(page: { readonly privilege?: string | null; readonly exercise?: boolean }): string {
  const privilege = page.privilege ?? null;
  return [
    ...(page.exercise === true ? ['<p class="banner drill">Exercise: nothing real was touched</p>'] : []),
    ...(privilege === null ? [] : [`<p class="banner">${markdown.utils.escapeHtml(privilege)}</p>`]),
  ].join('\n');
}

/** The numbers that a reader came for. Words and numbers of ours alone: nothing to escape. */
function figures(facts: Facts): string {
  const { metrics, responses, breaches, duties } = facts;
  const contained = metrics.timeToEffectiveMs;
  const writes = responses.filter((each) => !each.restores && each.outcome === 'succeeded').length;
  const owed = duties.filter((duty) => duty.settled === null).length;
  const cell = (value: string, label: string, tone = '') =>
    `<div class="figure ${tone}"><b>${value}</b><span>${label}</span></div>`;
  return [
    '<div class="figures">',
    contained === null
      ? cell('not shown', 'that containment was effective', 'bad')
      : cell(duration(contained), 'from the alert to containment that was shown', 'good'),
    cell(
      metrics.timeToAcknowledgeMs === null ? 'nobody' : duration(metrics.timeToAcknowledgeMs),
      metrics.timeToAcknowledgeMs === null ? 'took it up' : 'until a person took it up',
    ),
    cell(`${writes}`, 'containing writes'),
    cell(
      `${breaches.length}`,
      breaches.length === 1 ? 'breach seen' : 'breaches seen',
      breaches.length === 0 ? '' : 'bad',
    ),
    ...outageFigure(facts, cell),
    ...(duties.length === 0 ? [] : [cell(`${owed}`, 'duties still owed', owed === 0 ? 'good' : 'bad')]),
    '</div>',
  ].join('\n');
}

/** What containment cost, at a glance: the longest time that a function was stopped. */
function outageFigure(facts: Facts, cell: (value: string, label: string, tone?: string) => string): string[] {
  const stopped = outages(facts);
  if (stopped.length === 0) return [];
  if (stopped.some((each) => each.to === null)) return [cell('still stopped', 'at the last entry', 'bad')];
  const longest = Math.max(...stopped.map(({ from, to }) => Date.parse(to ?? from) - Date.parse(from)));
  return [cell(duration(longest), stopped.length === 1 ? 'stopped' : 'stopped, the longest of them')];
}

function figure(picture: string, caption: string): string {
  return picture === '' ? '' : `<figure>\n${picture}\n<figcaption>${caption}</figcaption>\n</figure>`;
}

/** The title is inline Markdown that was escaped for Markdown; here it is text of HTML. */
function plainTitle(title: string): string {
  return markdown
    .renderInline(title)
    .replace(/<[^>]*>/g, '')
    .trim();
}
