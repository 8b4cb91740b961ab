import { isStale, pictureSchema } from '../inventory/picture.ts';
import type { Related } from '../inventory/scope.ts';
import { relatedFunctions } from '../inventory/scope.ts';
import { loadIncident } from '../store/incident.ts';
import { readInventory } from '../store/inventory.ts';
import { findIncidentId } from '../store/list.ts';
import type { Sql } from '../store/sql.ts';
import { recordOf } from './load.ts';

/** What an incident may reach beyond its targets, as far as the inventory knows. */
export interface ScopeView {
  readonly incidentId: string;
  readonly suggestions: readonly Related[];
  /** When the pictures were taken that this rests on; empty when there is none of the targets' accounts. */
  readonly takenAt: readonly string[];
  /** True when one of them is too old to be believed. */
  readonly stale: boolean;
}

/** Looks for functions that share something with an incident's targets; `undefined` when there is no such incident. */
export async function scopeOf(sql: Sql, reference: string, now: Date): Promise<ScopeView | undefined> {
  const id = await findIncidentId(sql, reference);
  const row = id === undefined ? undefined : await loadIncident(sql, id);
  if (id === undefined || row === undefined) return undefined;
  const { targets, alert } = recordOf(row.record);
  const pictures = (await readInventory(sql)).flatMap((stored) => {
    const parsed = pictureSchema.safeParse(stored);
    const here =
      parsed.success &&
      targets.some(({ account, region }) => account === parsed.data.account && region === parsed.data.region);
    return here ? [parsed.data] : [];
  });
  return {
    incidentId: id,
    suggestions: pictures.flatMap((picture) => relatedFunctions(picture, targets, alert.firstSeenAt)),
    takenAt: pictures.map(({ takenAt }) => takenAt),
    stale: pictures.some((picture) => isStale(picture, now)),
  };
}
