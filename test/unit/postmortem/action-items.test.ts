import { describe, expect, test } from '@jest/globals';
import { actionItemsAsCsv, actionItemsAsTasks, actionItemsOf } from '../../../src/postmortem/action-items.ts';
import { draftPostmortem } from '../../../src/postmortem/draft.ts';
import { wholeIncident, written } from './whole-incident.ts';

const fresh = draftPostmortem(wholeIncident());

describe('the action items of a postmortem', () => {
  const row =
    '| Alert on new layers \\| URLs | Detect | dana | 2026-12-01 | high | SEC-12 | a planted layer raises an alert |';
  const text = written(fresh, {
    'action-items': `| Action | Type | Owner | Due | Priority | Tracker | Verified by |\n| --- | --- | --- | --- | --- | --- | --- |\n${row}\n| =cmd() | x |  | soon |  |  |  |`,
  });

  test('are read from the table, with their line', () => {
    const items = actionItemsOf(text);
    expect(items).toHaveLength(2);
    expect(items[0]).toMatchObject({
      action: 'Alert on new layers | URLs',
      type: 'detect',
      owner: 'dana',
      dueAt: '2026-12-01',
      verifiedBy: 'a planted layer raises an alert',
    });
    expect(items[1]).toMatchObject({ due: 'soon', dueAt: null, owner: '' });
    expect(text.split('\n')[(items[0]?.line ?? 0) - 1]).toBe(row);
  });

  test('leave as CSV in which no cell is a formula, and as tasks', () => {
    const csv = actionItemsAsCsv(actionItemsOf(text));
    expect(csv.split('\r\n')).toEqual([
      'action,type,owner,due,priority,tracker,verified by',
      'Alert on new layers | URLs,detect,dana,2026-12-01,high,SEC-12,a planted layer raises an alert',
      "'=cmd(),x,,soon,,,",
      '',
    ]);
    expect(actionItemsAsTasks(actionItemsOf(text))).toContain(
      '- [ ] Alert on new layers | URLs (detect; dana; due 2026-12-01; done when a planted layer raises an alert)',
    );
  });

  test.each(['2026-02-30', '12/01/2026', '2026-1-2', ''])('take %p for no day', (due) => {
    const table = `| A | T | O | D | P | T | V |\n| - | - | - | - | - | - | - |\n| do | detect | dana | ${due} | | | seen |`;
    expect(actionItemsOf(written(fresh, { 'action-items': table }))[0]?.dueAt).toBeNull();
  });
});
