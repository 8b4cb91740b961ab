/**
 * How hard a containment bites, mildest first (reference, 1.8.7). Guardrails and the playbook name rungs by
 * these words; a policy that lets silence choose one must name one that is below what was asked.
 */
export const RUNGS = [
  'deny-abused-apis',
  'deny-privilege',
  'cap-concurrency',
  'roll-back-alias',
  'isolate',
] as const;

export type Rung = (typeof RUNGS)[number];

/** The rung of an action; what names none stops the function itself, so it counts as isolation. */
export function rungOf(action: { readonly rung?: Rung } | undefined): Rung {
  return action?.rung ?? 'isolate';
}

/**
 * Rungs that silence may choose: reversible ones that need nothing further to be known. An older version of an
 * alias has to be known to be good, and isolation is what is asked about.
 */
export const FALLBACK_RUNGS = ['deny-abused-apis', 'deny-privilege', 'cap-concurrency'] as const;

export type FallbackRung = (typeof FALLBACK_RUNGS)[number];

/** True when `a` bites less than `b`. */
export function isBelow(a: Rung, b: Rung): boolean {
  return RUNGS.indexOf(a) < RUNGS.indexOf(b);
}
