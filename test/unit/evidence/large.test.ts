import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

/**
 * The largest package that Lambda takes is 250 MB, and a log of a million events is larger than most machines'
 * spare memory. Measured in a process of its own, on real sockets and a real disk.
 */

const MEGABYTE = 1_000_000;
const BOUND_MIB = 64;
const PROGRAM = fileURLToPath(new URL('../../support/large-evidence.mjs', import.meta.url));

let folder: string;
let server: Server;
let url: string;
let sha256: string;

function* packageOf(megabytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MEGABYTE, 'PK');
  for (let at = 0; at < megabytes; at++) {
    chunk.writeUInt32BE(at, 2);
    yield Buffer.from(chunk);
  }
}

function digestOf(megabytes: number): string {
  const hash = createHash('sha256');
  for (const chunk of packageOf(megabytes)) hash.update(chunk);
  return hash.digest('base64');
}

async function servePackage(megabytes: number): Promise<void> {
  server = createServer((_, response) => {
    Readable.from(packageOf(megabytes)).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/code.zip`; // a TCP server that listens has one
  sha256 = digestOf(megabytes);
}

async function collect(...parameters: string[]) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    PROGRAM,
    folder,
    ...parameters,
  ]);
  return JSON.parse(stdout) as { readonly size: number; readonly matches: boolean; readonly riseMiB: number }; // its own last line
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-large-'));
});

afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('collecting something large', () => {
  test('takes a package of 250 MB in constant memory', async () => {
    await servePackage(250);
    const { riseMiB, ...stored } = await collect('package', url, sha256);
    expect(stored).toEqual({ size: 250 * MEGABYTE, matches: true });
    expect(riseMiB).toBeLessThan(BOUND_MIB);
  }, 120_000);

  test('CONTROL: a package that is put together in memory first is seen to be', async () => {
    await servePackage(120);
    expect((await collect('buffered', url, sha256)).riseMiB).toBeGreaterThan(BOUND_MIB);
  }, 120_000);

  test('takes a million log events in constant memory', async () => {
    const { size, matches, riseMiB } = await collect('logs', '1000000');
    expect(matches).toBe(true);
    expect(size).toBeGreaterThan(140 * MEGABYTE);
    // Pages of 10,000 parsed events come and go: V8 lets some of them lie, and never what the log is large.
    expect(riseMiB).toBeLessThan(2 * BOUND_MIB);
  }, 120_000);
});
