import { readFile } from 'node:fs/promises';
import { systemWord } from '../error.ts';
import { CliError } from './error.ts';
import type { Io } from './io.ts';

/** Reads a file that a person named. Throws `cordon_cli_file_unreadable`. */
export async function readText(file: string): Promise<string> {
  return (await readBytes(file)).toString('utf8');
}

/** Reads a file, or standard input for `-`, of at most `maxBytes` and one byte more: who reads it refuses that. */
export async function readGiven(file: string, io: Io, maxBytes: number): Promise<Uint8Array> {
  return file === '-' ? io.readInput(maxBytes) : readBytes(file);
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CliError(
      'cordon_cli_file_unreadable',
      `expected a file that can be read at ${file}; it cannot${systemWord(cause)}`,
      { cause },
    );
  }
}
