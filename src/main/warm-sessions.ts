import { PURPOSES } from '../action/permissions.ts';
import type { AwsAccessFactory } from '../aws/access.ts';
import { budgetedGuard } from '../aws/budgeted-guard.ts';
import { createTurns } from '../aws/turns.ts';
import type { Clock } from '../clock.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { codeOf } from '../error.ts';
import type { Log } from '../log.ts';
import { memoryBudget } from '../store/rate-budget.ts';

// A session lives an hour. Looked at every ten minutes and renewed with twenty left, it can miss one look.
const LOOK_EVERY_MS = 10 * 60_000;
const WARM_MS = 20 * 60_000;

/**
 * Keeps a session of every role of every enrolled account and Region, in memory only, until `signal`: at alert time no
 * call waits for STS. A role that cannot be assumed is logged and tried again at the next look.
 */
export async function keepSessionsWarm(options: {
  readonly enrolment: Enrolment;
  readonly aws: AwsAccessFactory;
  readonly clock: Clock;
  readonly log: Log;
  readonly headroom: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { enrolment, aws, clock, log, headroom, signal } = options;
  const guard = budgetedGuard({
    turns: createTurns(memoryBudget(clock), clock),
    priority: 'inventory',
    headroom,
    beforeSend: () => {},
    signal,
  });
  while (!signal.aborted) {
    for (const { id: account, regions, partition } of enrolment.accounts) {
      for (const region of regions) {
        for (const purpose of PURPOSES) {
          try {
            const scope = { account, region, partition, purpose, sourceIdentity: 'cordon' };
            await aws.warm(scope, guard, WARM_MS);
          } catch (error) {
            log.warn({ account, region, purpose, code: codeOf(error) }, 'a role cannot be assumed');
          }
        }
      }
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}
