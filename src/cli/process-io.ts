import type { Io, Out } from './io.ts';

/** As a shell reports a process that a signal ended. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** This process's terminal and signals. */
export function processIo(): Io {
  let stopped: AbortController | undefined;
  return {
    stdout: outOf(process.stdout),
    stderr: outOf(process.stderr),
    untilStopped() {
      if (stopped !== undefined) return stopped.signal;
      const first = new AbortController();
      stopped = first;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => {
          // The second is for somebody who cannot wait: what is under way is rescued at the next start.
          if (first.signal.aborted) process.exit(EXIT_CODES[signal]);
          first.abort();
        });
      }
      return first.signal;
    },
    async ask(question, signal) {
      const { createInterface } = await import('node:readline/promises');
      const asking = createInterface({ input: process.stdin, output: process.stdout });
      const ended = new Promise<undefined>((resolve) => asking.once('close', () => resolve(undefined)));
      try {
        return await Promise.race([asking.question(question, { signal }).then((line) => line.trim()), ended]);
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      } finally {
        asking.close();
      }
    },
    async readInput(maxBytes) {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of process.stdin) {
        const bytes = Buffer.from(chunk);
        chunks.push(bytes);
        size += bytes.byteLength;
        if (size >= maxBytes) break;
      }
      return Buffer.concat(chunks, size).subarray(0, maxBytes);
    },
  };
}

/**
 * Keeps the AWS SDK from telling every user of a command that its versions of 2027 will need another Node: the
 * SDK's version is pinned, so it is no concern of theirs. Other warnings are shown as Node shows them.
 */
export function quietWarnings(): void {
  const before = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.message.startsWith('NodeVersionSupportWarning')) return;
    for (const show of before) show(warning);
  });
}

function outOf(stream: NodeJS.WriteStream): Out {
  // `cordon list | head` closes the pipe early; that is no error of the command.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    columns: stream.isTTY === true ? stream.columns : undefined,
  };
}
