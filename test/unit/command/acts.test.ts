import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ACTS } from '../../../src/command/acts.ts';
import { COMMANDS } from '../../../src/command/commands.ts';
import { parseInstant } from '../../../src/command/instant.ts';
import { readAct, usageOf } from '../../../src/command/read-act.ts';
import { findAct, wordsOf } from '../../../src/command/typed-words.ts';

const NOW = new Date('2026-11-24T03:10:00.000Z');

describe('the table of acts', () => {
  test('names commands that exist, each once, with fields that its schema takes', () => {
    const known = new Map(COMMANDS.map((command) => [command.id, command]));
    expect(new Set(ACTS.map(({ command }) => command)).size).toBe(ACTS.length);
    for (const act of ACTS) {
      const sample: Record<string, string> = {
        role: 'scribe',
        severity: '2',
        until: '30m',
        due: '2h',
        at: '5m',
        verdict: 'justified',
        section: 'impact',
        template: 'contained',
        answer: 'mine',
        alias: 'live',
        version: '3',
        codeSha256: `${'A'.repeat(43)}=`,
      };
      const given = Object.fromEntries(act.parameters.map(({ name }) => [name, sample[name] ?? 'x']));
      const reading = readAct(act, given, NOW);
      if (reading.kind === 'wrong') throw new Error(`${usageOf(act)}: ${reading.message}`);
      expect(known.get(act.command)?.input.safeParse(reading.input)).toMatchObject({ success: true });
    }
  });

  test('has no word that begins two acts', () => {
    const words = ACTS.flatMap(({ words: own, aliases }) => [own.join(' '), ...aliases]);
    expect(new Set(words).size).toBe(words.length);
  });

  test('says what is missing, and what may be typed', () => {
    const severity = ACTS.find(({ command }) => command === 'severity');
    if (severity === undefined) throw new Error('expected the act');
    expect(readAct(severity, { severity: '5', reason: 'x' }, NOW)).toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining('one of 1, 2, 3, 4'),
    });
    expect(readAct(severity, { severity: '1' }, NOW)).toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining('REASON'),
    });
  });
});

describe('a typed time', () => {
  test.each([
    ['02:50Z', 'past', '2026-11-24T02:50:00.000Z'],
    ['04:50+02:00', 'past', '2026-11-24T02:50:00.000Z'],
    ['04:50+0200', 'past', '2026-11-24T02:50:00.000Z'],
    // Twenty to midnight, said ten past three, was yesterday.
    ['23:40Z', 'past', '2026-11-23T23:40:00.000Z'],
    ['23:40 UTC', 'future', '2026-11-24T23:40:00.000Z'],
    ['02:00Z', 'future', '2026-11-25T02:00:00.000Z'],
    ['2026-11-20T10:00+01:00', 'past', '2026-11-20T09:00:00.000Z'],
    ['2026-11-20 10:00:30Z', 'past', '2026-11-20T10:00:30.000Z'],
    ['30m', 'future', '2026-11-24T03:40:00.000Z'],
    ['30m', 'past', '2026-11-24T02:40:00.000Z'],
  ] as const)('%s in the %s is %s', (typed, direction, expected) => {
    expect(parseInstant(typed, NOW, direction)).toBe(expected);
  });

  test.each(['14:05', 'noon', '2026-11-20T10:00', '25:00Z', '2026-13-01T00:00Z', 'logs', ''])(
    '%j is none: a zone is always asked for',
    (typed) => {
      expect(parseInstant(typed, NOW, 'past')).toBeUndefined();
    },
  );
});

describe('a typed line', () => {
  const fields = (line: string) => {
    const found = findAct(line);
    return found === undefined
      ? undefined
      : { ...wordsOf(found.act, found.rest, NOW), is: found.act.command };
  };

  test('gives its fields by place and by the words before them', () => {
    expect(fields('task add rotate the key by 2h for bob')).toEqual({
      is: 'task-add',
      text: 'rotate the key',
      owner: 'bob',
      due: '2h',
    });
    expect(fields('handoff bob the log is in the channel')).toEqual({
      is: 'handoff',
      to: 'bob',
      note: 'the log is in the channel',
    });
    expect(fields('FP it was our own scanner')).toEqual({
      is: 'false-positive',
      reason: 'it was our own scanner',
    });
  });

  test('keeps words that only look like a time or a person', () => {
    expect(fields('note I looked at logs')).toEqual({ is: 'note', text: 'I looked at logs' });
    expect(fields('task add ask for Help!')).toEqual({ is: 'task-add', text: 'ask for Help!' });
    expect(fields('task')).toBeUndefined();
    expect(fields('constructor x')).toBeUndefined();
  });

  test('never loses a word of a note', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 }), (words) => {
        expect(fields(`note ${words.join(' ')}`)).toEqual({ is: 'note', text: words.join(' ') });
      }),
      { numRuns: 50 },
    );
  });
});
