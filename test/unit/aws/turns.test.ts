import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { budgetedGuard } from '../../../src/aws/budgeted-guard.ts';
import { createTurns, PRIORITIES, type Priority } from '../../../src/aws/turns.ts';
import { createVirtualClock } from '../../../src/simulation/virtual-clock.ts';
import { memoryBudget } from '../../../src/store/rate-budget.ts';

interface Ask {
  readonly priority: Priority;
  readonly atMs: number;
}

const CALL = {
  family: 'lambda-control',
  account: '111122223333',
  region: 'eu-west-1',
  operation: 'lambda:ListAliases',
} as const;

/** Lets calls ask for their turn at their instants, and says when each was granted. */
async function granted(
  asks: readonly Ask[],
  options: {
    readonly headroom?: number;
    readonly beforeSend?: (ask: Ask) => void;
    readonly signal?: AbortSignal;
  } = {},
) {
  const clock = createVirtualClock(new Date(0));
  const turns = createTurns(memoryBudget(clock), clock);
  const grants: (Ask & { readonly grantedMs: number })[] = [];
  const refusals: unknown[] = [];
  let open = asks.length;
  for (const ask of asks) {
    void (async () => {
      await clock.sleep(ask.atMs);
      const guard = budgetedGuard({
        turns,
        priority: ask.priority,
        headroom: options.headroom ?? 0,
        beforeSend: () => options.beforeSend?.(ask),
        signal: options.signal ?? new AbortController().signal,
      });
      try {
        await guard.take(CALL);
        grants.push({ ...ask, grantedMs: clock.monotonicMs() });
      } catch (error) {
        refusals.push(error);
      }
      open -= 1;
    })();
  }
  while (open > 0) {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    await new Promise<void>((resolve) => setImmediate(resolve));
    clock.advanceToNext();
  }
  return { grants, refusals };
}

const many = (count: number, priority: Priority, atMs: number): Ask[] =>
  Array.from({ length: count }, () => ({ priority, atMs }));

function peak(grants: readonly { readonly grantedMs: number }[]): number {
  const instants = grants.map(({ grantedMs }) => grantedMs);
  return Math.max(
    0,
    ...instants.map((from) => instants.filter((at) => at >= from && at < from + 1000).length),
  );
}

describe('the turns of calls', () => {
  test('are never more than 15 in any second, and use all of them', async () => {
    const { grants } = await granted(many(60, 'contain', 0));
    expect(peak(grants)).toBe(15);
    expect(Math.max(...grants.map(({ grantedMs }) => grantedMs))).toBe(3000);
  });

  test('leave the customer a share of the limit', async () => {
    const { grants } = await granted(many(30, 'contain', 0), { headroom: 0.2 });
    expect(peak(grants)).toBe(12);
  });

  test('go to containment first, however many others were there before', async () => {
    const { grants } = await granted([
      ...many(100, 'evidence', 0),
      ...many(100, 'inventory', 0),
      ...many(30, 'contain', 1500),
      ...many(10, 'verify', 1500),
    ]);
    const last = (priority: Priority) =>
      Math.max(...grants.filter((each) => each.priority === priority).map(({ grantedMs }) => grantedMs));
    // 30 calls at 15 a second, of which the others had taken a part of the second before.
    expect(last('contain')).toBeLessThanOrEqual(1500 + 2500);
    expect(last('verify')).toBeLessThan(last('evidence'));
    expect(last('evidence')).toBeLessThan(last('inventory'));
    expect(peak(grants)).toBeLessThanOrEqual(15);
  });

  test('would come later to containment if it waited behind the others (control)', async () => {
    const asLate = await granted([...many(100, 'evidence', 0), ...many(30, 'evidence', 1500)]);
    const after = asLate.grants.filter(({ atMs }) => atMs === 1500).map(({ grantedMs }) => grantedMs);
    expect(Math.max(...after)).toBeGreaterThan(1500 + 5000);
  });

  test('keep to the limit and to the order for any mixture', async () => {
    const ask = fc.record({
      priority: fc.constantFrom(...PRIORITIES),
      atMs: fc.integer({ min: 0, max: 4000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { maxLength: 60 }), async (asks) => {
        const { grants } = await granted(asks);
        expect(grants).toHaveLength(asks.length);
        expect(peak(grants)).toBeLessThanOrEqual(15);
        // Who asked no later and is more urgent is never behind.
        // Who asked no later and is more urgent is never behind.
        const rank = ({ priority }: Ask) => PRIORITIES.indexOf(priority);
        const overtaken = grants.filter((early) =>
          grants.some(
            (late) => rank(early) < rank(late) && early.atMs <= late.atMs && early.grantedMs > late.grantedMs,
          ),
        );
        expect(overtaken).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  test('are given up by whoever lost the lease, without keeping the others waiting', async () => {
    const { grants, refusals } = await granted([...many(1, 'contain', 0), ...many(3, 'verify', 0)], {
      beforeSend: ({ priority }) => {
        if (priority === 'contain') throw new Error('lost');
      },
    });
    expect(refusals).toHaveLength(1);
    expect(grants.map(({ grantedMs }) => grantedMs)).toEqual([0, 0, 0]);
  });

  test('end at once when the process stops', async () => {
    const stopping = new AbortController();
    const waiting = granted(many(40, 'contain', 0), { signal: stopping.signal });
    stopping.abort();
    const { grants } = await waiting;
    expect(Math.max(...grants.map(({ grantedMs }) => grantedMs))).toBe(0);
  });
});
