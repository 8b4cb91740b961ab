import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../src/json.ts';
import { entryBody } from '../../../src/timeline/body.ts';
import { appendEntries, CHAIN_START } from '../../../src/timeline/chain.ts';
import type { Actor, Entry, EntryKind } from '../../../src/timeline/entry.ts';
import { timelineMetrics } from '../../../src/timeline/metrics.ts';

const ENGINE: Actor = { kind: 'engine' };
const PERSON: Actor = { kind: 'responder', id: 'U1', via: 'slack' };

function timeline(rows: readonly [number, EntryKind, Json, Actor?][]): readonly Entry[] {
  let head = CHAIN_START;
  return rows.flatMap(([ms, kind, data, actor]) => {
    const at = new Date(Date.UTC(2026, 0, 31, 12) + ms);
    const appended = appendEntries(head, 'inc-1', at, [entryBody(kind, actor ?? ENGINE, kind, data)]);
    head = appended.head;
    return [...appended.entries];
  });
}

const opened: [number, EntryKind, Json] = [12, 'incident.opened', { targets: ['arn:a', 'arn:b'] }];

describe('the metrics of a timeline', () => {
  test('run from the last byte of the alert to each milestone', () => {
    const metrics = timelineMetrics(
      timeline([
        [10, 'alert.accepted', { receivedAt: '2026-01-31T12:00:00.000Z' }],
        [12, 'incident.opened', { targets: ['arn:a'] }],
        [90, 'containment.level', { target: 'arn:a', level: 'accepted' }],
        [150, 'containment.level', { target: 'arn:a', level: 'read_back' }],
        [5_000, 'containment.level', { target: 'arn:a', level: 'effective' }],
        [60_000, 'question.answered', {}, PERSON],
        [61_000, 'note.added', {}, PERSON],
        [70_000, 'containment.level', { target: 'arn:a', level: 'none' }],
        [80_000, 'incident.closed', {}],
      ]),
    );
    expect(metrics).toMatchObject({
      startedAt: '2026-01-31T12:00:00.000Z',
      timeToAcceptedMs: 90,
      timeToEffectiveMs: 5_000,
      timeToAcknowledgeMs: 60_000,
      timeToCloseMs: 80_000,
      breaches: 0,
    });
  });

  test('count the slowest target, and none while one target lacks the level', () => {
    const rows: [number, EntryKind, Json][] = [
      [0, 'alert.accepted', null],
      opened,
      [100, 'containment.level', { target: 'arn:a', level: 'accepted' }],
      [110, 'containment.level', { target: 'arn:a', level: 'effective' }],
      [300, 'containment.level', { target: 'arn:b', level: 'accepted' }],
    ];
    expect(timelineMetrics(timeline(rows))).toMatchObject({ timeToAcceptedMs: 300, timeToEffectiveMs: null });
  });

  test('take back an effect that was breached, until it is regained', () => {
    const rows: [number, EntryKind, Json][] = [
      [0, 'alert.accepted', null],
      [100, 'containment.level', { target: 'arn:a', level: 'effective' }],
      [200, 'containment.level', { target: 'arn:a', level: 'breached' }],
    ];
    expect(timelineMetrics(timeline(rows))).toMatchObject({ timeToEffectiveMs: null, breaches: 1 });
    const regained = timeline([...rows, [900, 'containment.level', { target: 'arn:a', level: 'observed' }]]);
    expect(timelineMetrics(regained)).toMatchObject({ timeToEffectiveMs: 900, timeToAcceptedMs: 100 });
  });

  test('give nothing that the timeline does not support', () => {
    expect(timelineMetrics([])).toMatchObject({
      startedAt: null,
      timeToCloseMs: null,
      timeToAcceptedMs: null,
    });
    const future = timeline([[0, 'alert.accepted', { receivedAt: '2099-01-01T00:00:00.000Z' }]]);
    expect(timelineMetrics(future).startedAt).toBe('2026-01-31T12:00:00.000Z');
  });
});
