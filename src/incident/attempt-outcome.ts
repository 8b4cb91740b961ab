import type { Observation } from '../action/action.ts';
import type { SealStamp } from '../action/ports.ts';
import type { Json, JsonObject } from '../json.ts';

/** What running one phase of an attempt came to. */
export type AttemptOutcome =
  | { readonly kind: 'captured'; readonly prior: JsonObject | null; readonly unreadable: string | null }
  | { readonly kind: 'observed'; readonly observation: Observation }
  | { readonly kind: 'succeeded'; readonly output: Json }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly classification: 'retryable' | 'terminal' | 'unknown';
      readonly retryAfterMs: number | null;
    };

export type EvidenceNote =
  | {
      readonly kind: 'stored';
      readonly name: string;
      readonly sha256: string;
      readonly size: number;
      readonly matchesExpected: boolean;
    }
  | { readonly kind: 'missing'; readonly name: string; readonly reason: string }
  | {
      readonly kind: 'quarantined';
      readonly name: string;
      readonly sourceArn: string;
      readonly events: number;
    }
  | {
      readonly kind: 'sealed';
      readonly manifestSha256: string;
      readonly items: number;
      readonly keyId: string;
      readonly timestamp?: SealStamp;
    };
