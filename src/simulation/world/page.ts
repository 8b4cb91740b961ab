/** One page of a list, and the marker of the next. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/** Cuts a page. A marker is the position of the first item that has not been given, encoded. */
export function cutPage<T>(
  all: readonly T[],
  marker: string | null,
  most: string | number | null,
  byDefault: number,
): Page<T> {
  const start = marker === null || marker === '' ? 0 : Number(Buffer.from(marker, 'base64url').toString());
  const from = Number.isInteger(start) && start >= 0 ? start : all.length;
  const size = Math.max(1, Number(most ?? byDefault) || byDefault);
  const items = all.slice(from, from + size);
  const end = from + items.length;
  return { items, next: end < all.length ? Buffer.from(String(end)).toString('base64url') : undefined };
}
