import { cleanText } from '../alert/clean-text.ts';

/**
 * HTML in which text from outside stays text: whatever is put into a template is escaped unless it is
 * itself the result of one. Pages run no script and load nothing, so that evidence can be read offline.
 */

export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[];

/** Longest piece of text that a page shows, in characters. */
const MAX_TEXT = 4_000;

/** A template of HTML; strings and numbers in it are escaped. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => text + shown(parts[index] ?? '')).join(''));
}

function shown(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  return part.map((each) => each.text).join('');
}

function escapeHtml(text: string): string {
  return cleanText(text, MAX_TEXT).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A whole document. The policy forbids everything but the styles that stand in it. */
export function page(title: string, body: Html): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return document.text;
}

const STYLE = new Html(`
:root { --ink: #1b2430; --soft: #5b6675; --line: #dde2e9; --ground: #f5f7f9; --good: #14713d; --bad: #a61b1b; --mark: #8a5a00; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 32px 64px; }
header { border-bottom: 3px solid var(--ink); padding-bottom: 20px; margin-bottom: 28px; }
.kind { text-transform: uppercase; letter-spacing: .12em; font-size: 12px; font-weight: 600; color: var(--soft); }
h1 { font-size: 27px; line-height: 1.25; margin: 6px 0 10px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 40px 0 12px; }
p { margin: 0 0 12px; max-width: 76ch; }
.soft { color: var(--soft); }
.badge { display: inline-block; border-radius: 4px; padding: 2px 10px; font-weight: 600; font-size: 13px; border: 1px solid currentColor; }
.good { color: var(--good); } .bad { color: var(--bad); } .mark { color: var(--mark); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; margin: 0 0 12px; }
dl div { background: #fff; padding: 10px 14px; }
dt { font-size: 12px; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; font-weight: 600; }
.sheet { background: #fff; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; margin-bottom: 12px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th { white-space: nowrap; text-align: left; font-size: 12px; font-weight: 600; color: var(--soft); background: #fafbfc; }
th, td { padding: 8px 14px; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; }
td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.instant { white-space: nowrap; font-variant-numeric: tabular-nums; color: var(--soft); }
code, pre { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { overflow-wrap: anywhere; }
pre { background: #fff; border: 1px solid var(--line); border-radius: 6px; padding: 14px; overflow-x: auto; }
details { border-bottom: 1px solid var(--line); background: #fff; }
details:last-child { border-bottom: 0; }
summary { cursor: pointer; padding: 9px 14px; overflow-wrap: anywhere; }
details table { border-top: 1px solid var(--line); }
details th { width: 210px; }
@media print { body { background: #fff; font-size: 12px; } main { max-width: none; padding: 0; } h2 { break-after: avoid; } tr, details { break-inside: avoid; } }
`);
