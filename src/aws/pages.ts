import { badResponse } from './classify.ts';
import type { Operation } from './operations.ts';

/**
 * Reads all pages of a list. A marker that comes back unchanged would go on for ever: that is a
 * `cordon_aws_bad_response`.
 */
export async function* pages<Page>(
  operation: Operation,
  fetchPage: (
    marker: string | undefined,
  ) => Promise<{ readonly page: Page; readonly next: string | undefined }>,
): AsyncGenerator<Page, void, undefined> {
  let marker: string | undefined;
  for (;;) {
    const { page, next } = await fetchPage(marker);
    yield page;
    if (next === undefined || next === '') return;
    if (next === marker) throw badResponse(operation, 'expected a new page marker, found the same again');
    marker = next;
  }
}

/** All items of a paged list, in order. */
export async function allOf<Item>(list: AsyncIterable<readonly Item[]>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of list) items.push(...page);
  return items;
}
