import { describe, expect, test } from '@jest/globals';
import { containMany } from '../../../bench/mass-containment.ts';
import { borrowedDatabase } from '../../support/template.ts';

// The benchmark of the same name does this with 1,000.
const FUNCTIONS = 32;

describe('functions of one account that are contained at once', () => {
  test('are all contained, at AWS’s own pace and never above it', async () => {
    const mass = await containMany(FUNCTIONS, { database: await borrowedDatabase() });
    expect(mass).toMatchObject({ contained: FUNCTIONS, throttled: 0 });
    expect(mass.peakPerSecond).toBeLessThanOrEqual(15);
    // Listed once for all, whoever asked.
    expect(mass.calls.get('ListFunctions') ?? 0).toBeLessThanOrEqual(2);
    expect(mass.calls.get('ListEventSourceMappings') ?? 0).toBeLessThanOrEqual(4);
  }, 120_000);

  test('would be throttled without the shared budget (control)', async () => {
    const unlimited = { take: async () => 0 };
    // The fewer there are, the harder it is to be throttled: what few are, more are too.
    const { throttled } = await containMany(4, {
      database: await borrowedDatabase(),
      budget: unlimited,
    });
    expect(throttled).toBeGreaterThan(0);
  }, 120_000);
});
