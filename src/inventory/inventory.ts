import type { AwsAccess } from '../action/ports.ts';
import type { Clock } from '../clock.ts';
import { describeError } from '../error.ts';
import type { Log } from '../log.ts';
import {
  endInventoryLease,
  type InventoryPlace,
  leaseInventory,
  readInventory,
  saveInventory,
} from '../store/inventory.ts';
import type { Sql } from '../store/sql.ts';
import { appendSystemEntries } from '../store/system-chain.ts';
import { entryBody } from '../timeline/body.ts';
import { type CollectRequest, collect } from './collect.ts';
import { noticesBetween } from './notices.ts';
import { blastRadius, type Picture, pictureSchema } from './picture.ts';

/** What a refresh of one place came to. */
export interface Refreshed {
  readonly account: string;
  readonly region: string;
  readonly outcome: 'refreshed' | 'busy' | 'failed';
  readonly functions: number;
  readonly notices: number;
  /** Why it failed. */
  readonly reason: string | null;
}

export interface Inventory {
  /** The pictures that there are. */
  pictures(): Promise<readonly Picture[]>;
  /**
   * Looks at one place, or at all of them: at those whose picture is older than `olderThanMs` (default 0: now). A place
   * that another process is looking at is left to it.
   */
  refresh(place?: InventoryPlace, olderThanMs?: number): Promise<readonly Refreshed[]>;
}

/** One place to look at, and the way there. */
export interface Looked extends CollectRequest {
  open(): AwsAccess;
}

// Long enough that a slow account is not begun by two, short enough that a dead reader is soon replaced.
const LEASE_MS = 120_000;
const RENEW_MS = 30_000;

/** Builds the inventory over the database. `holder` tells this process from others. */
export function createInventory(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: string;
  readonly places: readonly Looked[];
}): Inventory {
  const { sql, clock, log, holder, places } = options;

  const pictures = async () =>
    (await readInventory(sql)).flatMap((stored) => {
      // A picture of another version is looked at anew, not guessed at.
      const parsed = pictureSchema.safeParse(stored);
      return parsed.success ? [parsed.data] : [];
    });

  const look = async (place: Looked): Promise<Refreshed> => {
    const { account, region } = place;
    const said = (outcome: Refreshed['outcome'], more: Partial<Refreshed> = {}): Refreshed => ({
      account,
      region,
      outcome,
      functions: 0,
      notices: 0,
      reason: null,
      ...more,
    });
    if (!(await leaseInventory(sql, place, holder, LEASE_MS))) return said('busy');
    const over = new AbortController();
    const renewing = renew(place, over.signal);
    try {
      const before = (await pictures()).find((each) => each.account === account && each.region === region);
      const picture = await collect(place.open(), place, clock);
      const known = picture.functions.map(({ functionArn, functionName, roles }) => ({
        functionArn,
        roles,
        sharedWith: sharedWith(picture, functionArn),
        ...lastChange(picture, functionName),
      }));
      const notices = before === undefined ? [] : noticesBetween(before, picture);
      if (notices.length > 0) {
        await appendSystemEntries(
          sql,
          clock,
          notices.map((notice) =>
            entryBody(
              'inventory.revalidate',
              { kind: 'engine' },
              `Revalidate permissions of ${notice.functionArn}: ${notice.kind} (${notice.added.join(', ')})`,
              { ...notice, added: [...notice.added] },
            ),
          ),
        );
      }
      // After the notices: a process that dies in between raises them again, and loses none.
      if (!(await saveInventory(sql, picture, picture, known, holder))) return said('busy');
      return said('refreshed', { functions: picture.functions.length, notices: notices.length });
    } catch (error) {
      log.warn({ account, region, reason: describeError(error) }, 'the inventory could not be refreshed');
      return said('failed', { reason: describeError(error) });
    } finally {
      over.abort();
      await renewing;
      await endInventoryLease(sql, place, holder);
    }
  };

  const renew = async (place: Looked, over: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(RENEW_MS, over);
      if (over.aborted) return;
      // A lease that is lost shows when the picture is saved.
      await leaseInventory(sql, place, holder, LEASE_MS).catch(() => false);
    }
  };

  return {
    pictures,
    async refresh(only, olderThanMs = 0) {
      const refreshed: Refreshed[] = [];
      const since = clock.now().getTime() - olderThanMs;
      const recent =
        olderThanMs === 0 ? [] : (await pictures()).filter((each) => Date.parse(each.takenAt) > since);
      for (const place of places) {
        if (recent.some((each) => each.account === place.account && each.region === place.region)) continue;
        if (only !== undefined && (only.account !== place.account || only.region !== place.region)) continue;
        refreshed.push(await look(place));
      }
      return refreshed;
    },
  };
}

/** Who changed a function last; nobody where the account's history could not be read. */
function lastChange(picture: Picture, functionName: string) {
  const changes = (picture.changes ?? []).filter((each) => each.functionName === functionName);
  const last = changes.sort((a, b) => a.at.localeCompare(b.at)).at(-1);
  return { changedBy: last?.by ?? null, changedAt: last?.at ?? null };
}

/** Other functions and other principals on the function's roles; -1 when a part of that is unknown. */
function sharedWith(picture: Picture, functionArn: string): number {
  const radius = blastRadius(picture, functionArn);
  return radius === undefined || radius.others === null ? -1 : radius.functions.length + radius.others.length;
}
