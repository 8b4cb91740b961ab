import type { z } from 'zod';
import { badResponse } from './classify.ts';
import type { Operation } from './operations.ts';

/**
 * The fields of an answer that Cordon relies on. Throws `cordon_aws_bad_response`, naming the fields and
 * never their values, when one is absent or of another type.
 */
export function checked<Output>(schema: z.ZodType<Output>, answer: unknown, operation: Operation): Output {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'an object').join(', ');
  throw badResponse(operation, `expected ${fields} in the answer, found none or another type`);
}
