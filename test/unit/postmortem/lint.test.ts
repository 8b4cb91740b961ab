import { describe, expect, test } from '@jest/globals';
import { draftPostmortem } from '../../../src/postmortem/draft.ts';
import { lintPostmortem } from '../../../src/postmortem/lint.ts';
import { owed, wholeIncident, written } from './whole-incident.ts';

const draft = draftPostmortem(wholeIncident());
const ITEM = '| Alert on new layers | detect | dana | 2026-12-01 | high | SEC-12 | a planted layer alerts |';
const ACTIONS = `| Action | Type | Owner | Due | Priority | Tracker | Verified by |\n| --- | --- | --- | --- | --- | --- | --- |\n${ITEM}`;
const DOCUMENT =
  '| Document | Value |\n| --- | --- |\n| Owner | dana |\n| Authors | dana, eve |\n| Privilege marking | none |';
const WRITTEN = {
  document: DOCUMENT,
  exposure: 'The role reached one secret, from its policy.',
  detection: 'The rule fired on the first callback.',
  'open-questions': 'None.',
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
    const unshown = draftPostmortem({
      ...wholeIncident(),
      entries: wholeIncident().entries.filter((entry) => entry.seq !== 13),
    });
    // Both containing actions, and not the release that failed.
    expect(rules(written(unshown, WRITTEN))).toEqual(['containment-unverified', 'containment-unverified']);
  });

  test.each([
    'Human error.',
    'She should have looked.',
    'The root cause is a key.',
    'They forgot to rotate.',
    'It would have been seen.',
    'If only the key had been rotated.',
    'Who changed the policy?',
    'Why did nobody look?',
  ])('warns of blame: %s', (sentence) => {
    const found = lintPostmortem(written(whole, { 'contributing-factors': sentence }));
    expect(found.filter((finding) => finding.rule === 'blame')).toHaveLength(1);
  });

  test.each([
    ['a person in a story', 'contributing-factors', 'U0RESPONDER was alone.', 'name-in-narrative'],
    ['a guess among facts', 'impact', 'It was probably one customer.', 'interpretation'],
  ])('warns of %s', (_, section, sentence, rule) => {
    const found = lintPostmortem(written(whole, { [section]: sentence }));
    expect(found.map((finding) => finding.rule)).toEqual([rule]);
  });

  test('lets roles and open guesses stand where they belong', () => {
    const text = written(whole, {
      'contributing-factors': 'The responder was alone.',
      'open-questions': 'It was probably one customer.',
    });
    expect(lintPostmortem(text)).toEqual([]);
  });

  test('misses one owner among several', () => {
    const text = written(whole, { document: DOCUMENT.replace('| dana |', '| dana and eve |') });
    expect(rules(text)).toEqual(['document-incomplete']);
  });

  test('warns of a timeline that begins with the alert', () => {
    const { entries, ...rest } = wholeIncident();
    const late = entries.filter((entry) => entry.seq > 1);
    expect(lintPostmortem(whole).map(({ rule }) => rule)).not.toContain('timeline-starts-late');
    const [accepted] = entries;
    const silent = {
      ...accepted,
      body: { ...accepted?.body, data: { findingType: 'x' } },
    } as (typeof entries)[number];
    const text = written(draftPostmortem({ ...rest, entries: [silent, ...late] }), WRITTEN);
    expect(lintPostmortem(text).map(({ rule }) => rule)).toContain('timeline-starts-late');
  });

  test('finds a notification about which nobody decided, and a review that is overdue', () => {
    const { entries, ...rest } = wholeIncident();
    const text = written(draftPostmortem({ ...rest, entries: [...entries, ...owed()] }), WRITTEN);
    expect(rules(text)).toEqual(['notification-undecided']);
    const at = (now: string) => lintPostmortem(text, now).map(({ rule }) => rule);
    expect(at('2026-02-03T11:59:00.000Z')).not.toContain('review-overdue');
    expect(at('2026-02-03T12:01:00.000Z')).toContain('review-overdue');
  });

  test('says so when the file is no postmortem', () => {
    expect(rules('# Notes')).toEqual(['not-a-postmortem']);
  });
});
