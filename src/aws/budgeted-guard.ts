import type { CallGuard } from './guard.ts';
import type { RateFamily } from './operations.ts';
import type { Priority, Turns } from './turns.ts';

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
  s3: 50,
};

/** What only evidence calls: nothing more urgent ever waits there. */
const EVIDENCE_ONLY: ReadonlySet<RateFamily> = new Set(['cloudtrail', 'cloudwatch', 'xray', 'config', 'ec2']);

/** Share of the budget that each priority may use up: the rest stays free for what is more urgent. */
const SHARES: Readonly<Record<Priority, number>> = {
  contain: 1,
  verify: 0.7,
  evidence: 0.5,
  inventory: 0.3,
};

/** Builds the guard of one attempt, or of one background reader: lease first, then its turn in the shared budget. */
export function budgetedGuard(options: {
  readonly turns: Turns;
  readonly priority: Priority;
  /** Share of every limit that is left for the customer's own deploys; 0 to 0.9. */
  readonly headroom: number;
  readonly beforeSend: () => void;
  readonly signal: AbortSignal;
}): CallGuard {
  const { turns, priority, headroom, beforeSend, signal } = options;
  return {
    beforeSend,
    signal,
    priority,
    take({ family, account, region }) {
      const share = EVIDENCE_ONLY.has(family) ? 1 : SHARES[priority];
      return turns.take({
        key: `${account}/${region}/${family}`,
        capacity: Math.max(1, Math.floor(LIMITS[family] * (1 - headroom) * share)),
        priority,
        stillWanted: beforeSend,
        signal,
      });
    },
  };
}
