import type { InventoryFunction, Picture } from './picture.ts';

/** A function that an attacker of a target may have reached too, and why. ARNs are attacker-controlled. */
export interface Related {
  readonly functionArn: string;
  readonly functionName: string;
  readonly because: readonly RelatedBy[];
}

export interface RelatedBy {
  /** What it shares with a target: a role, who changed it lately, what makes it run. */
  readonly kind: 'role' | 'principal' | 'caller';
  readonly value: string;
}

// A change older than this is rather how a function came to be than what was done to it.
const RECENT_CHANGE_MS = 24 * 3_600_000;

/**
 * Functions of the picture that share a role, a recent changer or a caller with one of the targets; the most in common
 * first. `aroundIso` is when it began. Pure: it suggests, and a person adds.
 */
export function relatedFunctions(
  picture: Picture,
  targets: readonly { readonly functionArn: string; readonly roles: readonly string[] }[],
  aroundIso: string,
): readonly Related[] {
  const own = new Set(targets.map(({ functionArn }) => functionArn));
  const known = picture.functions.filter(({ functionArn }) => own.has(functionArn));
  const roles = new Set([
    ...targets.flatMap((target) => target.roles),
    ...known.flatMap((each) => each.roles),
  ]);
  const changers = new Set(known.flatMap((each) => changersOf(picture, each, aroundIso)));
  const callers = new Set(known.flatMap(callersOf));
  return picture.functions
    .filter(({ functionArn }) => !own.has(functionArn))
    .map((each) => ({
      functionArn: each.functionArn,
      functionName: each.functionName,
      because: [
        ...shared('role', each.roles, roles),
        ...shared('principal', changersOf(picture, each, aroundIso), changers),
        ...shared('caller', callersOf(each), callers),
      ],
    }))
    .filter(({ because }) => because.length > 0)
    .sort((a, b) => b.because.length - a.because.length || (a.functionArn < b.functionArn ? -1 : 1));
}

function shared(
  kind: RelatedBy['kind'],
  values: readonly string[],
  wanted: ReadonlySet<string>,
): RelatedBy[] {
  return [...new Set(values)].filter((value) => wanted.has(value)).map((value) => ({ kind, value }));
}

/** Who changed a function within a day of `aroundIso`. */
function changersOf(picture: Picture, { functionName }: InventoryFunction, aroundIso: string): string[] {
  return (picture.changes ?? []).flatMap((change) =>
    change.functionName === functionName &&
    Math.abs(Date.parse(change.at) - Date.parse(aroundIso)) < RECENT_CHANGE_MS
      ? [change.by]
      : [],
  );
}

/** What makes a function run: its event sources, and those whom its policy lets in by name. */
function callersOf({ triggers }: InventoryFunction): string[] {
  return (triggers ?? []).flatMap(({ kind, from }) => {
    if (kind === 'source') return [from];
    // `Sid: principal`. A whole service, or everybody, is nothing that two functions have in common.
    const principal = kind === 'grant' ? from.slice(from.indexOf(': ') + 2) : '';
    return /^arn:|^\d{12}$/.test(principal) ? [principal] : [];
  });
}
