import { CodedError } from '../error.ts';

export type OwnersErrorCode = 'cordon_owners_invalid';

class OwnersError extends CodedError<OwnersErrorCode> {}

/** One line of an owners file. */
export interface OwnerRule {
  readonly pattern: string;
  readonly owners: readonly string[];
}

/** Whom a function belongs to, and how that is known. */
export interface Ownership {
  readonly owners: readonly string[];
  /** A tag can be changed by whoever may tag the function; the files cannot. */
  readonly from: 'file' | 'account' | 'tag' | 'nobody';
}

const TAGS = ['owner', 'team'];

/**
 * Reads an owners file, which is written as CODEOWNERS is: one pattern and its owners a line, the last match counts, `#`
 * begins a comment. A pattern is a function's name, or `account/region/name`, and `*` stands for any text. Throws
 * `cordon_owners_invalid` with the line of the first problem.
 */
export function parseOwners(text: string, file: string): readonly OwnerRule[] {
  return text.split('\n').flatMap((line, index) => {
    const words = (line.split('#')[0] ?? '')
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
    const [pattern, ...owners] = words;
    if (pattern === undefined) return [];
    if (owners.length === 0 || !/^[\w*-]+(\/[\w*-]+\/[\w*-]+)?$/.test(pattern)) {
      throw new OwnersError(
        'cordon_owners_invalid',
        `${file}:${index + 1}: expected a function's name or account/region/name (* stands for any text), then at least one owner`,
      );
    }
    return [{ pattern, owners }];
  });
}

/** Whom to page about a function: the owners file, else its account's owner, else a tag. Pure. */
export function ownersOf(
  subject: {
    readonly account: string;
    readonly region: string;
    readonly functionName: string;
    readonly tags: Readonly<Record<string, string>> | null;
  },
  rules: readonly OwnerRule[],
  accountOwner: string | undefined,
): Ownership {
  const { account, region, functionName } = subject;
  const rule = rules.findLast(({ pattern }) =>
    matches(pattern, pattern.includes('/') ? `${account}/${region}/${functionName}` : functionName),
  );
  if (rule !== undefined) return { owners: rule.owners, from: 'file' };
  const tagged = Object.entries(subject.tags ?? {}).find(([key]) => TAGS.includes(key.toLowerCase()))?.[1];
  if (accountOwner !== undefined) return { owners: [accountOwner], from: 'account' };
  return tagged === undefined ? { owners: [], from: 'nobody' } : { owners: [tagged], from: 'tag' };
}

/** `*` as any text, the rest letter by letter; without regular expressions, whose time an author could choose. */
function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
