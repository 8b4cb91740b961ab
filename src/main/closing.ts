/** What was opened, to be closed in reverse: also when something later could not be opened. */
export interface Closing {
  add(close: () => Promise<void>): void;
  /** Closes everything, the last first. Every one is tried; the first error is thrown at the end. */
  close(): Promise<void>;
}

export function createClosing(): Closing {
  let stack: (() => Promise<void>)[] = [];
  return {
    add: (close) => void stack.push(close),
    async close() {
      const closers = stack.reverse();
      stack = [];
      const failures: unknown[] = [];
      for (const close of closers) await close().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** Runs `work`, and closes what it has opened so far when it fails. */
export async function opening<Opened>(work: (closing: Closing) => Promise<Opened>): Promise<Opened> {
  const closing = createClosing();
  try {
    return await work(closing);
  } catch (error) {
    // The reason for which it did not open is worth more than what closing says then.
    await closing.close().catch(() => undefined);
    throw error;
  }
}
