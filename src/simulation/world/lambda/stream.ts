import type { Stream } from '../state.ts';

/** Length of a sequence number, so that the order of their text is their order. */
const DIGITS = 21;

/** Appends a record to a stream. */
export function appendRecord(stream: Stream, data: string, atMs: number): void {
  const sequence = String(stream.records.length + 1).padStart(DIGITS, '0');
  stream.records.push({ sequence, data, atMs });
}
