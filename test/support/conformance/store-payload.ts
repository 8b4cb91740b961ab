import { randomIds } from '../../../src/id.ts';
import type { Json, JsonObject } from '../../../src/json.ts';
import { storePlaybook } from '../../../src/store/alert.ts';
import { commitIncident } from '../../../src/store/incident.ts';
import type { Refusal, Sql } from '../../../src/store/sql.ts';
import { refusalOf } from '../../../src/store/sql.ts';
import { canonicalJson } from '../../../src/timeline/canonical.ts';
import { appendEntries, CHAIN_START } from '../../../src/timeline/chain.ts';

/** An instant that every row here carries; the database's own clock is not asked. */
export const AT = '2026-11-24T03:00:00.000Z';

const PLAYBOOK = 'a'.repeat(64);

/** Rows of one commit, as `commitOf` writes them; absent parts are left out. */
export interface CommitParts {
  readonly status?: 'open' | 'closed';
  readonly record?: JsonObject;
  readonly targets?: readonly { readonly function_arn: string; readonly open: boolean }[];
  readonly alerts?: readonly JsonObject[];
  readonly attempts?: readonly JsonObject[];
  readonly holds?: readonly JsonObject[];
  readonly timers?: readonly JsonObject[];
  readonly outbox?: readonly JsonObject[];
  readonly delivered?: readonly JsonObject[];
  readonly receipts?: readonly { readonly key: string; readonly result: Json; readonly at: string }[];
  readonly summaries?: readonly string[];
}

export interface StoredIncident {
  readonly id: string;
  /** Commits the parts on top of commit `seq` (by default the last of this object's) and returns the number. */
  commit(parts: CommitParts, seq?: number): Promise<number>;
}

/** A new incident with its first commit made. Every id is new, so that tests share one database. */
export async function openIncident(sql: Sql, parts: CommitParts = {}): Promise<StoredIncident> {
  const id = randomIds.next<never>('inc');
  let seq = 0;
  let head = CHAIN_START;
  await storePlaybook(sql, { sha256: PLAYBOOK, id: 'p', source: 'id: p' }, new Date(AT));
  const incident: StoredIncident = {
    id,
    async commit({ status = 'open', record = {}, summaries = [], ...rows }, expected = seq) {
      const bodies = summaries.map((summary) => ({
        kind: 'note.added' as const,
        actor: { kind: 'engine' },
        summary,
        data: null,
      }));
      const appended = appendEntries(head, id, new Date(AT), bodies);
      const number = await commitIncident(sql, {
        incident: {
          id,
          expected_seq: expected,
          status,
          playbook_sha256: PLAYBOOK,
          record,
          chain_seq: appended.head.seq,
          chain_hash: appended.head.hash,
          opened_at: AT,
          closed_at: status === 'closed' ? AT : null,
        },
        ...rows,
        ...(appended.entries.length === 0
          ? {}
          : {
              entries: appended.entries.map((entry) => ({
                chain: entry.chain,
                seq: entry.seq,
                at: entry.at,
                prev_hash: entry.prevHash,
                body_hash: entry.bodyHash,
                hash: entry.hash,
                body: canonicalJson(entry.body),
              })),
            }),
      });
      seq = expected + 1;
      head = appended.head;
      return number;
    },
  };
  await incident.commit(parts);
  return incident;
}

export function newFunctionArn(): string {
  return `arn:aws:lambda:eu-west-1:111122223333:function:${randomIds.next<never>('att')}`;
}

export function alertRow(dedupeKey: string, body: JsonObject = {}): JsonObject {
  return {
    id: randomIds.next<never>('alr'),
    dedupe_key: dedupeKey,
    revision: '1',
    bytes_sha256: 'b'.repeat(64),
    via: 'cli',
    sender: 'test',
    received_at: AT,
    body,
  };
}

export function holdRow(objectKey: string, overrides: JsonObject = {}): JsonObject {
  return {
    id: randomIds.next<never>('hld'),
    objectKey,
    status: 'open',
    captor: true,
    openedAt: AT,
    prior: { concurrency: 5 },
    closedAt: null,
    closedAs: null,
    ...overrides,
  };
}

export function attemptRow(overrides: JsonObject = {}): JsonObject {
  return {
    id: randomIds.next<never>('att'),
    state: 'planned',
    lane: 'contain',
    owner: null,
    notBefore: null,
    finishedAt: null,
    ...overrides,
  };
}

export function outboxRow(overrides: JsonObject = {}): JsonObject {
  return {
    id: randomIds.next<never>('out'),
    kind: 'notice',
    mergeKey: null,
    params: {},
    createdAt: AT,
    ...overrides,
  };
}

/** The class of the refusal that `work` must end in. */
export async function refusal(work: Promise<unknown>): Promise<Refusal | 'accepted'> {
  return work.then(
    () => 'accepted',
    (error: unknown) => refusalOf(error),
  );
}
