import type { z } from 'zod';
import type { JsonObject } from '../json.ts';

/** Something that a playbook may invoke by name. */
export interface CatalogueEntry {
  readonly src: string;
  readonly kind: 'contain' | 'read' | 'human' | 'engine';
  readonly input: z.ZodType;
  /** `event.output` in `onDone`; a function where it depends on the input's literals. */
  readonly output: z.ZodType | ((input: JsonObject) => z.ZodType);
  /** True when starting it may leave a hold open, even if it then fails. */
  readonly opensHold: boolean;
  /** True when its `onDone` means that no hold of the incident is open any more. */
  readonly closesHolds: boolean;
  readonly reversible: boolean;
}
