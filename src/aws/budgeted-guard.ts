import type { Clock } from '../clock.ts';
import type { RateBudget } from '../rate.ts';
import type { CallGuard } from './guard.ts';
import type { RateFamily } from './operations.ts';

/** Containment goes first, then what shows that it holds, then everything else. */
export type Priority = 'contain' | 'verify' | 'evidence';

/** Calls a second per account and Region (reference, section 4; IAM's are undisclosed and generous). */
const LIMITS: Readonly<Record<RateFamily, number>> = {
  'lambda-control': 15,
  'lambda-get-function': 100,
  'lambda-get-policy': 15,
  iam: 20,
  sts: 50,
  logs: 5,
  // LookupEvents: two a second per account and Region (CloudTrail quotas).
  cloudtrail: 2,
  cloudwatch: 50,
  // These publish no quota for reads, or a generous one; what evidence takes stays far below it.
  scaling: 10,
  ec2: 20,
  xray: 10,
  config: 5,
  secretsmanager: 20,
  sqs: 50,
};

/** What only evidence calls: nothing more urgent ever waits there. */
const EVIDENCE_ONLY: ReadonlySet<RateFamily> = new Set(['cloudtrail', 'cloudwatch', 'xray', 'config', 'ec2']);

/** Share of the budget that each priority may use up: the rest stays free for what is more urgent. */
const SHARES: Readonly<Record<Priority, number>> = { contain: 1, verify: 0.7, evidence: 0.5 };

/** Builds the guard of one attempt: lease first, then its place in the shared rate budget. */
export function budgetedGuard(options: {
  readonly budget: RateBudget;
  readonly clock: Clock;
  readonly priority: Priority;
  /** Share of every limit that is left for the customer's own deploys; 0 to 0.9. */
  readonly headroom: number;
  readonly beforeSend: () => void;
  readonly signal: AbortSignal;
}): CallGuard {
  const { budget, clock, priority, headroom, beforeSend, signal } = options;
  return {
    beforeSend,
    signal,
    async take({ family, account, region }) {
      const share = EVIDENCE_ONLY.has(family) ? 1 : SHARES[priority];
      const capacity = Math.max(1, Math.floor(LIMITS[family] * (1 - headroom) * share));
      for (;;) {
        const waitMs = await budget.take({ key: `${account}/${region}/${family}`, capacity });
        if (waitMs === 0 || signal.aborted) return;
        beforeSend();
        await clock.sleep(waitMs, signal);
      }
    },
  };
}
