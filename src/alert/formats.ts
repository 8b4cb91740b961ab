import type { Format } from './format.ts';
import { generic } from './generic.ts';
import { guardDuty } from './guardduty.ts';

/** Every format that Cordon reads. To add one: write its file, add its row, add its fixtures. */
export const FORMATS: readonly Format[] = [guardDuty, generic];
