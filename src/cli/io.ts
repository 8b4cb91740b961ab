/** The terminal, or what stands in for it in a test. */
export interface Io {
  readonly stdout: Out;
  readonly stderr: Out;
  /** Everything from standard input, to its end. */
  readInput(maxBytes: number): Promise<Uint8Array>;
  /** Asks for one line; `undefined` at the end of the input, or when `signal` aborts. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** Variables instead of the process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * Takes Ctrl-C and SIGTERM over from the system: the signal aborts at the first, the process ends at the
   * second. A verb that does not ask for it is ended at once.
   */
  untilStopped(): AbortSignal;
}

export interface Out {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width in characters; `undefined` where there is none. */
  readonly columns: number | undefined;
}
