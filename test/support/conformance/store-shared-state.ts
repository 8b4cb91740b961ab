import { describe, expect, test } from '@jest/globals';
import { forgetNonce, rememberNonce } from '../../../src/store/alert.ts';
import { sharedBudget } from '../../../src/store/rate-budget.ts';
import { keepRefusedContent, refusedContent } from '../../../src/store/refusals.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { AT, newFunctionArn } from './store-payload.ts';

/** What processes share besides incidents. */
export function describeSharedState(sql: () => Sql): void {
  describe('a nonce', () => {
    test('is taken once by its sender, until it expires or is forgotten', async () => {
      const nonce = newFunctionArn();
      const at = (seconds: number) => new Date(Date.parse(AT) + seconds * 1000);
      const take = (sender: string, now: Date) => rememberNonce(sql(), sender, nonce, at(300), now);
      const answers = await Promise.all([1, 2, 3].map(() => take('a', at(0))));
      expect(answers.filter((taken) => taken)).toHaveLength(1);
      expect(await take('b', at(0))).toBe(true);
      expect(await take('a', at(299))).toBe(false);
      await forgetNonce(sql(), 'a', nonce);
      expect(await take('a', at(299))).toBe(true);
      // What has expired is removed by the next that is taken, whoever takes it.
      await rememberNonce(sql(), 'c', newFunctionArn(), at(900), at(301));
      expect(await take('a', at(301))).toBe(true);
    });
  });

  describe('the rate budget', () => {
    /** Takes a place at an instant of our choosing. */
    async function take(key: string, capacity: number, atMs: number): Promise<number> {
      const rows = await sql().query<{ wait: number }>('select cordon.take_budget($1, $2, $3) as wait', [
        key,
        capacity,
        atMs,
      ]);
      return Number(rows[0]?.wait);
    }

    test('lets no more than its capacity into any second, wherever that second begins', async () => {
      const key = newFunctionArn();
      const granted: number[] = [];
      for (let atMs = 0; atMs < 5000; atMs += 37) if ((await take(key, 4, atMs)) === 0) granted.push(atMs);
      for (const from of granted) {
        expect(granted.filter((at) => at >= from && at < from + 1000).length).toBeLessThanOrEqual(4);
      }
      expect(granted.length).toBeGreaterThanOrEqual(16);
    });

    test('says how long to wait, and grants it then', async () => {
      const key = newFunctionArn();
      expect([await take(key, 2, 0), await take(key, 2, 400), await take(key, 2, 500)]).toEqual([0, 0, 500]);
      expect(await take(key, 2, 1000)).toBe(0);
    });

    test('leaves room for the urgent: a lower capacity waits where a higher one does not', async () => {
      const key = newFunctionArn();
      expect([await take(key, 2, 0), await take(key, 2, 0)]).toEqual([0, 0]);
      expect([await take(key, 2, 10), await take(key, 3, 10)]).toEqual([990, 0]);
    });

    test('is kept by key, and shared by all who ask at once', async () => {
      const budget = sharedBudget(sql());
      const ask = (key: string) => budget.take({ key, capacity: 5 });
      const [one, other] = [newFunctionArn(), newFunctionArn()];
      const waits = await Promise.all(Array.from({ length: 12 }, () => ask(one)));
      expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
      expect(waits.every((wait) => wait >= 0 && wait <= 1000)).toBe(true);
      expect(await ask(other)).toBe(0);
    });
  });

  describe('refused content', () => {
    test('is kept byte for byte under its digest, once', async () => {
      const sha256 = Buffer.from(newFunctionArn()).toString('hex').slice(-64).padStart(64, '0');
      const bytes = Buffer.from([0, 1, 254, 255, 39]);
      const content = { sha256, base64: bytes.toString('base64') };
      await keepRefusedContent(sql(), content, new Date(AT));
      await keepRefusedContent(sql(), content, new Date(AT));
      expect(Buffer.from((await refusedContent(sql(), sha256)) ?? []).equals(bytes)).toBe(true);
      expect(await refusedContent(sql(), 'f'.repeat(64))).toBeUndefined();
    });
  });
}
