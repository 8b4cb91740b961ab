import { describe, expect, test } from '@jest/globals';
import { draftPostmortem } from '../../../src/postmortem/draft.ts';
import { lintPostmortem } from '../../../src/postmortem/lint.ts';
import { wholeIncident, written } from './whole-incident.ts';

const draft = draftPostmortem(wholeIncident());
const ITEM = '| Alert on new layers | detect | dana | 2026-12-01 | high | SEC-12 | a planted layer alerts |';
const ACTIONS = `| Action | Type | Owner | Due | Priority | Tracker | Verified by |\n| --- | --- | --- | --- | --- | --- | --- |\n${ITEM}`;
const DOCUMENT =
  '| Document | Value |\n| --- | --- |\n| Owner | dana |\n| Authors | dana, eve |\n| Privilege marking | none |';
const WRITTEN = {
  document: DOCUMENT,
  impact: 'Two customers, 12 orders, from the order log.',
  'contributing-factors': 'The layer was writable by the deploy role.',
  'well-and-badly': 'The alert came within a minute.',
  'action-items': ACTIONS,
};
const whole = written(draft, WRITTEN);
const errors = (text: string) => lintPostmortem(text).filter((finding) => finding.level === 'error');
const rules = (text: string) => errors(text).map((finding) => finding.rule);

describe('the check of a postmortem', () => {
  test('lets one pass that is written', () => {
    expect(errors(whole)).toEqual([]);
  });

  test('names each section that is still the text of the form', () => {
    expect(errors(draft).map((finding) => finding.message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('"impact"'),
        expect.stringContaining('"contributing-factors"'),
        expect.stringContaining('"well-and-badly"'),
      ]),
    );
  });

  test.each([
    ['an owner of the document', { document: DOCUMENT.replace('| dana |', '|  |') }, 'document-incomplete'],
    ['an owner of an action', { 'action-items': ACTIONS.replace('| dana |', '|  |') }, 'action-incomplete'],
    ['a due day', { 'action-items': ACTIONS.replace('2026-12-01', 'soon') }, 'action-incomplete'],
    [
      'a proof that it is done',
      { 'action-items': ACTIONS.replace('a planted layer alerts', '') },
      'action-incomplete',
    ],
    ['any action', { 'action-items': ACTIONS.replace(ITEM, '') }, 'no-actions'],
  ])('misses %s', (_, change, rule) => {
    expect(rules(written(draft, { ...WRITTEN, ...change }))).toEqual([rule]);
  });

  test('takes a reasoned "no action" for an answer', () => {
    expect(rules(written(whole, { 'action-items': 'No action: the rule that found it stands.' }))).toEqual(
      [],
    );
  });

  test('misses the source of a row and finds a time that goes backwards', () => {
    expect(rules(whole.replace(/\| entry 3 \|/, '| somebody said |'))).toEqual(['row-without-source']);
    const rows = whole.split('\n');
    const at = rows.findIndex((row) => row.endsWith('| entry 9 |'));
    const later = [...rows.slice(0, at), rows[at + 1] ?? '', rows[at] ?? '', ...rows.slice(at + 2)].join(
      '\n',
    );
    expect(rules(later)).toEqual(['time-backwards']);
  });

  test('misses what shows that a containment held', () => {
    const unshown = whole.replace(/\| (effective|observed|read back) \|/g, '| accepted |');
    expect(unshown).not.toBe(whole);
    expect(rules(unshown)).toEqual(['containment-unverified']);
  });

  test.each([
    'Human error.',
    'She should have looked.',
    'The root cause is a key.',
    'They forgot to rotate.',
  ])('warns of blame: %s', (sentence) => {
    const found = lintPostmortem(written(whole, { 'contributing-factors': sentence }));
    expect(found.filter((finding) => finding.rule === 'blame')).toHaveLength(1);
  });

  test('says so when the file is no postmortem', () => {
    expect(rules('# Notes')).toEqual(['not-a-postmortem']);
  });
});
