/**
 * A queue that alerts are taken from, as far as Cordon needs it. It is declared here, between the
 * consumer (`src/intake`) and the SDK client (`src/aws`), because adapters do not import each other.
 */
export interface SqsPort {
  /**
   * Waits up to `waitSeconds` for messages and hides those it returns for `visibilitySeconds`.
   * Returns none when nothing came or when `signal` aborted.
   */
  receive(request: {
    /** 1 to 10. */
    readonly maxMessages: number;
    /** 0 to 20. */
    readonly waitSeconds: number;
    readonly visibilitySeconds: number;
    readonly signal: AbortSignal;
  }): Promise<readonly SqsMessage[]>;
  /** Removes a message for good. */
  delete(receiptHandle: string): Promise<void>;
  /** Hides a message for `visibilitySeconds` from now on; 0 shows it at once. */
  extendVisibility(receiptHandle: string, visibilitySeconds: number): Promise<void>;
}

export interface SqsMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  /** Attacker-controlled. */
  readonly body: string;
  /** How often it was received, this time included: 1, 2, 3 … Approximate. */
  readonly receiveCount: number;
}
