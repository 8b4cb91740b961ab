/**
 * Text for Slack. Everything that comes from outside (alert, function names, people's words) is
 * attacker-controlled: it must not ping, link, format, hide or reorder anything. The rules are
 * Slack's (docs.slack.dev/messaging/formatting-message-text): `&`, `<`, `>` carry all control sequences.
 */

// Controls, format characters (among them the bidirectional overrides and isolates that make text read
// differently from what it is) and everything that Unicode lets a font leave out.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const LONE_SURROGATE = /\p{Cs}/gu;
const WHITE = /[\s\u0085\u2028\u2029]+/g;

/** One line of visible text: no controls, no direction overrides, no line breaks, trimmed. */
export function oneLine(text: string): string {
  return text.replace(WHITE, ' ').replace(INVISIBLE, '').replace(LONE_SURROGATE, '\ufffd').trim();
}

/** At most `max` UTF-16 units, ending in `…` when cut; never half a surrogate pair. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = text.slice(0, Math.max(0, max - 1));
  return `${head.replace(/[\ud800-\udbff]$/, '')}…`;
}

function escapeControl(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Takes the life out of addresses and mentions that are written without control sequences: a Slack client
 * links a bare address, and old clients a bare `@channel`, whatever the message asks for.
 */
function defang(text: string): string {
  return text.replaceAll('://', '[:]//').replace(/@(?=channel|here|everyone)/gi, '@\u2009');
}

/** Cuts before escaping, so that an entity is never halved, until the escaped text fits. */
function escapeWithin(text: string, max: number): string {
  let room = max;
  for (;;) {
    const escaped = escapeControl(cut(text, room));
    if (escaped.length <= max) return escaped;
    room -= Math.max(1, Math.floor((escaped.length - max) / 5));
  }
}

/** Untrusted prose inside mrkdwn, at most `max` UTF-16 units. */
export function prose(text: string, max = 300): string {
  const safe = defang(oneLine(text)).replaceAll('`', 'ʼ').replaceAll('*', '∗').replaceAll('~', '∼');
  return escapeWithin(safe, max);
}

/** An untrusted name or ARN as inline code inside mrkdwn, at most `max` UTF-16 units with the backticks. */
export function code(text: string, max = 300): string {
  const safe = defang(oneLine(text)).replaceAll('`', 'ʼ');
  return `\`${escapeWithin(safe === '' ? '-' : safe, max - 2)}\``;
}

/** Untrusted text in a `plain_text` object, where entities are shown as they are: look-alikes instead. */
export function plain(text: string, max = 150): string {
  const safe = defang(oneLine(text)).replaceAll('&', '＆').replaceAll('<', '‹').replaceAll('>', '›');
  return cut(safe === '' ? '-' : safe, max);
}

/** An instant in the reader's own zone, with UTC beside it; `<!date>` is Slack's own control sequence. */
export function when(iso: string): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return code(iso, 60);
  const utc = `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(ms / 1000)}^{date_short_pretty} {time}|${utc}> (${utc.slice(11)})`;
}

/** A mention when the identity is a Slack user id, otherwise the identity as code. */
export function person(identity: string): string {
  return /^[UW][A-Z0-9]{2,20}$/.test(identity) ? `<@${identity}>` : code(identity, 80);
}

/** Stands before everything that is said in an exercise, wherever nothing but words can stand. */
export const EXERCISE_MARK = '🧪 EXERCISE · ';

/** `INC-12`, or `drill-INC-12` in an exercise: drills carry their name everywhere. */
export function incidentName(incident: { readonly number: number; readonly exercise: boolean }): string {
  return incident.exercise ? `drill-INC-${incident.number}` : `INC-${incident.number}`;
}

/** The last part of an ARN's resource, which is the name that people know it by. */
export function shortName(arn: string): string {
  return (
    arn
      .split(':')
      .slice(5)
      .join(':')
      .split('/')
      .at(-1)
      ?.replace(/^function:/, '') || arn
  );
}
