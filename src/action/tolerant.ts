import { CodedError, codeOf, describeError } from '../error.ts';
import { AwsError } from './failure.ts';

/** What a read gave, or why it gave nothing. */
export type Found<Value> =
  | { readonly kind: 'found'; readonly value: Value }
  | {
      readonly kind: 'unreadable';
      readonly code: string;
      readonly reason: string;
      /** True when the same read may be answered later. */
      readonly retryable: boolean;
    };

/**
 * Makes a read whose failure must not hold up the rest. A lost lease still throws, since the attempt is over,
 * and so does anything that is not a coded error, since that is a mistake of ours.
 */
export async function tolerant<Value>(read: () => Promise<Value>): Promise<Found<Value>> {
  try {
    return { kind: 'found', value: await read() };
  } catch (error) {
    return unreadable(error);
  }
}

/** As `tolerant` treats an error: an unreadable part, or thrown again. */
export function unreadable(error: unknown): Extract<Found<never>, { kind: 'unreadable' }> {
  if (!(error instanceof CodedError) || error.code === 'cordon_lease_lost') throw error;
  const retryable = error instanceof AwsError && error.classification !== 'terminal';
  return { kind: 'unreadable', code: codeOf(error), reason: describeError(error), retryable };
}
