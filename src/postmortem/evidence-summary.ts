/** What a postmortem says about evidence; the verifier of `src/evidence` reports it. */
export interface EvidenceSummary {
  /** True when every byte was checked and nothing was found. */
  readonly verified: boolean;
  readonly seals: number;
  /** Digest of the newest manifest with a valid signature; null when there is none. */
  readonly manifestSha256: string | null;
  readonly keyIds: readonly string[];
  readonly contents: readonly EvidenceLine[];
  /** What was found wrong, one sentence each. */
  readonly problems: readonly string[];
  /** What no API gives, and why. */
  readonly notObtainable: readonly { readonly artifact: string; readonly reason: string }[];
}

/** One item or gap, in the order of collection. Names and reasons are attacker-controlled in part. */
export type EvidenceLine =
  | {
      readonly kind: 'item';
      readonly name: string;
      readonly version: number;
      readonly artifact: string;
      readonly size: number;
      readonly sha256: string;
      readonly secret: boolean;
      readonly matchesExpected: boolean;
      readonly apiCall: string;
      readonly collectedAt: string;
    }
  | { readonly kind: 'missing'; readonly name: string; readonly artifact: string; readonly reason: string };
