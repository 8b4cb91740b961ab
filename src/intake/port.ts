import type { AlertReceipt, AlertSubmission, AlertVia } from '../alert/receipt.ts';
import type { SignatureCode } from '../alert/signature.ts';
import type { IntakeRefusalCode } from './error.ts';

/** The engine as the ways in see it. Implemented in `src/incident`; wired in `main.ts`. */
export interface AlertIntake {
  /**
   * Reads a submission and resolves when what became of it is committed, its refusals included.
   * Rejects when it could not be committed: the sender has to try again.
   */
  submit(submission: AlertSubmission): Promise<AlertReceipt>;
}

/** Where the ways in leave what they refused before it reached the engine. */
export interface RefusalRecorder {
  /** Resolves when the refusal is committed where a person can see it. */
  recordRefusal(refusal: IntakeRefusal): Promise<void>;
}

/** One submission that was turned away at the door. Plain JSON, so that it can be stored as it is. */
export interface IntakeRefusal {
  readonly code: IntakeRefusalCode | SignatureCode;
  readonly message: string;
  readonly via: AlertVia;
  /** The sender's name where the configuration knows it, else `unknown`. */
  readonly source: string;
  /** Hex SHA-256 and length of the bytes that arrived before the refusal. */
  readonly bytesSha256: string;
  readonly size: number;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
  /** Refusals before this one that were counted and not recorded, because they came too fast. */
  readonly unrecorded: number;
  /**
   * Only for a queue message that is about to be deleted: keep it, it is nowhere else any more, and
   * `cordon alert submit` can hand it in again. Base64, since it is attacker-controlled: as it is it
   * might hold what the database refuses or a terminal obeys.
   */
  readonly contentBase64?: string;
}

/** Remembers which requests were already taken; durable, so that a restart is no way around it. */
export interface NonceStore {
  /** False when this sender has used this nonce before. Resolves after commit. */
  rememberNonce(sender: string, nonce: string, expiresAt: Date): Promise<boolean>;
}
