import { z } from 'zod';
import type { ActionObject } from './action.ts';
import type { Target } from './ports.ts';

/** `$LATEST`, a version number or an alias, as Lambda names them. */
export const qualifier = z.string().regex(/^(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9_-]{1,128})$/);

/** One object per qualifier of the target's function. */
export function qualifiedObjects(
  kind: string,
  target: Target,
  qualifiers: readonly string[],
): readonly ActionObject[] {
  return [...new Set(qualifiers)].map((one) => {
    const arn = `${target.functionArn}:${one}`;
    return { key: `${kind}:${arn}`, arn };
  });
}

/** The qualifier of an object that `qualifiedObjects` made: the eighth part of its ARN. */
export function qualifierOf(object: ActionObject): string {
  return object.arn.split(':')[7] ?? '$LATEST';
}
