/**
 * Slack's text as HTML. What it is given comes out of messages, and so in part from an attacker: every character is
 * escaped, and markup is made of a closed list of elements without attributes of theirs.
 */

/** How a reader sees a text: names of people, and the reader's own zone (an IANA name). */
export interface Reader {
  readonly nameOf: (user: string) => string;
  readonly timeZone: string;
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Any text as HTML text, safe in an element and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML[character] ?? character);
}

/** Stands for something that is HTML already; taken out of the text first, so that nobody else can write it. */
const MARK = '\u0000';

// Slack's control sequences, inline code, and what is left.
const TOKEN = /<([^<>]*)>|`([^`\n]+)`|([^<`]+|[<`])/g;

/** `mrkdwn` as HTML (docs.slack.dev/messaging/formatting-message-text). */
export function mrkdwnHtml(text: string, reader: Reader): string {
  // Code and control sequences stand apart while emphasis is made of the rest: a star in a name is a star.
  const kept: string[] = [];
  const keep = (html: string) => {
    kept.push(html);
    return `${MARK}${kept.length - 1}${MARK}`;
  };
  const plain = text.replaceAll(MARK, '').replace(TOKEN, (_, control, code, rest) => {
    if (typeof control === 'string') return keep(controlHtml(control, reader));
    if (typeof code === 'string') return keep(`<code>${escapeHtml(entities(code))}</code>`);
    return escapeHtml(entities(String(rest)));
  });
  return (
    plain
      .replace(/(^|[\s(·])\*([^*\n]+)\*(?=$|[\s.,:;!?)·])/g, '$1<b>$2</b>')
      .replace(/(^|[\s(])_([^_\n]+)_(?=$|[\s.,:;!?)])/g, '$1<i>$2</i>')
      .replaceAll('\n', '<br>')
      .split(MARK)
      // Every second part is the number of something that was kept.
      .map((part, index) => (index % 2 === 1 ? (kept[Number(part)] ?? '') : part))
      .join('')
  );
}

/** Slack's three entities as the characters that they stand for. */
function entities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function controlHtml(control: string, reader: Reader): string {
  const user = /^@([UW][A-Z0-9]+)$/.exec(control)?.[1];
  if (user !== undefined) return `<span class="at">@${escapeHtml(reader.nameOf(user))}</span>`;
  const date = /^!date\^(\d+)\^([^|^]*)(?:\^[^|]*)?\|(.*)$/.exec(control);
  if (date !== null) return `<time>${escapeHtml(dateText(Number(date[1]), date[2] ?? '', reader))}</time>`;
  const [target = '', label] = control.split('|');
  // A link of ours or nobody's: shown as text, since nothing in a transcript is to be followed.
  return `<span class="link">${escapeHtml(entities(label ?? target.replace(/^[!#@]/, '')))}</span>`;
}

/** The few date formats that Cordon asks for, in the reader's zone. */
function dateText(seconds: number, format: string, { timeZone }: Reader): string {
  const at = new Date(seconds * 1000);
  const shown = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, ...options }).format(at);
  return format
    .replaceAll('{date_short_pretty}', shown({ month: 'short', day: 'numeric' }))
    .replaceAll('{time}', shown({ hour: '2-digit', minute: '2-digit' }));
}
