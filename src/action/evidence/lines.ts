import type { Json } from '../../json.ts';

/** Rows of one page. */
export type Batch = readonly Json[];

/** A list that is being read, to its end or to where it breaks off. */
export interface Reading {
  readonly batches: AsyncIterator<Batch>;
  first: Batch | null;
  rows: number;
  /** What it broke off with; `null` while it has not. */
  broken: unknown;
}

/** Begins to read: nothing is stored of a list whose first page cannot be had. */
export async function firstBatch(rows: AsyncIterable<Batch>): Promise<Reading> {
  const reading: Reading = { batches: rows[Symbol.asyncIterator](), first: null, rows: 0, broken: null };
  reading.first = await next(reading);
  return reading;
}

/** The rest of a list as NDJSON, one page in memory at a time. A failure ends it and stays in `broken`. */
export async function* linesOf(reading: Reading): AsyncGenerator<Uint8Array, void, undefined> {
  for (let batch = reading.first; batch !== null; batch = await next(reading)) {
    reading.first = null;
    if (batch.length === 0) continue;
    reading.rows += batch.length;
    yield Buffer.from(`${batch.map((row) => JSON.stringify(row)).join('\n')}\n`, 'utf8');
  }
}

async function next(reading: Reading): Promise<Batch | null> {
  try {
    const found = await reading.batches.next();
    return found.done === true ? null : found.value;
  } catch (error) {
    reading.broken = error;
    return null;
  }
}
