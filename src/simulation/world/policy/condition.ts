import { arnMatches, globMatches } from './glob.ts';

/**
 * The values of a request that policies can ask for, by lower-case condition key. A key that is not
 * there is absent, which is not the same as empty.
 */
export type RequestContext = ReadonlyMap<string, readonly string[]>;

/** Builds a context; keys are compared without regard to case, as IAM does. */
export function requestContext(
  entries: Readonly<Record<string, string | readonly string[] | undefined>>,
): RequestContext {
  const context = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(entries)) {
    if (value !== undefined) context.set(key.toLowerCase(), typeof value === 'string' ? [value] : value);
  }
  return context;
}

/** Whether one value of the request satisfies one value of the policy. */
type Test = (found: string, wanted: string) => boolean;

interface Operator {
  readonly test: Test;
  /** True for the `Not` forms: none may match, and an absent key matches (IAM guide, condition operators). */
  readonly negated: boolean;
}

function number(compare: (left: number, right: number) => boolean): Test {
  return (found, wanted) => {
    const left = Number(found);
    const right = Number(wanted);
    return !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right);
  };
}

/** Milliseconds of an ISO 8601 date or of epoch seconds; `NaN` when it is neither. */
function instant(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function date(compare: (left: number, right: number) => boolean): Test {
  return (found, wanted) => {
    const left = instant(found);
    const right = instant(wanted);
    return !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right);
  };
}

function ipv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

const inRange: Test = (found, wanted) => {
  const [network = '', bits = '32'] = wanted.split('/');
  const address = ipv4(found);
  const base = ipv4(network);
  if (address === undefined || base === undefined) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(address / size) === Math.floor(base / size);
};

const same: Test = (found, wanted) => found === wanted;
const sameIgnoringCase: Test = (found, wanted) => found.toLowerCase() === wanted.toLowerCase();
const like: Test = (found, wanted) => globMatches(wanted, found);
const arn: Test = (found, wanted) => arnMatches(wanted, found);

const plain = (test: Test): Operator => ({ test, negated: false });
const negated = (test: Test): Operator => ({ test, negated: true });

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: plain(same),
  StringNotEquals: negated(same),
  StringEqualsIgnoreCase: plain(sameIgnoringCase),
  StringNotEqualsIgnoreCase: negated(sameIgnoringCase),
  StringLike: plain(like),
  StringNotLike: negated(like),
  NumericEquals: plain(number((left, right) => left === right)),
  NumericNotEquals: negated(number((left, right) => left === right)),
  NumericLessThan: plain(number((left, right) => left < right)),
  NumericLessThanEquals: plain(number((left, right) => left <= right)),
  NumericGreaterThan: plain(number((left, right) => left > right)),
  NumericGreaterThanEquals: plain(number((left, right) => left >= right)),
  DateEquals: plain(date((left, right) => left === right)),
  DateNotEquals: negated(date((left, right) => left === right)),
  DateLessThan: plain(date((left, right) => left < right)),
  DateLessThanEquals: plain(date((left, right) => left <= right)),
  DateGreaterThan: plain(date((left, right) => left > right)),
  DateGreaterThanEquals: plain(date((left, right) => left >= right)),
  Bool: plain(sameIgnoringCase),
  BinaryEquals: plain(same),
  IpAddress: plain(inRange),
  NotIpAddress: negated(inRange),
  ArnEquals: plain(arn),
  ArnLike: plain(arn),
  ArnNotEquals: negated(arn),
  ArnNotLike: negated(arn),
};

/** Every operator that the evaluator knows, without prefix and suffix. */
export const CONDITION_OPERATORS: ReadonlySet<string> = new Set([...Object.keys(OPERATORS), 'Null']);

/**
 * Whether one condition (operator, key, the policy's values) holds for a request. `wanted` has its
 * policy variables already replaced. An unknown operator never holds for an allow and is refused when
 * the document is read.
 */
export function conditionHolds(
  operator: string,
  key: string,
  wanted: readonly string[],
  context: RequestContext,
): boolean {
  const found = context.get(key.toLowerCase());
  const set = /^For(AllValues|AnyValue):/.exec(operator)?.[1];
  const withoutSet = set === undefined ? operator : operator.slice(operator.indexOf(':') + 1);
  const ifExists = withoutSet.endsWith('IfExists');
  const name = ifExists ? withoutSet.slice(0, -'IfExists'.length) : withoutSet;

  if (name === 'Null') {
    const absent = found === undefined || found.length === 0;
    return wanted.some((value) => (value.toLowerCase() === 'true') === absent);
  }
  const known = OPERATORS[name];
  if (known === undefined) return false;
  const satisfies = (value: string) =>
    known.negated
      ? !wanted.some((one) => known.test(value, one))
      : wanted.some((one) => known.test(value, one));

  if (found === undefined || found.length === 0) {
    if (ifExists || set === 'AllValues') return true;
    return set === 'AnyValue' ? false : known.negated;
  }
  if (set === 'AllValues') return found.every(satisfies);
  if (set === 'AnyValue') return found.some(satisfies);
  return known.negated ? found.every(satisfies) : found.some(satisfies);
}
