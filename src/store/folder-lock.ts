import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, mkdtemp, open, readFile, rm, rmdir, unlink } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { codeIs } from '../error.ts';
import { StoreError } from './sql.ts';

/**
 * Who may open the embedded database: PGlite does not guard its folder, and two processes on it
 * destroy it. The lock is a file that names its holder's process and its Unix socket (mode 0600).
 *
 *   free  -> held    `link` puts the complete file in place, or fails because there is one
 *   held  -> free    the holder removes it, its database closed before
 *   held  -> stale   the holder died: nobody listens on its socket any more, which the kernel knows
 *                    even across containers and when the pid is somebody else's by now
 *   stale -> free    whoever finds it removes it, one at a time, under a second lock file
 *
 * The socket is bound before the file exists, so a lock whose socket refuses is a dead process's. A folder
 * shared between machines is not guarded: a socket is known to one kernel only.
 */

/** `serve` answers on its socket; `command` holds the folder for the moment that one command takes. */
export type HolderKind = 'serve' | 'command';

export interface FolderHolder {
  readonly pid: number;
  readonly kind: HolderKind;
  readonly socket: string;
}

export interface FolderLock {
  readonly socket: string;
  /** Answers requests on the socket from now on; before that they get 503. */
  answer(listener: RequestListener): void;
  /** Gives the folder back. Close its database first. */
  release(): Promise<void>;
}

export type LockOutcome =
  | { readonly kind: 'held'; readonly lock: FolderLock }
  | { readonly kind: 'busy'; readonly holder: FolderHolder };

export const LOCK_FILE = 'engine.lock';

const recordSchema = z.strictObject({
  pid: z.int().positive(),
  /** Boot and start instant of that process, where the system tells: a pid alone is used again. */
  process: z.string().nullable(),
  token: z.string().min(1),
  kind: z.enum(['serve', 'command']),
  socket: z.string().min(1),
});

type LockRecord = z.infer<typeof recordSchema>;

interface Found {
  readonly text: string;
  /** Null when it cannot be read as a lock: a power cut may have left it empty. */
  readonly record: LockRecord | null;
}

// Linux takes 107 bytes, macOS 103.
const MAX_SOCKET_PATH = 100;
const PROBE_TIMEOUT_MS = 1000;
const TAKEOVER_WAIT_MS = 20;

/** Takes the folder for this process, or says who has it. Makes the folder (0700) when there is none. */
export async function lockFolder(folder: string, kind: HolderKind, clock: Clock): Promise<LockOutcome> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, LOCK_FILE);
  const token = randomBytes(8).toString('hex');
  const listening = await listen(folder, token);
  const record: LockRecord = {
    pid: process.pid,
    process: await startOf(process.pid),
    token,
    kind,
    socket: listening.socket,
  };
  try {
    for (;;) {
      if (await publish(path, record)) return { kind: 'held', lock: lockOf(path, record, listening) };
      const found = await readLock(path);
      if (found === undefined) continue;
      if (found.record !== null && (await isLive(found.record))) {
        await listening.close();
        const { pid, kind: held, socket } = found.record;
        return { kind: 'busy', holder: { pid, kind: held, socket } };
      }
      await removeStale(path, found, record, clock);
    }
  } catch (error) {
    await listening.close();
    throw error;
  }
}

/** The live process that holds the folder, without taking it; `undefined` when nobody does. */
export async function folderHolder(folder: string): Promise<FolderHolder | undefined> {
  const found = await readLock(join(folder, LOCK_FILE));
  if (found === undefined || found.record === null || !(await isLive(found.record))) return undefined;
  const { pid, kind, socket } = found.record;
  return { pid, kind, socket };
}

/** The refusal of a second engine. */
export function folderInUse(folder: string, holder: FolderHolder): StoreError {
  return new StoreError(
    'cordon_store_folder_in_use',
    `expected the data folder ${folder} to be free; process ${holder.pid} holds it (${holder.kind}). An embedded database takes one process: stop that one, choose another CORDON_DATA_DIR, or set DATABASE_URL`,
  );
}

function lockOf(path: string, record: LockRecord, listening: Listening): FolderLock {
  let released = false;
  return {
    socket: record.socket,
    answer: (listener) => listening.answer(listener),
    async release() {
      if (released) return;
      released = true;
      const found = await readLock(path);
      if (found?.record?.token === record.token) await unlink(path);
      await listening.close();
    },
  };
}

/** Puts a complete file in place in one step; false when there is one already. */
async function publish(path: string, record: LockRecord): Promise<boolean> {
  const temporary = `${path}.${record.token}`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(record)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (codeIs(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
}

/**
 * Removes a dead process's lock. Two that found it dead must not do so one after the other: the second
 * would remove the lock that the first has taken meanwhile.
 */
async function removeStale(path: string, stale: Found, own: LockRecord, clock: Clock): Promise<void> {
  const takeover = `${path}.takeover`;
  if (!(await publish(takeover, own))) {
    const other = await readLock(takeover);
    const dead = other !== undefined && (other.record === null || !(await isLive(other.record)));
    if (dead) await rm(takeover, { force: true });
    else await clock.sleep(TAKEOVER_WAIT_MS);
    return;
  }
  try {
    const now = await readLock(path);
    if (now?.text !== stale.text) return;
    await unlink(path);
    if (stale.record !== null) await removeSocket(stale.record.socket, dirname(path));
  } finally {
    await unlink(takeover);
  }
}

async function readLock(path: string): Promise<Found | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeIs(error, 'ENOENT') || codeIs(error, 'ENOTDIR')) return undefined;
    throw error;
  }
  const parsed = recordSchema.safeParse(jsonOf(text));
  return { text, record: parsed.success ? parsed.data : null };
}

async function isLive(record: LockRecord): Promise<boolean> {
  switch (await probe(record.socket)) {
    case 'listening':
      return true;
    case 'refused':
      return false;
    case 'unclear': {
      // The socket file is gone, which a cleaner of temporary folders may have done: ask for the process.
      if (!isAlive(record.pid)) return false;
      const start = await startOf(record.pid);
      return start === null || record.process === null
        ? record.pid !== process.pid
        : start === record.process;
    }
  }
}

function probe(socket: string): Promise<'listening' | 'refused' | 'unclear'> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    const end = (answer: 'listening' | 'refused' | 'unclear') => {
      connection.destroy();
      resolve(answer);
    };
    // A frozen process does not answer, and holds the folder all the same.
    connection.setTimeout(PROBE_TIMEOUT_MS, () => end('listening'));
    connection.on('connect', () => end('listening'));
    connection.on('error', (error) => {
      if (codeIs(error, 'ECONNREFUSED')) end('refused');
      else end(codeIs(error, 'EAGAIN') ? 'listening' : 'unclear');
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeIs(error, 'EPERM');
  }
}

/** Boot id and start instant of a process, in the kernel's own ticks; null where /proc is not Linux's. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // Field 22 of proc_pid_stat(5); the second, a name in brackets, may hold spaces and brackets.
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return start === undefined ? null : `${boot.trim()}:${start}`;
  } catch {
    return null;
  }
}

interface Listening {
  readonly socket: string;
  answer(listener: RequestListener): void;
  close(): Promise<void>;
}

async function listen(folder: string, token: string): Promise<Listening> {
  const beside = join(folder, `control-${token.slice(0, 8)}.sock`);
  const temporary =
    Buffer.byteLength(beside) <= MAX_SOCKET_PATH ? undefined : await mkdtemp(join(tmpdir(), 'cordon-'));
  const socket = temporary === undefined ? beside : join(temporary, 'control.sock');
  let current: RequestListener = (_request, response) => {
    response.writeHead(503, { 'content-type': 'application/json' });
    const error = { code: 'cordon_console_starting', message: 'the process is starting or busy; ask again' };
    response.end(JSON.stringify({ error }));
  };
  const server = createServer((request, response) => current(request, response));
  await bind(server, socket);
  return {
    socket,
    answer: (listener) => {
      current = listener;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await removeSocket(socket, folder);
    },
  };
}

function bind(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => resolve());
    // The file is made within the call; with its mode set afterwards it would be open for a moment.
    const before = process.umask(0o177);
    try {
      server.listen(socket);
    } finally {
      process.umask(before);
    }
  });
}

/** Removes a socket and the temporary folder made for it; nothing else, whatever a lock file names. */
async function removeSocket(socket: string, folder: string): Promise<void> {
  const found = await lstat(socket).catch(() => undefined);
  if (found?.isSocket() === true) await rm(socket, { force: true });
  if (dirname(socket) !== folder) await rmdir(dirname(socket)).catch(() => undefined);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
