import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blocksOf } from '../../../src/postmortem/blocks.ts';
import { draftPostmortem } from '../../../src/postmortem/draft.ts';
import { mergePostmortem, unsavedSections } from '../../../src/postmortem/merge.ts';
import type { SavedText } from '../../../src/postmortem/sections.ts';
import { wholeIncident, written } from './whole-incident.ts';

const fresh = draftPostmortem(wholeIncident());
const NONE: ReadonlyMap<string, readonly SavedText[]> = new Map();
const saved = (name: string, ...texts: readonly string[]) =>
  new Map([
    [
      name,
      texts.map((text, index) => ({
        version: index + 1,
        text,
        by: 'dana',
        at: '2026-01-31T13:00:00.000Z',
        seq: 100 + index,
      })),
    ],
  ]);
const contentOf = (text: string, name: string) =>
  blocksOf(text).find((block) => block.owner === 'human' && block.name === name)?.content;
const first = mergePostmortem(fresh, { saved: NONE });

describe('a postmortem that is rendered again', () => {
  test('keeps what people wrote and replaces what the engine wrote', () => {
    const edited = written(first, { impact: 'Two customers.' }).replace('entry 1 |', 'entry 999 |');
    const again = mergePostmortem(fresh, { previous: edited, saved: NONE });
    expect(contentOf(again, 'impact')).toBe('Two customers.');
    expect(again).not.toContain('entry 999 |');
  });

  test('keeps anything that people may write, byte for byte, as often as it is rendered', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
          .filter((text) => !text.includes('<!-- cordon:')),
        (text) => {
          const edited = written(first, { 'contributing-factors': text });
          const once = mergePostmortem(fresh, { previous: edited, saved: NONE });
          expect(once).toBe(edited);
          expect(mergePostmortem(fresh, { previous: once, saved: NONE })).toBe(once);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('keeps a form that was filled in below its prompt', () => {
    const form = contentOf(first, 'document') ?? '';
    const filled = written(first, { document: form.replace('| Owner |  |', '| Owner | dana |') });
    expect(filled).not.toBe(first);
    expect(mergePostmortem(fresh, { previous: filled, saved: NONE })).toBe(filled);
  });

  test('takes the form of the new render where nobody wrote', () => {
    const older = first.replace('Data, identities, customers and cost', 'An older prompt');
    // Without its mark, as a file of an earlier version has none.
    const unmarked = older.replace(/<!-- cordon:base .*-->\n/, '');
    expect(mergePostmortem(fresh, { previous: unmarked, saved: NONE })).toBe(first);
  });

  test('loses nothing when a section is no longer in the form', () => {
    const older = `${first}\n<!-- cordon:human luck -->\nWe were lucky.\n<!-- cordon:end human-luck -->\n`;
    const again = mergePostmortem(fresh, { previous: older, saved: NONE });
    expect(contentOf(again, 'luck')).toBe('We were lucky.');
    expect(contentOf(mergePostmortem(fresh, { previous: again, saved: NONE }), 'luck')).toBe(
      'We were lucky.',
    );
  });
});

describe('what is saved and what stands in a file', () => {
  test('is one text where only one of them changed', () => {
    const bySlack = mergePostmortem(fresh, { previous: first, saved: saved('impact', 'From Slack.') });
    expect(contentOf(bySlack, 'impact')).toBe('From Slack.');
    const edited = written(bySlack, { impact: 'From the file.' });
    const byFile = mergePostmortem(fresh, { previous: edited, saved: saved('impact', 'From Slack.') });
    expect(contentOf(byFile, 'impact')).toBe('From the file.');
    expect(unsavedSections(byFile, saved('impact', 'From Slack.'))).toEqual([
      { name: 'impact', text: 'From the file.', base: 1, conflict: false },
    ]);
  });

  test('is both texts where both changed, and the file says what it was written on', () => {
    const edited = written(first, { impact: 'From the file.' });
    expect(unsavedSections(edited, saved('impact', 'From Slack.'))).toEqual([
      { name: 'impact', text: 'From the file.', base: 0, conflict: true },
    ]);
    const both = mergePostmortem(fresh, { previous: edited, saved: saved('impact', 'From Slack.') });
    expect(contentOf(both, 'impact')).toMatch(
      /^From the file[.][\s\S]*Saved meanwhile by dana[\s\S]*From Slack[.]$/,
    );
    // Once a person made one text of both, it is on top of what was saved.
    const mended = written(both, { impact: 'From both.' });
    expect(unsavedSections(mended, saved('impact', 'From Slack.'))).toMatchObject([
      { base: 1, conflict: false },
    ]);
  });

  test('is the newest saved one where the file holds an older one, and nothing is left to save', () => {
    const older = mergePostmortem(fresh, { saved: saved('impact', 'First.') });
    const twice = saved('impact', 'First.', 'Second.');
    expect(contentOf(mergePostmortem(fresh, { previous: older, saved: twice }), 'impact')).toBe('Second.');
    expect(unsavedSections(older, twice)).toEqual([]);
    expect(unsavedSections(mergePostmortem(fresh, { saved: twice }), twice)).toEqual([]);
  });
});
