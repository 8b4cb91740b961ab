import type { Sink } from './disk.ts';

// A socket gives 64 KiB at a time: blocks of this size cost a sixteenth of the calls.
const BLOCK_BYTES = 1024 * 1024;

/**
 * Collects bytes into blocks, and writes one while the next is filled: reading and hashing go on while the disk is at
 * work. Two blocks of memory, whatever the length.
 */
export interface WriteBehind {
  write(bytes: Uint8Array): Promise<void>;
  /** Writes what is left. Resolves when all of it has been written. */
  drain(): Promise<void>;
  /** Resolves when no write is under way, however it ended: only then may the file be closed. */
  settled(): Promise<void>;
}

/** Writes behind its caller to `sink`; a failed write is thrown by the next call. */
export function writeBehind(sink: Sink): WriteBehind {
  const blocks = [new Uint8Array(0), new Uint8Array(0)];
  let filling = 0;
  let filled = 0;
  let underWay: Promise<void> = Promise.resolve();

  const start = async () => {
    await underWay;
    const block = blocks[filling];
    if (block === undefined || filled === 0) return;
    underWay = sink.write(block.subarray(0, filled));
    underWay.catch(() => {}); // thrown to whoever awaits it next
    filling = 1 - filling;
    filled = 0;
  };

  return {
    async write(bytes) {
      for (let offset = 0; offset < bytes.length; ) {
        // Made when it is needed: most items are far smaller than a block.
        const wanted = Math.min(BLOCK_BYTES, Math.max(filled + bytes.length - offset, 1024));
        let block = blocks[filling] ?? new Uint8Array(0);
        if (block.length < wanted) {
          const larger = new Uint8Array(
            wanted === BLOCK_BYTES ? BLOCK_BYTES : Math.min(BLOCK_BYTES, 2 * wanted),
          );
          larger.set(block.subarray(0, filled));
          block = larger;
          blocks[filling] = larger;
        }
        const part = bytes.subarray(offset, offset + block.length - filled);
        block.set(part, filled);
        filled += part.length;
        offset += part.length;
        if (filled === BLOCK_BYTES) await start();
      }
    },
    async drain() {
      await start();
      await underWay;
    },
    settled: () => underWay.catch(() => {}),
  };
}
