import { type AwsAccessOptions, createAwsAccess } from '../../src/aws/access.ts';
import type { CallGuard, RatedCall } from '../../src/aws/guard.ts';
import type { AwsScope } from '../../src/aws/sessions.ts';
import type { Clock } from '../../src/clock.ts';
import { systemClock } from '../../src/clock.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-west-1';
export const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:checkout`;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/service/checkout-role`;

export const SCOPE: AwsScope = {
  account: ACCOUNT,
  region: REGION,
  partition: 'aws',
  purpose: 'contain',
  sourceIdentity: 'inc-0123456789abcdef',
};

/** Real time without waiting: every sleep is over at once, and is remembered. */
export function hastyClock(): Clock & { readonly slept: readonly number[] } {
  const slept: number[] = [];
  return {
    now: () => systemClock.now(),
    monotonicMs: () => systemClock.monotonicMs(),
    sleep: async (ms) => {
      slept.push(ms);
    },
    slept,
  };
}

/** A guard that lets everything pass and remembers what was asked of it. */
export function openGuard(
  overrides: Partial<CallGuard> = {},
): CallGuard & { readonly taken: readonly RatedCall[] } {
  const taken: RatedCall[] = [];
  return {
    beforeSend: () => {},
    take: async (call) => {
      taken.push(call);
    },
    ...overrides,
    taken,
  };
}

/** Access to an endpoint on this machine, with a clock that does not wait. */
export function accessTo(endpoint: string, overrides: Partial<AwsAccessOptions> = {}) {
  return createAwsAccess({
    transport: { kind: 'world', endpoint },
    clock: hastyClock(),
    random: () => 0.5,
    ...overrides,
  });
}

/** The failure of a call that must fail. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ({ succeededWith: value }),
    (error: unknown) => error,
  );
}
