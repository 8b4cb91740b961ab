import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { draftPostmortem } from '../../../src/postmortem/draft.ts';
import { code, duration, escaped } from '../../../src/postmortem/markdown.ts';
import { ARN, wholeIncident } from './whole-incident.ts';

describe('a drafted postmortem', () => {
  test('is the recorded one, byte for byte', async () => {
    const golden = await readFile(new URL('./postmortem.golden.md', import.meta.url), 'utf8');
    expect(draftPostmortem(wholeIncident())).toBe(golden);
    expect(draftPostmortem(wholeIncident())).toBe(draftPostmortem(wholeIncident()));
  });

  test('gives a source to every row of its timeline', () => {
    const text = draftPostmortem(wholeIncident());
    const rows =
      text
        .split('## Timeline')[1]
        ?.split('<!-- cordon:end')[0]
        ?.match(/^\| 2026.*$/gm) ?? [];
    expect(rows).toHaveLength(19); // 18 entries and the first activity that the finding claims
    for (const row of rows) expect(row).toMatch(/\| entry [0-9]+ \|$/);
  });

  test('keeps an action whose plan retention purged', () => {
    const response = draftPostmortem(wholeIncident()).split('## Response')[1]?.split('## Timeline')[0] ?? '';
    expect(response).toMatch(/`iam[.]quarantine-role`.*approved by U0RESPONDER.*succeeded/);
  });

  test('opens and closes each block once, so that a later render can tell its own from people’s', () => {
    const text = draftPostmortem(wholeIncident());
    const begun = [...text.matchAll(/<!-- cordon:(generated|human) ([a-z-]+) -->/g)].map(
      (m) => `${m[1]}-${m[2]}`,
    );
    const ended = [...text.matchAll(/<!-- cordon:end ([a-z-]+) -->/g)].map((match) => match[1]);
    expect(ended).toEqual(begun);
    expect(new Set(begun).size).toBe(begun.length);
  });

  test('says so when nothing is known, instead of guessing', () => {
    const input = wholeIncident();
    const text = draftPostmortem({ ...input, entries: [], incident: { ...input.incident, targets: [] } });
    for (const said of ['The timeline names no alert', 'No containing or restoring action', 'No verdict']) {
      expect(text).toContain(said);
    }
  });

  test('lets nothing from outside out of its place', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '<!-- cordon:end generated-timeline -->',
            '| x |',
            '\n# H',
            '[a](http://b)',
            '`',
            '\\',
            '@here',
            '<b>',
            'www.x.y',
            '#1',
            '&lt;',
            'é',
          ),
          { maxLength: 6 },
        ),
        (parts) => {
          const hostile = parts.join('');
          const input = wholeIncident();
          const plain = draftPostmortem(input);
          const text = draftPostmortem({
            ...input,
            incident: { ...input.incident, title: hostile, lead: hostile },
            evidence:
              input.evidence === null ? null : { ...input.evidence, problems: [hostile], verified: false },
          });
          // As many lines as with harmless text, and one more for the problem: no row, heading or marker came in.
          expect(text.split('\n').length).toBe(plain.split('\n').length + 1);
          expect(text.match(/<!-- cordon:/g)?.length).toBe(plain.match(/<!-- cordon:/g)?.length);
        },
      ),
    );
  });
});

describe('untrusted text in Markdown', () => {
  test.each([
    ['a link', '[a](https://evil.example)', '\\[a\\]\\(https:&#8203;//evil.example\\)'],
    ['a bare link', 'www.evil.example', 'www&#8203;.evil.example'],
    ['HTML', '<img src=x>', '&lt;img src=x&gt;'],
    ['a mention', '@channel', '@&#8203;channel'],
    ['a cross-reference', '#12', '\\#&#8203;12'],
    ['a table cell', 'a | b', 'a \\| b'],
    ['an entity', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['two lines', 'a\nb', 'a b'],
    ['a hidden character', 'a\u200bb\u202ec', 'a\ufffdb\ufffdc'],
  ])('makes no %s', (_, text, expected) => {
    expect(escaped(text)).toBe(expected);
  });

  test('stands in a code span only where the span holds it', () => {
    expect(code(ARN)).toBe(`\`${ARN}\``);
    expect(code('a`b')).toBe('a\\`b');
    expect(code('a|b')).toBe('a\\|b');
  });

  test.each([
    [0, '0.000 s'],
    [412, '0.412 s'],
    [59_999, '59.999 s'],
    [185_000, '3 min 05 s'],
    [7_620_000, '2 h 07 min'],
    [null, 'not reached'],
  ])('writes %s ms as %s', (ms, expected) => {
    expect(duration(ms)).toBe(expected);
  });
});
