import type { JsonObject } from '../../../json.ts';
import type { PolicyDocument } from './document.ts';

/** A policy as written (for reads) and as read (for evaluation). */
export interface WrittenPolicy {
  readonly json: JsonObject;
  readonly parsed: PolicyDocument;
}
