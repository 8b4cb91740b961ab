import { grantsOf } from '../action/grants.ts';
import { type TrailedCall, trailedCall } from '../action/watch/trailed-call.ts';
import type { Json, JsonObject } from '../json.ts';
import { list, members, text, texts } from './read-json.ts';

/**
 * What an incident's own evidence says about reach and cost: the policies of the roles, the calls that their sessions made,
 * and the minutes that CloudWatch counted. Every fact names the item that it is from. Contents are attacker-controlled in
 * part: they are compared, counted and shown, never followed.
 */
export interface CaseFindings {
  /** The roles as the first collection found them, by ARN. */
  readonly roles: readonly RoleReach[];
  /** Calls that sessions of those roles made themselves, oldest first; each event once. */
  readonly calls: readonly SeenCall[];
  readonly metrics: readonly CountedMinutes[];
  /** Items that hold such facts and were not used, with the reason. */
  readonly unread: readonly { readonly item: string; readonly reason: string }[];
}

export interface RoleReach {
  readonly roleArn: string;
  /** `action on resource` of its Allow statements; `null` where a policy could not be read. */
  readonly grants: readonly string[] | null;
  readonly item: string;
}

export type SeenCall = Pick<TrailedCall, 'id' | 'at' | 'call' | 'roleArn' | 'outcome'> & {
  readonly item: string;
};

/** One metric of one function, minute by minute, as one look had it. */
export interface CountedMinutes {
  readonly functionArn: string;
  readonly name: string;
  /** ISO 8601 and the count. */
  readonly minutes: readonly (readonly [at: string, count: number])[];
  /** When the look was taken: later minutes are not in it. */
  readonly takenAt: string;
  readonly item: string;
}

/** An item whose bytes are what its record says; `rows` is its JSON, or one value a line. */
export interface CaseItem {
  readonly name: string;
  readonly artifact: string;
  readonly sourceArn: string;
  readonly collectedAt: string;
  readonly rows: readonly Json[];
}

// Where `evidence.snapshot` and `evidence.sweep` put what is read here.
const SWEPT = /\/sweep-[^/]+\//;
const METRICS = /\/metrics[.]ndjson$/;

/** True for an item that `caseFindings` can use: others need not be read. */
export function isFinding({ name, artifact }: Pick<CaseItem, 'name' | 'artifact'>): boolean {
  // A later look at a role finds what containment did to it, and not what could be reached.
  if (artifact === 'role') return !SWEPT.test(name);
  return artifact === 'cloudtrail-management' || (artifact === 'backlog' && METRICS.test(name));
}

/** Reads the facts out of a case's items. Pure. */
export function caseFindings(items: readonly CaseItem[], unread: CaseFindings['unread']): CaseFindings {
  const used = items.filter(isFinding);
  const roles = new Map<string, RoleReach>();
  for (const item of used.filter(({ artifact }) => artifact === 'role')) {
    const role = roleReach(item);
    if (role !== undefined && !roles.has(role.roleArn)) roles.set(role.roleArn, role);
  }
  const calls = new Map<string, SeenCall>();
  for (const item of used.filter(({ artifact }) => artifact === 'cloudtrail-management')) {
    for (const row of item.rows) {
      const call = trailedCall(row);
      // What a service did on the role's behalf (Lambda assuming it) is nobody's use of it.
      if (call === undefined || call.invokedBy !== null || calls.has(call.id)) continue;
      if (call.roleArn === null || !roles.has(call.roleArn)) continue;
      const { id, at, call: name, roleArn, outcome } = call;
      calls.set(id, { id, at, call: name, roleArn, outcome, item: item.name });
    }
  }
  return {
    roles: [...roles.values()].sort((a, b) => order(a.roleArn, b.roleArn)),
    calls: [...calls.values()].sort((a, b) => order(a.at, b.at) || order(a.id, b.id)),
    metrics: used.filter(({ artifact }) => artifact === 'backlog').flatMap(countedMinutes),
    unread,
  };
}

function roleReach({ name, sourceArn, rows }: CaseItem): RoleReach | undefined {
  const role = members(rows[0]);
  const roleArn = text(role.arn) ?? sourceArn;
  const { inlinePolicies, attachedPolicies } = role;
  const documents: readonly (Json | undefined)[] = [
    ...Object.values(members(inlinePolicies)),
    ...list(attachedPolicies).map((policy) => members(policy).document),
  ];
  const unreadable =
    !isObject(inlinePolicies) || !Array.isArray(attachedPolicies) || !documents.every(isObject);
  return { roleArn, grants: unreadable ? null : grantsOf(documents.filter(isObject)), item: name };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function countedMinutes({ name, sourceArn, collectedAt, rows }: CaseItem): CountedMinutes[] {
  return rows.flatMap((row) => {
    const { Id, Label, Timestamps, Values } = members(row);
    const metric = text(Label) ?? text(Id);
    if (metric === null) return [];
    const counts = list(Values);
    const minutes = texts(Timestamps).flatMap((at, index) => {
      const count = counts[index];
      const ms = Date.parse(at);
      return typeof count === 'number' && !Number.isNaN(ms)
        ? [[new Date(ms).toISOString(), count] as const]
        : [];
    });
    return [{ functionArn: sourceArn, name: metric, minutes, takenAt: collectedAt, item: name }];
  });
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
