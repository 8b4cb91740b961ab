import { describe, expect, test } from '@jest/globals';
import type { Impact } from '../../../src/incident/impact.ts';
import { brokenLine } from '../../../src/slack/render/broken.ts';
import { incident } from './harness.ts';

const NOTHING: Impact = {
  stopped: [],
  capped: [],
  throttlesPerMinute: null,
  paused: [],
  keptIn: [],
  dropping: [],
  dropped: null,
  siblings: 0,
  deniedRoles: [],
  canWiden: false,
  firstLoss: null,
};
const ORDERS = 'arn:aws:sqs:eu-central-1:111122223333:orders';
const CARTS = 'arn:aws:dynamodb:eu-central-1:111122223333:table/carts/stream/2026-01-01T00:00:00.000';

const line = (impact: Partial<Impact>) =>
  brokenLine(incident({ impact: { ...NOTHING, ...impact } })).replace(/<!date\^\d+\^[^|]*\|([^>]*)>/g, '$1');

describe('what is broken now', () => {
  test('is said in words that a person can act on, with the first loss', () => {
    expect(
      line({
        stopped: ['checkout'],
        siblings: 3,
        paused: [
          {
            source: ORDERS,
            since: '2026-03-01T03:00:00.000Z',
            keepsUntil: '2026-03-05T03:00:00.000Z',
            certain: false,
          },
          {
            source: CARTS,
            since: '2026-03-01T03:00:00.000Z',
            keepsUntil: '2026-03-02T03:00:00.000Z',
            certain: true,
          },
        ],
        firstLoss: { at: '2026-03-02T03:00:00.000Z', source: CARTS },
      }),
    ).toBe(
      '⚙️ *Broken now:* `checkout` throttles *every call* (429) · 3 siblings share its role, untouched\n' +
        '⏳ *Data:* events *wait* in `queue orders`, `stream of table carts` · first loss *2026-03-02 03:00 UTC (03:00 UTC)* in `stream of table carts`',
    );
  });

  test.each([
    [
      { deniedRoles: ['arn'], siblings: 4, stopped: ['a', 'b'] },
      '`a`, `b` throttle *every call* (429) · ⚠️ 4 others on its role *denied too*',
    ],
    [{ deniedRoles: ['arn'], siblings: null, stopped: ['a'] }, 'nobody knows who else uses it'],
    [{ stopped: ['a'], siblings: null }, 'who else uses its role is not known'],
    [{ stopped: ['a'], dropping: ['a'] }, '⚠️ asynchronous events are *lost*'],
    [{ stopped: ['a'], dropped: 1 }, '⚠️ *1 asynchronous event lost* so far'],
    [{ stopped: ['a'], keptIn: [ORDERS] }, 'asynchronous events are kept in `queue orders`'],
    [{ canWiden: true }, 'the function runs, and its own calls to AWS are denied'],
    [{ capped: ['a'] }, '`a` runs capped'],
    [{ stopped: ['a'], throttlesPerMinute: 42 }, '(429) · about *42 throttles a minute*'],
    [
      { stopped: ['a'], firstLoss: { at: '2026-03-05T03:00:00.000Z', source: ORDERS } },
      '(by default; its owner may keep less)',
    ],
    [{}, 'nothing is held any more'],
  ])('%j', (impact, said) => {
    expect(line(impact)).toContain(said);
  });
});
