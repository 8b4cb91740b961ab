/** One call that reached the world, as the account's own trail has it. Plain JSON. */
export interface JournalEntry {
  /** Instant at which the call was decided, ISO 8601. */
  readonly at: string;
  readonly service: string;
  readonly operation: string;
  readonly region: string;
  readonly accessKeyId: string;
  /** ARN of the session or user; empty when the credentials are unknown. */
  readonly principalArn: string;
  /** The function whose environment the credentials were made for, if any. */
  readonly sourceFunctionArn: string | null;
  /** ARN of what the call acts on, or `*`. */
  readonly target: string;
  /** `ok`, or the code of AWS's error; `no-effect` for a request that was lost on its way. */
  readonly outcome: string;
  /** True when the answer never reached the caller. */
  readonly answerLost: boolean;
  /** True for operations that change something. */
  readonly write: boolean;
}

/** Fields that an entry must have; a function tests the field. */
export type JournalFilter = {
  readonly [Key in keyof JournalEntry]?: JournalEntry[Key] | ((value: JournalEntry[Key]) => boolean);
};

/** Codes by which services refuse for lack of permission. */
const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
]);

export interface Journal {
  entries(filter?: JournalFilter): readonly JournalEntry[];
  count(filter?: JournalFilter): number;
  /** Calls that changed something in the account. */
  writes(filter?: JournalFilter): readonly JournalEntry[];
  /** Calls that a policy refused. */
  denied(filter?: JournalFilter): readonly JournalEntry[];
  /** Invocations that the function's concurrency refused. */
  throttledInvocations(filter?: JournalFilter): readonly JournalEntry[];
  /** The most calls of one service within any window of `windowMs`. */
  peak(filter: JournalFilter, windowMs: number): number;
  append(entry: JournalEntry): void;
  /** Called with each entry as it is written; returns the function that ends it. */
  subscribe(listener: (entry: JournalEntry) => void): () => void;
}

function matches(entry: JournalEntry, filter: JournalFilter): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    // `key` comes from the filter's own keys, which its type makes keys of the entry.
    const value = entry[key as keyof JournalEntry];
    return typeof wanted === 'function' ? (wanted as (value: unknown) => boolean)(value) : value === wanted;
  });
}

/** An empty journal. */
export function createJournal(): Journal {
  const all: JournalEntry[] = [];
  const listeners = new Set<(entry: JournalEntry) => void>();
  const entries = (filter?: JournalFilter) =>
    filter === undefined ? [...all] : all.filter((entry) => matches(entry, filter));
  return {
    entries,
    count: (filter) => (filter === undefined ? all.length : entries(filter).length),
    writes: (filter) => entries(filter).filter((entry) => entry.write && entry.outcome === 'ok'),
    denied: (filter) => entries(filter).filter((entry) => DENIED.has(entry.outcome)),
    throttledInvocations: (filter) =>
      entries(filter).filter(
        (entry) => entry.operation === 'Invoke' && entry.outcome === 'TooManyRequestsException',
      ),
    peak(filter, windowMs) {
      const times = entries(filter).map((entry) => Date.parse(entry.at));
      let most = 0;
      let first = 0;
      for (const [index, time] of times.entries()) {
        while (time - (times[first] ?? time) >= windowMs) first++;
        most = Math.max(most, index - first + 1);
      }
      return most;
    },
    append(entry) {
      all.push(entry);
      for (const listener of listeners) listener(entry);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
