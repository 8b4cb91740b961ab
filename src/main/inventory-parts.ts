import { CATALOGUE } from '../action/catalogue.ts';
import type { AwsAccess, AwsPurpose } from '../action/ports.ts';
import { type AwsAccessFactory, createAwsAccess } from '../aws/access.ts';
import { budgetedGuard } from '../aws/budgeted-guard.ts';
import type { AssumedRole } from '../aws/sessions.ts';
import { createTurns, type Turns } from '../aws/turns.ts';
import type { Clock } from '../clock.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { Ids } from '../id.ts';
import { createInventory, type Inventory, type Looked } from '../inventory/inventory.ts';
import type { Log } from '../log.ts';
import { memoryBudget } from '../store/rate-budget.ts';
import type { Sql } from '../store/sql.ts';
import type { Closing } from './closing.ts';

/** Which role of an enrolled account calls of one purpose are made with; none means the base credentials. */
export function rolesOf(
  enrolment: Enrolment,
): (account: string, purpose: AwsPurpose) => AssumedRole | undefined {
  return (account, purpose) => {
    const enrolled = enrolment.accounts.find((entry) => entry.id === account);
    const roleArn = enrolled?.roles[purpose];
    if (roleArn === undefined) return undefined;
    return enrolled?.externalId === undefined ? { roleArn } : { roleArn, externalId: enrolled.externalId };
  };
}

/** The inventory of every enrolled account and Region, read with the least urgent share of the rate budget. */
export function enrolledInventory(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: string;
  readonly enrolment: Enrolment;
  readonly aws: () => AwsAccessFactory;
  readonly turns: Turns;
  readonly headroom: number;
  readonly signal: AbortSignal;
}): Inventory {
  const { enrolment, turns, headroom, signal } = options;
  const open = (account: string, region: string, partition: string): AwsAccess =>
    options.aws()(
      { account, region, partition, purpose: 'read', sourceIdentity: 'cordon' },
      budgetedGuard({ turns, priority: 'inventory', headroom, beforeSend: () => {}, signal }),
    );
  const places = enrolment.accounts.flatMap(({ id, regions, partition, profile, roles }) =>
    regions.map(
      (region): Looked => ({
        account: id,
        region,
        partition,
        profile,
        ownRoles: Object.fromEntries(
          Object.entries(roles).filter((entry): entry is [string, string] => entry[1] !== undefined),
        ),
        actions: CATALOGUE,
        open: () => open(id, region, partition),
      }),
    ),
  );
  return createInventory({ ...options, places });
}

/** The same for one command, which has no engine: the way to AWS is opened only when it looks. */
export function commandInventory(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly enrolment: Enrolment;
  readonly headroom: number;
  readonly closing: Closing;
}): Inventory {
  const { clock, ids, enrolment, closing } = options;
  const stopping = new AbortController();
  let factory: AwsAccessFactory | undefined;
  closing.add(async () => {
    stopping.abort();
    factory?.close();
  });
  return enrolledInventory({
    ...options,
    holder: ids.next('wrk'),
    aws: () => {
      factory ??= createAwsAccess({
        transport: { kind: 'aws' },
        clock,
        random: () => ids.random(),
        roleFor: rolesOf(enrolment),
      });
      return factory;
    },
    turns: createTurns(memoryBudget(clock), clock),
    signal: stopping.signal,
  });
}

// Half of what makes a picture stale: one refresh that fails makes no alert fall back to "unknown".
const REFRESH_EVERY_MS = 15 * 60_000;

/** Looks again at whatever was last looked at too long ago, until `signal`. One process at a time does, by lease. */
export async function keepInventory(inventory: Inventory, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await inventory.refresh(undefined, REFRESH_EVERY_MS);
    await clock.sleep(REFRESH_EVERY_MS / 5, signal);
  }
}
