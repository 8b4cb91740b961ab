import { AwsRefusal } from '../world-error.ts';

/** Decodes one segment of a path. Throws `ValidationException` for a broken percent-encoding. */
export function decodeLabel(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new AwsRefusal('ValidationException', 400, 'expected a percent-encoded path');
  }
}
