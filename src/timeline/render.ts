import { cleanText } from '../alert/clean-text.ts';
import type { JsonObject } from '../json.ts';
import type { Entry } from './entry.ts';

/** Longest rendered summary, in characters: a line, not a page. */
const MAX_SUMMARY = 400;

/**
 * Returns one readable line for an entry: its time in UTC, number, kind, actor and summary. The text is
 * plain: control characters and bidirectional overrides are out, so that it cannot drive a terminal;
 * what shows it elsewhere escapes it for that place (Slack, Markdown, HTML).
 */
export function renderEntry(entry: Entry): string {
  const place = `${renderInstant(entry.at)}  #${entry.seq}`;
  if (entry.body === null) return `${place}  body removed by retention; its digest was ${entry.bodyHash}`;
  const { kind, actor } = entry.body;
  return `${place}  ${kind}  ${renderActor(actor)}  ${renderSummary(entry)}`;
}

/** Returns the entry's sentence alone, safe as plain text; empty when its body was purged. */
export function renderSummary(entry: Entry): string {
  return entry.body === null ? '' : cleanText(entry.body.summary, MAX_SUMMARY);
}

/** Returns who did it: `engine`, `playbook lambda-compromise`, `U0123 (slack)`, `source guardduty`. */
export function renderActor(actor: JsonObject): string {
  const { kind, id, via } = actor;
  const name = typeof id === 'string' ? cleanText(id, 100) : '';
  switch (kind) {
    case 'engine':
      return 'engine';
    case 'responder':
      return `${name || 'unknown'} (${typeof via === 'string' ? cleanText(via, 20) : 'unknown'})`;
    case 'playbook':
    case 'source':
      return `${kind} ${name || 'unknown'}`;
    default:
      return 'unknown actor';
  }
}

/** Returns `2026-01-31 12:00:00.000Z` for an ISO 8601 instant. */
export function renderInstant(at: string): string {
  return at.replace('T', ' ');
}
