import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../src/json.ts';
import { claimsOn, countCopy, knownAlert } from '../../../src/store/alert.ts';
import { captorOf, desiredByOthers, loadIncident } from '../../../src/store/incident.ts';
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

    /** Two incidents about functions of their own, of which the first is closed and left the object held. */
    async function keptBeside(options: { readonly expiresAt?: string } = {}) {
      const key = `object-${newFunctionArn()}`;
      const [kept, other] = [newFunctionArn(), newFunctionArn()];
      const about = (functionArn: string, rest: JsonObject = {}) =>
        holdRow(key, { target: { functionArn }, desired: { of: functionArn }, ...rest });
      const hold = about(kept, options);
      const later = about(other, { captor: false, openedAt: '2026-11-24T03:00:01.000Z' });
      const first = await openIncident(sql(), {
        holds: [hold],
        targets: [{ function_arn: kept, open: true }],
      });
      const second = await openIncident(sql(), {
        holds: [later],
        targets: [{ function_arn: other, open: true }],
      });
      await first.commit({ status: 'closed', targets: [{ function_arn: kept, open: false }] });
      /** The next incident about the first function, which takes over what was left of it. */
      const next = async () => {
        const adopted = about(kept, { captor: false, openedAt: '2026-11-24T03:00:02.000Z' });
        const targets = [{ function_arn: kept, open: true }];
        return { adopted, third: await openIncident(sql(), { holds: [adopted], targets }) };
      };
      return { key, kept, other, hold, later, first, second, next };
    }

    const ends = async (incident: StoredIncident) =>
      (await loadIncident(sql(), incident.id))?.holds.map(({ status, closedAs }) => closedAs ?? status);

    test('that a closed incident left contained is restored by the next about its function, whose release settles both', async () => {
      const { key, first, second, later, next } = await keptBeside();
      await second.commit({ holds: [closed(later, 'inherited')] });
      const { adopted, third } = await next();
      await third.commit({ holds: [{ ...adopted, status: 'restoring' }] });
      await third.commit({ holds: [closed(adopted, 'released')] });
      expect(await captorOf(sql(), key)).toBeUndefined();
      expect(await ends(first)).toEqual(['released']);
    });

    test('that a closed incident left contained stays for it: an incident about another function may not restore it', async () => {
      const { key, kept, first, second, later } = await keptBeside();
      expect(await refusal(second.commit({ holds: [{ ...later, status: 'restoring' }] }))).toBe(
        'object-is-held',
      );
      expect(await desiredByOthers(sql(), key, second.id)).toEqual([{ of: kept }]);
      await second.commit({ holds: [closed(later, 'inherited')] });
      expect(await captor(key)).toBe(first.id);
      expect(await ends(first)).toEqual(['open']);
    });

    test('found restored already ends nobody else’s hold: whoever needs it puts it again', async () => {
      const { first, second, later } = await keptBeside();
      await second.commit({ holds: [closed(later, 'released')] });
      expect(await ends(first)).toEqual(['open']);
    });

    test('that is taken over and then left to another is over for whoever had left it', async () => {
      const { key, other, first, second, next } = await keptBeside();
      await second.commit({ status: 'closed', targets: [{ function_arn: other, open: false }] });
      const { adopted, third } = await next();
      expect(await desiredByOthers(sql(), key, third.id)).toEqual([{ of: other }]);
      expect(await refusal(third.commit({ holds: [{ ...adopted, status: 'restoring' }] }))).toBe(
        'object-is-held',
      );
      await third.commit({ holds: [closed(adopted, 'inherited')] });
      expect(await ends(first)).toEqual(['inherited']);
      expect(await captor(key)).toBe(second.id);
      expect(await ends(second)).toEqual(['open']);
    });

    test('that ends by itself is taken over by nobody, not even by an incident about the same function', async () => {
      const { key, kept, second, later, first, next } = await keptBeside({ expiresAt: AT });
      const { adopted, third } = await next();
      await second.commit({ holds: [closed(later, 'inherited')] });
      expect(await desiredByOthers(sql(), key, third.id)).toEqual([{ of: kept }]);
      expect(await refusal(third.commit({ holds: [{ ...adopted, status: 'restoring' }] }))).toBe(
        'object-is-held',
      );
      await third.commit({ holds: [closed(adopted, 'inherited')] });
      expect(await ends(first)).toEqual(['open']);
      expect(await desiredByOthers(sql(), key, third.id, { takenOver: true })).toEqual([{ of: kept }]);
    });
  });
}
