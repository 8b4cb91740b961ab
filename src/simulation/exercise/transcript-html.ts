import type { Json, JsonObject } from '../../json.ts';
import { asObject } from '../slack-double/state.ts';
import { escapeHtml, mrkdwnHtml, type Reader } from './mrkdwn.ts';
import type { MessageVersion, Transcript } from './transcript.ts';
import { TRANSCRIPT_STYLE } from './transcript-style.ts';

/**
 * A transcript as one HTML file that needs nothing else: no script, no font, no picture from anywhere; a policy in
 * its head forbids them. The pinned card comes first, once for each time that it said something new.
 */
export function transcriptHtml(
  transcript: Transcript,
  page: { readonly title: string; readonly timeZone: string },
): string {
  const reader: Reader = { nameOf: transcript.nameOf, timeZone: page.timeZone };
  const channels = [...new Set(transcript.versions.map(({ channel }) => channel))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(page.title)}</title>
<style>${TRANSCRIPT_STYLE}</style>
</head>
<body>
<h1>${escapeHtml(page.title)}</h1>
<p class="note">What people saw in Slack, message by message. Times without a zone are those of a reader in ${escapeHtml(page.timeZone)}.</p>
${channels.map((channel) => channelHtml(channel, transcript.versions, reader)).join('\n')}
</body>
</html>
`;
}

function channelHtml(channel: string, all: readonly MessageVersion[], reader: Reader): string {
  const here = all.filter((version) => version.channel === channel);
  const pinned = here.find((version) => version.pinned)?.ts;
  const card = here.filter(({ ts }) => ts === pinned);
  const last = new Map(here.map((version) => [version.ts, version]));
  const messages = [...last.values()].sort((a, b) => Number(a.ts) - Number(b.ts));
  const roots = messages.filter(
    ({ threadTs, ts }) => ts !== pinned && (threadTs === null || threadTs === ts),
  );
  const thread = messages.filter(({ threadTs, ts }) => threadTs === pinned && ts !== pinned);
  return `<section class="channel">
<h2>🔒 ${escapeHtml(channel)}</h2>
${card.length === 0 ? '' : `<h3>The card, each time it said something new</h3>\n<div class="strip">${card.map((version) => messageHtml(version, reader)).join('\n')}</div>`}
${thread.length === 0 ? '' : `<h3>The thread of the card</h3>\n<div class="thread">${thread.map((version) => messageHtml(version, reader)).join('\n')}</div>`}
<h3>The channel at the end</h3>
${roots.map((version) => withReplies(version, messages, reader)).join('\n')}
</section>`;
}

function withReplies(root: MessageVersion, all: readonly MessageVersion[], reader: Reader): string {
  const replies = all.filter(({ threadTs, ts }) => threadTs === root.ts && ts !== root.ts);
  const shown = replies.map((version) => messageHtml(version, reader)).join('\n');
  return messageHtml(root, reader) + (shown === '' ? '' : `<div class="thread">${shown}</div>`);
}

function messageHtml(version: MessageVersion, reader: Reader): string {
  const body =
    version.blocks.length === 0
      ? `<p>${mrkdwnHtml(version.text, reader)}</p>`
      : version.blocks.map((block) => blockHtml(block, reader)).join('\n');
  const utc = `${version.at.slice(11, 19)} UTC`;
  return `<article class="message${version.app ? ' app' : ''}">
<div class="avatar">${escapeHtml(version.name.slice(0, 1).toUpperCase())}</div>
<div class="body"><div class="who"><b>${escapeHtml(version.name)}</b>${version.app ? '<span class="badge">APP</span>' : ''}<span class="at-time">${utc}</span>${version.pinned ? '<span class="pin">📌 pinned</span>' : ''}</div>
${body}
</div></article>`;
}

function blockHtml(block: JsonObject, reader: Reader): string {
  switch (block.type) {
    case 'header':
      return `<h4>${escapeHtml(textOf(block.text))}</h4>`;
    case 'section': {
      const fields = list(block.fields).map((field) => `<div>${mrkdwnHtml(textOf(field), reader)}</div>`);
      const text = textOf(block.text);
      return `${text === '' ? '' : `<p>${mrkdwnHtml(text, reader)}</p>`}${fields.length === 0 ? '' : `<div class="fields">${fields.join('')}</div>`}`;
    }
    case 'context':
      return `<p class="context">${list(block.elements)
        .map((element) => mrkdwnHtml(textOf(element), reader))
        .join(' ')}</p>`;
    case 'divider':
      return '<hr>';
    case 'actions':
      return `<div class="actions">${list(block.elements).map(buttonHtml).join('')}</div>`;
    default:
      // Said, and not left out: a picture of what people saw must not hide a part of it.
      return `<p class="context">[${escapeHtml(String(block.type))}]</p>`;
  }
}

function buttonHtml(element: Json): string {
  const button = asObject(element);
  const style = button?.style === 'primary' || button?.style === 'danger' ? ` ${button.style}` : '';
  return `<span class="button${style}">${escapeHtml(textOf(button?.text))}</span>`;
}

function textOf(value: Json | undefined): string {
  const text = asObject(value)?.text;
  return typeof text === 'string' ? text : '';
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
