import { describe, expect, test } from '@jest/globals';
import { randomIds, type WorkerId } from '../../../src/id.ts';
import type { Sql } from '../../../src/store/sql.ts';
import {
  attemptsOf,
  endOtherWorkers,
  endWorker,
  nextLockKey,
  orphanedIncidents,
  registerWorker,
  renewLease,
} from '../../../src/store/worker.ts';
import { attemptRow, openIncident } from './store-payload.ts';

/** Workers, and what is found of those that are gone. */
export function describeWorkers(sql: () => Sql): void {
  async function register(): Promise<WorkerId> {
    const id = randomIds.next<WorkerId>('wrk');
    await registerWorker(sql(), {
      id,
      lockKey: await nextLockKey(sql()),
      host: 'h',
      pid: 1,
      leaseMs: 60_000,
    });
    return id;
  }

  describe('a worker', () => {
    test('renews its lease until it is declared dead, which is final', async () => {
      const id = await register();
      expect(await renewLease(sql(), id, 1000)).toBe(true);
      await endWorker(sql(), id);
      expect(await renewLease(sql(), id, 1000)).toBe(false);
    });

    test('leaves its own attempts to others when it is gone, and nobody else’s', async () => {
      const [dead, live] = [await register(), await register()];
      const running = (owner: string) => attemptRow({ state: 'running', owner });
      const mine = running(live);
      const incident = await openIncident(sql(), { attempts: [running(dead), mine, attemptRow()] });
      const orphans = async () =>
        (await orphanedIncidents(sql())).filter((row) => row.incident === incident.id);
      expect(await orphans()).toEqual([]);
      await endWorker(sql(), dead);
      expect(await orphans()).toEqual([{ incident: incident.id, owners: [dead] }]);
      expect(await attemptsOf(sql(), live)).toEqual([{ incident: incident.id, id: mine.id }]);
    });

    test('that has an embedded database to itself ends all that came before', async () => {
      const [old, own] = [await register(), await register()];
      await endOtherWorkers(sql(), own);
      expect([await renewLease(sql(), old, 1000), await renewLease(sql(), own, 1000)]).toEqual([false, true]);
    });
  });
}
