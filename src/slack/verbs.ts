/** The verbs under `/cordon`; what each does is in `slash.ts`. */
export interface Verb {
  readonly verb: string;
  readonly usage: string;
  readonly help: string;
  /** `incident`: it needs an incident, named or that of the channel. */
  readonly where: 'anywhere' | 'incident';
}

export const VERBS = [
  { verb: 'help', usage: 'help', help: 'what can be typed here', where: 'anywhere' },
  { verb: 'list', usage: 'list', help: 'open incidents', where: 'anywhere' },
  { verb: 'show', usage: 'show [INC]', help: 'the card of an incident', where: 'incident' },
  { verb: 'note', usage: 'note [INC] TEXT', help: 'add a note to the timeline', where: 'incident' },
  {
    verb: 'release',
    usage: 'release [INC] REASON',
    help: 'put back everything that Cordon changed',
    where: 'incident',
  },
  {
    verb: 'approve',
    usage: 'approve ID PLAN',
    help: 'approve exactly this plan (both are on the card)',
    where: 'anywhere',
  },
  { verb: 'deny', usage: 'deny ID PLAN REASON', help: 'deny exactly this plan', where: 'anywhere' },
] as const satisfies readonly Verb[];

export type VerbName = (typeof VERBS)[number]['verb'];

export function findVerb(word: string): (typeof VERBS)[number] | undefined {
  return VERBS.find((entry) => entry.verb === word.toLowerCase());
}

/** The verb that a person most likely meant, or `undefined` when none is near. */
export function nearestVerb(word: string): VerbName | undefined {
  const typed = word.toLowerCase().slice(0, 40);
  let best: { verb: VerbName; distance: number } | undefined;
  for (const { verb } of VERBS) {
    const distance = typed.length > 1 && verb.startsWith(typed) ? 0 : editDistance(typed, verb);
    if (best === undefined || distance < best.distance) best = { verb, distance };
  }
  return best !== undefined && best.distance <= 2 ? best.verb : undefined;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? at(i - 2, j - 2) + 1
          : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, swapped));
    }
  }
  return at(a.length, b.length);
}
