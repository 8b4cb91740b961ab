import { describe, expect, test } from '@jest/globals';
import { receiptOf } from '../../../src/store/alert.ts';
import { commitIncident, isAtCommit, loadIncident } from '../../../src/store/incident.ts';
import { findIncidentId, listIncidents } from '../../../src/store/list.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { dueWork } from '../../../src/store/sweep.ts';
import { appendSystemEntries, SYSTEM_CHAIN } from '../../../src/store/system-chain.ts';
import { readTimeline, timelineHead } from '../../../src/store/timeline.ts';
import { verifyChain } from '../../../src/timeline/verify.ts';
import { steppedClock } from '../stepped-clock.ts';
import { AT, attemptRow, openIncident, refusal } from './store-payload.ts';

/** One event, one commit: the whole of it, in order, under the incident's sequence. */
export function describeCommits(sql: () => Sql): void {
  describe('a commit', () => {
    test('is loaded back whole, in one aggregate', async () => {
      const attempt = attemptRow({ extra: { n: 1 } });
      const timer = { id: `tmr-${attempt.id}`, status: 'armed', dueAt: AT, name: 'x' };
      const incident = await openIncident(sql(), {
        record: { title: 't' },
        attempts: [attempt],
        timers: [timer],
        summaries: ['opened'],
      });
      expect(await loadIncident(sql(), incident.id)).toMatchObject({
        seq: 1,
        status: 'open',
        record: { title: 't' },
        attempts: [attempt],
        timers: [timer],
        holds: [],
        chain_seq: 1,
      });
      expect(await loadIncident(sql(), 'inc-none')).toBeUndefined();
    });

    test('numbers incidents upwards and finds them by number', async () => {
      const first = await openIncident(sql());
      const second = await openIncident(sql());
      const [one, two] = [await first.commit({}), await second.commit({})];
      expect(typeof one).toBe('number');
      expect(two).toBeGreaterThan(one);
      expect(await findIncidentId(sql(), `INC-${two}`)).toBe(second.id);
      const listed = await listIncidents(sql(), { statuses: ['open'], limit: 1000 });
      expect(listed.map((row) => row.id)).toEqual(expect.arrayContaining([first.id, second.id]));
    });

    test('is refused as stale when the incident has moved on, and writes nothing', async () => {
      const incident = await openIncident(sql());
      const attempt = attemptRow();
      await incident.commit({ record: { by: 'first' } }, 1);
      expect(await refusal(incident.commit({ record: { by: 'second' }, attempts: [attempt] }, 1))).toBe(
        'stale',
      );
      expect(await loadIncident(sql(), incident.id)).toMatchObject({
        seq: 2,
        record: { by: 'first' },
        attempts: [],
      });
      expect([await isAtCommit(sql(), incident.id, 2), await isAtCommit(sql(), incident.id, 1)]).toEqual([
        true,
        false,
      ]);
    });

    test('succeeds for exactly one of many that were decided on the same state', async () => {
      const incident = await openIncident(sql());
      const ends = await Promise.all(
        Array.from({ length: 8 }, (_, n) => refusal(incident.commit({ record: { by: n } }, 1))),
      );
      expect(ends.filter((end) => end === 'accepted')).toHaveLength(1);
      expect(ends.filter((end) => end === 'stale')).toHaveLength(7);
      expect(await loadIncident(sql(), incident.id)).toMatchObject({ seq: 2 });
    });

    test('is refused when the incident is there already, or is not there', async () => {
      const incident = await openIncident(sql());
      expect(await refusal(incident.commit({}, 0))).toBe('other');
      const ghost = {
        id: 'inc-ghost',
        expected_seq: 3,
        status: 'open',
        playbook_sha256: 'a'.repeat(64),
        record: {},
      };
      expect(
        await refusal(commitIncident(sql(), { incident: { ...ghost, chain_seq: 0, chain_hash: '' } })),
      ).toBe('stale');
    });

    test('takes a payload of megabytes and gives it back unchanged', async () => {
      const blob = 'ab"\\é\n'.repeat(700_000);
      const incident = await openIncident(sql(), { record: { blob } });
      const loaded = await loadIncident(sql(), incident.id);
      expect(loaded?.record.blob === blob).toBe(true);
    });

    test('keeps one answer for one human request', async () => {
      const receipt = { key: `key-${attemptRow().id}`, result: { kind: 'done' }, at: AT };
      const incident = await openIncident(sql());
      await incident.commit({ receipts: [receipt] });
      expect(await refusal(incident.commit({ receipts: [receipt], record: { twice: true } }))).toBe(
        'receipt-exists',
      );
      expect(await receiptOf(sql(), receipt.key)).toEqual({ kind: 'done' });
      expect(await receiptOf(sql(), 'no such key')).toBeUndefined();
      expect(await loadIncident(sql(), incident.id)).toMatchObject({ record: {} });
    });

    test('refuses rows that no state allows: finished without an end, owned while it waits', async () => {
      const incident = await openIncident(sql());
      for (const bad of [
        attemptRow({ state: 'succeeded' }),
        attemptRow({ state: 'planned', owner: 'wrk-1' }),
        attemptRow({ state: 'dreaming' }),
      ]) {
        expect(await refusal(incident.commit({ attempts: [bad] }))).toBe('other');
      }
      expect(await loadIncident(sql(), incident.id)).toMatchObject({ seq: 1, attempts: [] });
    });
  });

  describe('work that nobody was woken for', () => {
    test('is found once its time has come, and only in open incidents', async () => {
      const later = '2026-11-24T04:00:00.000Z';
      const rows = [
        attemptRow(),
        attemptRow({ notBefore: later }),
        attemptRow({ state: 'awaiting' }),
        attemptRow({ state: 'running', owner: 'wrk-1' }),
        attemptRow({ state: 'failed', finishedAt: AT }),
      ];
      const timers = ['armed', 'fired', 'cancelled'].map((status) => ({
        id: `tmr-${status}-${rows[0]?.id}`,
        status,
        dueAt: AT,
      }));
      const open = await openIncident(sql(), { attempts: rows, timers });
      const closed = await openIncident(sql(), { status: 'closed', attempts: [attemptRow()] });
      const found = async (at: string) => {
        const due = await dueWork(sql(), new Date(at));
        const mine = [...due.attempts, ...due.timers].filter((row) => row.incident === open.id);
        expect(due.attempts.some((row) => row.incident === closed.id)).toBe(false);
        return mine.map((row) => row.id as string).sort();
      };
      expect(await found(AT)).toEqual([rows[0]?.id, timers[0]?.id].sort());
      expect(await found(later)).toEqual([rows[0]?.id, rows[1]?.id, timers[0]?.id].sort());
    });
  });

  describe('the timeline', () => {
    test('grows only with a commit, and verifies against the head in the incident', async () => {
      const incident = await openIncident(sql(), { summaries: ['one', 'two'] });
      await incident.commit({ summaries: ['three'] });
      expect(await refusal(incident.commit({ summaries: ['never'] }, 1))).toBe('stale');
      const entries = await readTimeline(sql(), incident.id);
      expect(entries.map((entry) => entry.body?.summary)).toEqual(['one', 'two', 'three']);
      expect(verifyChain(incident.id, entries, await timelineHead(sql(), incident.id))).toMatchObject({
        kind: 'intact',
      });
      expect((await readTimeline(sql(), incident.id, 2)).map((entry) => entry.seq)).toEqual([3]);
    });

    test.each(['timeline_entry', 'timeline_body'])('refuses every change of cordon.%s', async (table) => {
      const incident = await openIncident(sql(), { summaries: ['one'] });
      const refused = (text: string, parameters: readonly unknown[] = []) =>
        expect(sql().query(text, parameters)).rejects.toMatchObject({ code: 'CD003' });
      await refused(`update cordon.${table} set seq = seq + 1 where chain = $1`, [incident.id]);
      await refused(`delete from cordon.${table} where chain = $1`, [incident.id]);
      await refused(`truncate cordon.${table} cascade`);
      expect(await readTimeline(sql(), incident.id)).toHaveLength(1);
    });

    test('has a chain of its own for what belongs to no incident, appended to from many sides', async () => {
      const { clock } = steppedClock();
      const before = (await readTimeline(sql(), SYSTEM_CHAIN)).length;
      const body = (summary: string) => ({
        kind: 'alert.refused' as const,
        actor: { kind: 'engine' },
        summary,
        data: null,
      });
      await Promise.all(
        Array.from({ length: 6 }, (_, n) =>
          appendSystemEntries(sql(), clock, [body(`${n}a`), body(`${n}b`)]),
        ),
      );
      const entries = await readTimeline(sql(), SYSTEM_CHAIN);
      expect(entries).toHaveLength(before + 12);
      expect(verifyChain(SYSTEM_CHAIN, entries, await timelineHead(sql(), SYSTEM_CHAIN))).toMatchObject({
        kind: 'intact',
      });
    });
  });
}
