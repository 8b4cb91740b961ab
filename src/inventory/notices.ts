import type { InventoryFunction, InventoryRole, Picture } from './picture.ts';

/** Something that widened since the last look: whoever owns the function should say whether that was meant. */
export interface Notice {
  readonly kind: 'new-trigger' | 'new-sink' | 'new-role' | 'wider-role' | 'wider-trust';
  readonly functionArn: string;
  /** What is new, as people read it; at most a handful of items. */
  readonly added: readonly string[];
  /** How many there are in all. */
  readonly count: number;
}

const SHOWN = 10;

/**
 * What a second picture has that the first had not and that lets more in or out. A function that is new is no notice:
 * nothing about it was validated before. What could not be read in either picture raises none. Pure.
 */
export function noticesBetween(before: Picture, after: Picture): readonly Notice[] {
  const known = new Map(before.functions.map((each) => [each.functionArn, each]));
  const roles = new Map(before.roles.map((each) => [each.roleArn, each]));
  const now = new Map(after.roles.map((each) => [each.roleArn, each]));
  return after.functions.flatMap((each) => {
    const was = known.get(each.functionArn);
    return was === undefined ? [] : noticesOf(was, each, roles, now);
  });
}

function noticesOf(
  was: InventoryFunction,
  is: InventoryFunction,
  before: ReadonlyMap<string, InventoryRole>,
  after: ReadonlyMap<string, InventoryRole>,
): readonly Notice[] {
  const triggers = (of: InventoryFunction) => of.triggers?.map(({ kind, from }) => `${kind} ${from}`) ?? null;
  const found: [Notice['kind'], readonly string[]][] = [
    ['new-trigger', added(triggers(was), triggers(is))],
    ['new-sink', added(was.sinks, is.sinks)],
    ['new-role', added(was.roles, is.roles)],
  ];
  for (const roleArn of is.roles.filter((arn) => was.roles.includes(arn))) {
    const [then, now] = [before.get(roleArn), after.get(roleArn)];
    found.push(['wider-role', added(then?.grants, now?.grants)]);
    found.push(['wider-trust', added(then?.others, now?.others)]);
  }
  return found.flatMap(([kind, items]) =>
    items.length === 0
      ? []
      : [{ kind, functionArn: is.functionArn, added: items.slice(0, SHOWN), count: items.length }],
  );
}

function added(
  before: readonly string[] | null | undefined,
  after: readonly string[] | null | undefined,
): readonly string[] {
  if (before === null || before === undefined || after === null || after === undefined) return [];
  return after.filter((item) => !before.includes(item));
}
