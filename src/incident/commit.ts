import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import { appendEntries } from '../timeline/chain.ts';
import type { Draft } from './draft.ts';
import type { IncidentState } from './state.ts';

/** What `cordon.commit` is given for one draft, and the state that holds once it has succeeded. */
export interface Commit {
  readonly payload: JsonObject;
  /** As it will be, but for the number that the database gives a new incident. */
  readonly next: IncidentState;
}

/** Turns a decided draft into one statement's payload; the timeline's hashes are computed here. */
export function commitOf(draft: Draft): Commit {
  const { base, env } = draft;
  const appended = appendEntries(
    base.chain,
    draft.id,
    env.now,
    draft.entries.map((entry) => entry.body),
  );
  const pick = <Id, Row>(ids: ReadonlySet<Id>, rows: ReadonlyMap<Id, Row>): JsonObject | undefined => {
    const chosen = [...ids].map((id) => rows.get(id));
    // Rows are plain JSON by their types in state.ts.
    return chosen.length === 0 ? undefined : (chosen as unknown as JsonObject);
  };
  const { changed } = draft;
  const payload = {
    incident: {
      id: draft.id,
      expected_seq: base.seq,
      status: draft.status,
      playbook_sha256: base.playbookSha256,
      record: draft.record,
      chain_seq: appended.head.seq,
      chain_hash: appended.head.hash,
      opened_at: draft.record.openedAt,
      closed_at: draft.record.closedAt,
    },
    targets: changed.targets
      ? draft.record.targets.map((target) => ({
          function_arn: target.functionArn,
          open: draft.status !== 'closed',
        }))
      : undefined,
    alerts: some(draft.alerts)?.map((row) => ({
      id: row.id,
      dedupe_key: row.alert.dedupeKey,
      revision: row.alert.revision,
      bytes_sha256: row.bytesSha256,
      via: row.via,
      sender: row.sender,
      received_at: row.receivedAt,
      body: row.alert,
    })),
    charts: pick(changed.charts, draft.charts),
    invocations: pick(changed.invocations, draft.invocations),
    attempts: pick(changed.attempts, draft.attempts),
    holds: pick(changed.holds, draft.holds),
    timers: pick(changed.timers, draft.timers),
    outbox: some(draft.outbox),
    delivered: some(draft.delivered)?.map((row) => ({ ...row, at: draft.at })),
    receipts: some(draft.receipts)?.map((row) => ({ ...row, at: draft.at })),
    entries: some(appended.entries)?.map((entry) => ({
      chain: entry.chain,
      seq: entry.seq,
      at: entry.at,
      prev_hash: entry.prevHash,
      body_hash: entry.bodyHash,
      hash: entry.hash,
      body: canonicalJson(entry.body),
    })),
  };
  return {
    payload: payload as unknown as JsonObject, // every part above is JSON; `undefined` members vanish
    next: {
      id: draft.id,
      number: base.number,
      seq: base.seq + 1,
      status: draft.status,
      playbookSha256: base.playbookSha256,
      record: draft.record,
      chain: appended.head,
      charts: draft.charts,
      invocations: draft.invocations,
      attempts: draft.attempts,
      holds: draft.holds,
      timers: new Map([...draft.timers].filter(([, timer]) => timer.status === 'armed')),
    },
  };
}

/** True when the decision changed nothing, so that there is nothing to commit. */
export function isUnchanged(draft: Draft): boolean {
  const { changed } = draft;
  return (
    draft.base.seq > 0 &&
    draft.entries.length === 0 &&
    draft.outbox.length === 0 &&
    draft.alerts.length === 0 &&
    draft.delivered.length === 0 &&
    draft.receipts.length === 0 &&
    changed.charts.size +
      changed.invocations.size +
      changed.attempts.size +
      changed.holds.size +
      changed.timers.size ===
      0
  );
}

/** The list, or nothing when it is empty: an absent part costs the statement nothing. */
function some<Row>(rows: readonly Row[]): readonly Row[] | undefined {
  return rows.length === 0 ? undefined : rows;
}
