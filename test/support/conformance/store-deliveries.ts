import { describe, expect, test } from '@jest/globals';
import { randomIds, type WorkerId } from '../../../src/id.ts';
import type { JsonObject } from '../../../src/json.ts';
import {
  abandonDelivery,
  claimDelivery,
  delayedDeliveries,
  deliveredMessage,
  deliveriesOf,
  incidentOfChannel,
  orphanDeliveries,
  placeOf,
  returnDelivery,
  waitingDeliveries,
} from '../../../src/store/outbox.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { endWorker, nextLockKey, registerWorker } from '../../../src/store/worker.ts';
import { AT, openIncident, outboxRow, refusal } from './store-payload.ts';

/** The outbox: in order, one at a time, and never posted twice without a look. */
export function describeDeliveries(sql: () => Sql): void {
  const now = new Date(AT);
  const worker = () => randomIds.next<WorkerId>('wrk');
  const open = (rows: readonly JsonObject[]) => openIncident(sql(), { outbox: rows });
  const ended = (row: JsonObject, owner: string, more: JsonObject = {}) => ({
    id: row.id ?? '',
    owner,
    status: 'sent',
    result: { channel: 'C1', ts: '1.1' },
    error: null,
    place: null,
    at: AT,
    ...more,
  });

  describe('the outbox', () => {
    test('is claimed in the order in which it was filled, one at a time', async () => {
      const rows = [outboxRow({ kind: 'a' }), outboxRow({ kind: 'b' }), outboxRow({ kind: 'c' })];
      const incident = await open(rows);
      const owner = worker();
      const kinds: string[] = [];
      for (const row of rows) {
        const claimed = await claimDelivery(sql(), incident.id, owner, now);
        kinds.push(claimed?.kind ?? 'none');
        expect(await claimDelivery(sql(), incident.id, worker(), now)).toBeUndefined();
        await incident.commit({ delivered: [ended(row, owner)] });
      }
      expect(kinds).toEqual(['a', 'b', 'c']);
      expect(await claimDelivery(sql(), incident.id, owner, now)).toBeUndefined();
      expect(await delayedDeliveries(sql(), incident.id)).toBeUndefined();
    });

    test('gives a row to one of many who claim at once', async () => {
      const incident = await open([outboxRow()]);
      const claims = await Promise.all(
        Array.from({ length: 6 }, () => claimDelivery(sql(), incident.id, worker(), now)),
      );
      expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    });

    test('merges what waits under one key into the newest, and nothing else', async () => {
      const incident = await open([
        outboxRow({ kind: 'card', mergeKey: 'card', params: { n: 1 } }),
        outboxRow({ kind: 'notice' }),
        outboxRow({ kind: 'card', mergeKey: 'card', params: { n: 2 } }),
        outboxRow({ kind: 'card', mergeKey: 'other', params: { n: 3 } }),
      ]);
      const owner = worker();
      const seen: unknown[] = [];
      for (;;) {
        const claimed = await claimDelivery(sql(), incident.id, owner, now);
        if (claimed === undefined) break;
        seen.push([claimed.kind, claimed.params]);
        await incident.commit({ delivered: [ended({ id: claimed.id }, owner)] });
      }
      expect(seen).toEqual([
        // All else is said below the first card, so that comes first.
        ['card', { n: 2 }],
        ['notice', {}],
        ['card', { n: 3 }],
      ]);
    });

    test('lets nothing overtake a row that was put back until later', async () => {
      const incident = await open([outboxRow({ kind: 'a' }), outboxRow({ kind: 'b' })]);
      const owner = worker();
      const claimed = await claimDelivery(sql(), incident.id, owner, now);
      const notBefore = new Date('2026-11-24T03:01:00.000Z');
      const back = { id: claimed?.id ?? randomIds.next('out'), notBefore, code: 'cordon_slack_down' };
      expect(await returnDelivery(sql(), { ...back, owner: worker(), status: 'pending' })).toBe(false);
      expect(await returnDelivery(sql(), { ...back, owner, status: 'pending' })).toBe(true);
      expect(await claimDelivery(sql(), incident.id, owner, now)).toBeUndefined();
      expect(await waitingDeliveries(sql(), notBefore)).toContain(incident.id);
      expect(await claimDelivery(sql(), incident.id, owner, notBefore)).toMatchObject({
        kind: 'a',
        tries: 2,
        previousUnknown: false,
      });
    });

    test('says that a row may have been posted, when its worker died or its answer was lost', async () => {
      const incident = await open([outboxRow()]);
      const dead = worker();
      await registerWorker(sql(), {
        id: dead,
        lockKey: await nextLockKey(sql()),
        host: 'h',
        pid: 1,
        leaseMs: 60_000,
      });
      const claimed = await claimDelivery(sql(), incident.id, dead, now);
      expect(await orphanDeliveries(sql())).not.toContain(incident.id);
      await endWorker(sql(), dead);
      expect(await orphanDeliveries(sql())).toContain(incident.id);
      expect(await claimDelivery(sql(), incident.id, worker(), now)).toMatchObject({
        id: claimed?.id,
        previousUnknown: true,
      });
    });

    test('lets the newest of several late notices speak for all, and says since when', async () => {
      const at = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
      const notice = (minutes: number) => outboxRow({ kind: 'announce', createdAt: at(minutes) });
      const rows = [
        outboxRow({ kind: 'question', createdAt: at(55) }),
        notice(50),
        notice(40),
        notice(20),
        notice(5),
      ];
      const incident = await open(rows);
      const owner = worker();
      const said: unknown[][] = [];
      for (let left = true; left; ) {
        const claimed = await claimDelivery(sql(), incident.id, owner, now);
        left = claimed !== undefined;
        const row = rows.find(({ id }) => id === claimed?.id);
        if (row === undefined) continue;
        said.push([row.createdAt, claimed?.lateSince]);
        await incident.commit({ delivered: [ended(row, owner)] });
      }
      // A question is asked whatever its age; the fresh notice is one of its own.
      expect(said).toEqual([
        [at(55), null],
        [at(20), at(50)],
        [at(5), null],
      ]);
    });

    test('says a single late notice in its own words', async () => {
      const late = new Date(now.getTime() - 30 * 60_000).toISOString();
      const incident = await open([outboxRow({ kind: 'announce', createdAt: late })]);
      expect(await claimDelivery(sql(), incident.id, worker(), now)).toMatchObject({ lateSince: null });
    });

    test('takes an end only from the worker that has the row', async () => {
      const row = outboxRow();
      const incident = await open([row]);
      const owner = worker();
      await claimDelivery(sql(), incident.id, owner, now);
      expect(await refusal(incident.commit({ delivered: [ended(row, worker())] }))).toBe('delivery-lost');
      await incident.commit({ delivered: [ended(row, owner)] });
      expect(await refusal(incident.commit({ delivered: [ended(row, owner)] }))).toBe('delivery-lost');
    });

    test('lets a worker give back what it lost track of, and only that', async () => {
      const incident = await open([outboxRow()]);
      const owner = worker();
      const claimed = await claimDelivery(sql(), incident.id, owner, now);
      const id = claimed?.id ?? randomIds.next('out');
      expect(await deliveriesOf(sql(), owner)).toEqual([{ incident: incident.id, id }]);
      expect(await abandonDelivery(sql(), id, worker())).toBe(false);
      expect(await abandonDelivery(sql(), id, owner)).toBe(true);
      expect(await abandonDelivery(sql(), id, owner)).toBe(false);
      expect(await claimDelivery(sql(), incident.id, owner, now)).toMatchObject({ previousUnknown: true });
    });

    test('remembers where an incident lives, and which message a question became', async () => {
      const row = outboxRow({ kind: 'card' });
      const question = outboxRow({ kind: 'question', params: { invocation: 'inv-1' } });
      const incident = await open([row, question]);
      const owner = worker();
      const channel = `C-${incident.id}`;
      await claimDelivery(sql(), incident.id, owner, now);
      await incident.commit({ delivered: [ended(row, owner, { place: { channel, cardTs: '1.2' } })] });
      await claimDelivery(sql(), incident.id, owner, now);
      // A later place without a card keeps the card that is there.
      await incident.commit({ delivered: [ended(question, owner, { place: { channel, cardTs: null } })] });
      expect(await placeOf(sql(), incident.id)).toEqual({ channel, cardTs: '1.2', shared: false });
      expect(await incidentOfChannel(sql(), channel)).toBe(incident.id);
      expect(await deliveredMessage(sql(), incident.id, 'question', 'invocation', 'inv-1')).toEqual({
        channel: 'C1',
        ts: '1.1',
      });
      expect(await deliveredMessage(sql(), incident.id, 'question', 'invocation', 'inv-2')).toBeUndefined();
    });
  });
}
