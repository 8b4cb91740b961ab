import type { Act, ActParameter } from './act.ts';
import { ACTS } from './acts.ts';
import { parseInstant } from './instant.ts';

/** The first word, and the rest as it was typed. */
export function splitWord(text: string): [string, string] {
  const match = /^\s*(\S+)\s*([\s\S]*)$/.exec(text);
  return [match?.[1] ?? '', (match?.[2] ?? '').trim()];
}

/** The act that a line begins with, and what is left of the line. */
export function findAct(text: string): { readonly act: Act; readonly rest: string } | undefined {
  const [first, afterFirst] = splitWord(text);
  const [second, afterSecond] = splitWord(afterFirst);
  for (const act of ACTS) {
    const [word, detail] = act.words;
    if (act.aliases.includes(first.toLowerCase())) return { act, rest: afterFirst };
    if (first.toLowerCase() !== word) continue;
    if (detail === undefined) return { act, rest: afterFirst };
    if (second.toLowerCase() === detail) return { act, rest: afterSecond };
  }
  return undefined;
}

/**
 * Takes a line apart into an act's fields. What follows a word such as `by` counts only at the end and only when it can be
 * meant: "looked at logs" has no time in it.
 */
export function wordsOf(act: Act, line: string, now: Date): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  const trailing = act.parameters.filter(({ slack }) => typeof slack === 'object');
  let left = line.trim();
  for (let found = true; found; ) {
    found = false;
    for (const parameter of trailing) {
      if (fields[parameter.name] !== undefined || typeof parameter.slack !== 'object') continue;
      const match = new RegExp(`^([\\s\\S]*\\S)\\s+${parameter.slack.after}\\s+(\\S+)$`, 'i').exec(left);
      if (match === null || !canBe(parameter, match[2] ?? '', now)) continue;
      fields[parameter.name] = match[2] ?? '';
      left = match[1] ?? '';
      found = true;
    }
  }
  for (const parameter of act.parameters) {
    if (parameter.slack === 'word') {
      const [word, rest] = splitWord(left);
      fields[parameter.name] = word;
      left = rest;
    } else if (parameter.slack === 'rest') {
      fields[parameter.name] = left;
    }
  }
  return fields;
}

function canBe(parameter: ActParameter, word: string, now: Date): boolean {
  if (parameter.kind.is === 'instant') {
    return parseInstant(word, now, parameter.kind.direction) !== undefined;
  }
  // A person: a mention, "me", or a responder's id, which is a slug.
  return /^<@[UW][A-Z0-9]+(?:\|[^>]*)?>$|^[a-z0-9][a-z0-9-]{0,62}$/.test(word);
}
