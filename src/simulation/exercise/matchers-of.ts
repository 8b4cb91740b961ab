import type { Matcher, Scenario } from './scenario.ts';

/** Every matcher of a scenario, with its place. Pure. */
export function matchersOf(
  scenario: Pick<Scenario, 'injects' | 'attacker' | 'script' | 'expected'>,
): readonly { readonly path: readonly PropertyKey[]; readonly matcher: Matcher }[] {
  const { injects, attacker, script, expected } = scenario;
  const places: (readonly [readonly PropertyKey[], Matcher | undefined])[] = [
    ...injects.map(({ after }, index) => [['injects', index, 'after'], after] as const),
    ...attacker.map(({ after }, index) => [['attacker', index, 'after'], after] as const),
    ...attacker.map(({ until }, index) => [['attacker', index, 'until'], until] as const),
    ...script.map(({ needs }, index) => [['script', index, 'needs'], needs] as const),
    ...script.map(
      ({ when }, index) =>
        [['script', index, 'when', 'happens'], 'happens' in when ? when.happens : undefined] as const,
    ),
    ...expected.map(({ from }, index) => [['expected', index, 'from'], from] as const),
    ...expected.flatMap(({ anyOf }, index) =>
      anyOf.map((matcher, at) => [['expected', index, 'anyOf', at], matcher] as const),
    ),
  ];
  return places.flatMap(([path, matcher]) => (matcher === undefined ? [] : [{ path, matcher }]));
}
