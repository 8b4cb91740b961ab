import Table from 'cli-table3';
import colours from 'picocolors';
import { cleanText } from '../alert/clean-text.ts';
import type { Io } from './io.ts';

/** How a command speaks: words for people, or JSON for programs; results on stdout, the rest on stderr. */
export interface Output {
  readonly json: boolean;
  readonly paint: Paint;
  /** One line of a result, for people. */
  line(text?: string): void;
  /** The result as one line of JSON. */
  data(value: unknown): void;
  /** A result both ways: only the one that was asked for is made. */
  result(value: unknown, people: () => void): void;
  /** A remark that is no part of the result. */
  remark(text: string): void;
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
}

export type Paint = Pick<typeof colours, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>;

export function createOutput(io: Io, json: boolean): Output {
  // Colours go to a terminal only, whatever the environment forces: a file is no place for them.
  const paint = colours.createColors(io.stdout.isTerminal && colours.isColorSupported);
  const line = (text = '') => io.stdout.write(`${text}\n`);
  const data = (value: unknown) => line(safeJson(value));
  return {
    json,
    paint,
    line,
    data,
    result: (value, people) => {
      if (json) data(value);
      else people();
    },
    remark: (text) => io.stderr.write(`${text}\n`),
    table: (head, rows) => line(drawTable(paint, head, rows)),
  };
}

/** Columns apart by two spaces, without a frame: easy to read, to copy and to cut. */
function drawTable(paint: Paint, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const none = Object.fromEntries(
    ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left']
      .concat(['left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
      .map((name) => [name, '']),
  );
  const table = new Table({
    head: head.map((name) => paint.dim(name)),
    chars: { ...none, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((text) => text.trimEnd())
    .join('\n');
}

/**
 * JSON on one line in which nothing can drive a terminal: JSON escapes the old control characters itself,
 * but not 8-bit ones, line separators and bidirectional overrides.
 */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text from outside, safe to show and at most `maxLength` characters long. */
export function shown(text: string, maxLength = 300): string {
  return cleanText(text, maxLength);
}
