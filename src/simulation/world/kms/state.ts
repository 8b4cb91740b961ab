import type { WrittenPolicy } from '../policy/written.ts';

export type KeySpec = 'SYMMETRIC_DEFAULT' | 'ECC_NIST_P256' | 'ECC_NIST_EDWARDS25519';

/** A key of the account. Its secret comes from the world's seed: the same world has the same keys. */
export interface KmsKey {
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly spec: KeySpec;
  readonly createdMs: number;
  /** `alias/name`; one is enough here. */
  readonly alias: string;
  readonly secret: Uint8Array;
  readonly policy: WrittenPolicy;
  enabled: boolean;
}
