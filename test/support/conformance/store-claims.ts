import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../src/json.ts';
import { claimsOn, countCopy, knownAlert } from '../../../src/store/alert.ts';
import { captorOf, loadIncident } from '../../../src/store/incident.ts';
import type { Sql } from '../../../src/store/sql.ts';
import {
  AT,
  alertRow,
  holdRow,
  newFunctionArn,
  openIncident,
  refusal,
  type StoredIncident,
} from './store-payload.ts';

/** What an incident may claim for itself: findings, functions, objects. */
export function describeClaims(sql: () => Sql): void {
  describe('a finding', () => {
    test('belongs to one incident for as long as that is not closed', async () => {
      const key = newFunctionArn();
      const first = await openIncident(sql(), { alerts: [alertRow(key)] });
      const second = await openIncident(sql());
      expect(await refusal(second.commit({ alerts: [alertRow(key)] }))).toBe('alert-belongs-elsewhere');
      expect(await knownAlert(sql(), key)).toMatchObject({ incident: first.id, incidentStatus: 'open' });

      await first.commit({ status: 'closed' });
      await second.commit({ alerts: [alertRow(key)] });
      expect(await knownAlert(sql(), key)).toMatchObject({ incident: second.id });
    });

    test('that comes again counts its copies and keeps the newest', async () => {
      const key = newFunctionArn();
      const incident = await openIncident(sql(), { alerts: [alertRow(key)] });
      await incident.commit({ alerts: [{ ...alertRow(key), revision: '2' }] });
      await countCopy(sql(), key);
      const rows = await sql().query('select copies, revision from cordon.alert where dedupe_key = $1', [
        key,
      ]);
      expect(rows).toEqual([{ copies: 3, revision: '2' }]);
      expect(await knownAlert(sql(), 'never seen')).toBeUndefined();
    });
  });

  describe('a function', () => {
    test('has one open incident: of two that open at once, one is refused whole', async () => {
      const function_arn = newFunctionArn();
      const ends = await Promise.all(
        [1, 2, 3].map(() => refusal(openIncident(sql(), { targets: [{ function_arn, open: true }] }))),
      );
      expect(ends.sort()).toEqual(['accepted', 'function-has-open-incident', 'function-has-open-incident']);
    });

    test('may have another once the first has closed', async () => {
      const function_arn = newFunctionArn();
      const first = await openIncident(sql(), { targets: [{ function_arn, open: true }] });
      expect(await claimsOn(sql(), function_arn)).toEqual({ openIncident: first.id, heldBy: undefined });
      await first.commit({ status: 'closed', targets: [{ function_arn, open: false }] });
      expect(await claimsOn(sql(), function_arn)).toEqual({ openIncident: undefined, heldBy: undefined });
      await openIncident(sql(), { targets: [{ function_arn, open: true }] });
    });
  });

  describe('an object', () => {
    const closed = (hold: JsonObject, closedAs: string) => ({
      ...hold,
      status: 'closed',
      closedAs,
      closedAt: AT,
    });

    /** Two open incidents that hold one object; the first has captured its prior state. */
    async function twoHolders() {
      const key = `object-${newFunctionArn()}`;
      const hold = holdRow(key);
      const later = holdRow(key, { captor: false, openedAt: '2026-11-24T03:00:01.000Z' });
      const first = await openIncident(sql(), { holds: [hold] });
      const second = await openIncident(sql(), { holds: [later] });
      return { key, first, hold, second, later };
    }

    const captor = async (key: string) => (await captorOf(sql(), key))?.incident;

    test('is captured by one hold: a second captor would capture our own write', async () => {
      const key = `object-${newFunctionArn()}`;
      const first = await openIncident(sql());
      const second = await openIncident(sql());
      const ends = await Promise.all(
        [first, second].map((incident) => refusal(incident.commit({ holds: [holdRow(key)] }))),
      );
      expect(ends.sort()).toEqual(['accepted', 'object-has-captor']);
    });

    test('passes on with its prior state when its captor leaves, in the same commit', async () => {
      const { key, first, hold, second } = await twoHolders();
      expect(await captorOf(sql(), key)).toEqual({
        incident: first.id,
        status: 'open',
        prior: { concurrency: 5 },
      });
      await first.commit({ holds: [closed(hold, 'inherited')] });
      expect(await captor(key)).toBe(second.id);
    });

    test('stays with its heir, who writes its hold without knowing of it', async () => {
      const { key, first, hold, second, later } = await twoHolders();
      await first.commit({ holds: [closed(hold, 'inherited')] });
      await second.commit({ holds: [{ ...later, status: 'restoring' }] });
      expect(await captorOf(sql(), key)).toMatchObject({ incident: second.id, status: 'restoring' });
      expect((await loadIncident(sql(), second.id))?.holds).toMatchObject([{ captor: true }]);
    });

    test('is restored by the last who holds it: before, restoring is refused', async () => {
      const { first, hold, second, later } = await twoHolders();
      const restore = (incident: StoredIncident, row: JsonObject) =>
        refusal(incident.commit({ holds: [{ ...row, status: 'restoring' }] }));
      expect(await restore(first, hold)).toBe('object-is-held');
      expect(await restore(second, later)).toBe('object-is-held');
      await first.commit({ holds: [closed(hold, 'inherited')] });
      expect(await restore(second, later)).toBe('accepted');
    });

    test('is left to another by one alone: of two that leave at once, one must restore', async () => {
      const { first, hold, second, later } = await twoHolders();
      const ends = await Promise.all([
        refusal(first.commit({ holds: [closed(hold, 'inherited')] })),
        refusal(second.commit({ holds: [closed(later, 'inherited')] })),
      ]);
      expect(ends.sort()).toEqual(['accepted', 'object-not-held']);
    });

    test('takes no new hold while another incident restores it', async () => {
      const key = `object-${newFunctionArn()}`;
      const first = await openIncident(sql(), { holds: [holdRow(key, { status: 'restoring' })] });
      const second = await openIncident(sql());
      const latecomer = holdRow(key, { captor: false });
      expect(await refusal(second.commit({ holds: [latecomer] }))).toBe('object-being-restored');
      expect((await loadIncident(sql(), second.id))?.holds).toEqual([]);
      expect(await captor(key)).toBe(first.id);
    });

    test('that a closed incident left contained is restored by the next, whose release settles both', async () => {
      const { key, first, second, later } = await twoHolders();
      await first.commit({ status: 'closed' });
      await second.commit({ holds: [{ ...later, status: 'restoring' }] });
      await second.commit({ holds: [closed(later, 'released')] });
      expect(await captorOf(sql(), key)).toBeUndefined();
      expect((await loadIncident(sql(), first.id))?.holds).toMatchObject([
        { status: 'closed', closedAs: 'released' },
      ]);
    });
  });
}
