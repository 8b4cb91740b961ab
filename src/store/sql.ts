import { AsyncLocalStorage } from 'node:async_hooks';
import { CodedError } from '../error.ts';

/**
 * The record's only door. Two implementations: PGlite (embedded) and a PostgreSQL server. Neither
 * exposes its connection: the embedded one has a single connection, so an open transaction that
 * waits for anything else would stop the whole engine (a 500 ms one held the queue up for 503 ms).
 */
export interface Sql {
  readonly kind: 'embedded' | 'server';
  /** Runs one statement in its own transaction and returns its rows. */
  query<Row>(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs several statements in one transaction. No I/O inside, and no call to the queue: it throws. */
  withTransaction<Result>(work: (transaction: SqlTransaction) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface SqlTransaction {
  query<Row>(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
}

export type StoreErrorCode =
  | 'cordon_store_queue_in_transaction'
  | 'cordon_store_folder_in_use'
  | 'cordon_store_unreachable'
  | 'cordon_store_schema_newer'
  | 'cordon_store_bad_row';

export class StoreError extends CodedError<StoreErrorCode> {}

const insideTransaction = new AsyncLocalStorage<true>();

/** Marks everything that `work` awaits as inside a transaction. */
export function markTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
  return insideTransaction.run(true, work);
}

/** Throws `cordon_store_queue_in_transaction` inside a transaction: with one connection the queue would deadlock. */
export function assertOutsideTransaction(what: string): void {
  if (insideTransaction.getStore() === true) {
    throw new StoreError(
      'cordon_store_queue_in_transaction',
      `${what} was called inside a database transaction, where it would wait for itself; call it after the commit`,
    );
  }
}

/** Why a statement was refused by the database, as far as the engine cares. */
export type Refusal =
  | 'stale'
  | 'alert-belongs-elsewhere'
  | 'function-has-open-incident'
  | 'object-has-captor'
  | 'object-is-held'
  | 'object-not-held'
  | 'object-being-restored'
  | 'budget-spent'
  | 'campaign-moved'
  | 'receipt-exists'
  | 'delivery-lost'
  | 'other';

interface DatabaseError {
  readonly code?: unknown;
  readonly constraint?: unknown;
}

/** Which budget a `budget-spent` refusal is about: `tier`, `account` or `all`. */
export function spentBudgetOf(error: unknown): string {
  const { detail }: { readonly detail?: unknown } = typeof error === 'object' && error !== null ? error : {};
  return typeof detail === 'string' ? detail : 'all';
}

/** Classifies an error thrown by `query` by its SQLSTATE and constraint. */
export function refusalOf(error: unknown): Refusal {
  if (typeof error !== 'object' || error === null) return 'other';
  const { code, constraint }: DatabaseError = error;
  if (code === 'CD001') return 'stale';
  if (code === 'CD002') return 'alert-belongs-elsewhere';
  if (code === 'CD004') return 'object-is-held';
  if (code === 'CD005') return 'delivery-lost';
  if (code === 'CD006') return 'object-not-held';
  if (code === 'CD007') return 'object-being-restored';
  if (code === 'CD008') return 'budget-spent';
  if (code === 'CD009') return 'campaign-moved';
  if (code !== '23505') return 'other';
  if (constraint === 'incident_target_one_open') return 'function-has-open-incident';
  if (constraint === 'hold_one_captor') return 'object-has-captor';
  if (constraint === 'receipt_pkey') return 'receipt-exists';
  return 'other';
}
