import type { z } from 'zod';
import { AwsRefusal } from './world-error.ts';

/**
 * Reads the members of a request that an operation uses. Members that it does not know are left alone,
 * as AWS does. Throws `ValidationException` for a member of the wrong type.
 */
export function readMembers<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AwsRefusal(
    'ValidationException',
    400,
    `1 validation error detected: Value at '${issue?.path.join('.') ?? ''}' failed to satisfy constraint: ${issue?.message ?? 'invalid'}`,
  );
}
