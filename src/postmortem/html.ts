import markdownIt from 'markdown-it';
import type { Facts } from './facts.ts';
import { drawLanes } from './picture.ts';

// People write in the document, and names in it come from an attacker: raw HTML stays text, no
// picture is loaded, and links are made only where somebody wrote one, to the web, to mail or within the document.
const markdown = markdownIt({ html: false, linkify: false, typographer: false });
markdown.disable('image');
markdown.validateLink = (url: string) => /^(https?:|mailto:|#)/i.test(url.trim());

const MARKER = /<!-- cordon:[a-z -]+ -->\n?/g;

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
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
`.trim();

/**
 * A postmortem in Markdown as one HTML page that needs nothing else: no script, no font, no picture from
 * elsewhere, and a policy that lets none in.
 */
export function postmortemPage(text: string, facts: Facts): string {
  const [heading = '', ...rest] = text.replace(MARKER, '').split(/(?=^## )/m);
  const body = [markdown.render(heading), drawLanes(facts), markdown.render(rest.join(''))].join('\n');
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

/** The title is inline Markdown that was escaped for Markdown; here it is text of HTML. */
function plainTitle(title: string): string {
  return markdown
    .renderInline(title)
    .replace(/<[^>]*>/g, '')
    .trim();
}
