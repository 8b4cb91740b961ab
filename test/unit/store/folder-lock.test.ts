import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/clock.ts';
import type { FolderLock } from '../../../src/store/folder-lock.ts';
import { folderHolder, LOCK_FILE, lockFolder } from '../../../src/store/folder-lock.ts';

let folder: string;
let ended: (() => Promise<void>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-lock-'));
  ended = [];
});

afterEach(async () => {
  for (const end of ended.reverse()) await end();
  await rm(folder, { recursive: true, force: true });
});

async function lock(at = folder) {
  const outcome = await lockFolder(at, 'serve', systemClock);
  if (outcome.kind === 'held') ended.push(() => outcome.lock.release());
  return outcome;
}

async function held(at = folder): Promise<FolderLock> {
  const outcome = await lock(at);
  if (outcome.kind === 'busy') throw new Error('expected a free folder');
  return outcome.lock;
}

/** A process that listens on a socket, as a holder does. */
async function listener(socket: string) {
  const child = spawn(
    process.execPath,
    ['-e', `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => console.log('up'))`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  ended.push(async () => {
    child.kill('SIGKILL');
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('expected a process');
  return {
    pid,
    stop: () => child.kill('SIGSTOP'),
    kill: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function startOf(pid: number): Promise<string> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ');
  return `${boot}:${fields?.[19]}`;
}

async function plant(record: object | string): Promise<void> {
  await writeFile(
    join(folder, LOCK_FILE),
    typeof record === 'string' ? record : `${JSON.stringify(record)}\n`,
  );
}

const planted = (more: object = {}) => ({
  pid: 1,
  process: null,
  token: 'planted',
  kind: 'serve',
  socket: join(folder, 'control-old.sock'),
  ...more,
});

describe('a free folder', () => {
  test('is taken by one process, named to the next', async () => {
    await held();
    expect(await lock()).toMatchObject({ kind: 'busy', holder: { pid: process.pid, kind: 'serve' } });
    expect(await folderHolder(folder)).toMatchObject({ pid: process.pid });
  });

  test('is made when there is none, for its owner only', async () => {
    const fresh = join(folder, 'fresh');
    const { socket } = await held(fresh);
    const modes = await Promise.all([fresh, join(fresh, LOCK_FILE), socket].map((path) => stat(path)));
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '600', '600']);
  });

  test('has nothing left in it once it is given back', async () => {
    const first = await held();
    await first.release();
    expect(await readdir(folder)).toEqual([]);
    expect(await folderHolder(folder)).toBeUndefined();
    expect((await lock()).kind).toBe('held');
  });

  test('answers on its socket once it is told how, and says so before', async () => {
    const { socket, answer } = await held();
    expect(await statusOf(socket)).toBe(503);
    answer((_request, response) => response.writeHead(204).end());
    expect(await statusOf(socket)).toBe(204);
  });

  test('with too long a path has its socket elsewhere, in a folder of its own', async () => {
    const deep = join(folder, 'd'.repeat(120));
    await mkdir(deep);
    const { socket, release } = await held(deep);
    expect(socket.startsWith(deep)).toBe(false);
    expect(((await stat(join(socket, '..'))).mode & 0o777).toString(8)).toBe('700');
    expect(await lock(deep)).toMatchObject({ kind: 'busy' });
    await release();
    await expect(stat(join(socket, '..'))).rejects.toThrow('ENOENT');
  });
});

describe('the lock of a dead process', () => {
  test('is taken over, with its socket removed', async () => {
    const socket = join(folder, 'control-old.sock');
    const dead = await listener(socket);
    await dead.kill();
    await plant(planted({ pid: dead.pid }));
    await held();
    expect((await readdir(folder)).filter((name) => name === 'control-old.sock')).toEqual([]);
  });

  test('is taken over when its pid is another process by now', async () => {
    const other = await listener(join(folder, 'other.sock'));
    await plant(planted({ pid: other.pid, process: 'another-boot:1' }));
    expect((await lock()).kind).toBe('held');
  });

  test('is not dead when its process runs and its socket file is gone', async () => {
    const other = await listener(join(folder, 'other.sock'));
    await plant(planted({ pid: other.pid, process: await startOf(other.pid) }));
    expect(await lock()).toMatchObject({ kind: 'busy', holder: { pid: other.pid } });
  });

  test('is not dead when its process is frozen', async () => {
    const socket = join(folder, 'control-old.sock');
    const frozen = await listener(socket);
    frozen.stop();
    await plant(planted({ pid: frozen.pid }));
    expect(await lock()).toMatchObject({ kind: 'busy', holder: { pid: frozen.pid } });
  });

  test('is taken over by exactly one of many', async () => {
    const dead = await listener(join(folder, 'control-old.sock'));
    await dead.kill();
    await plant(planted({ pid: dead.pid }));
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => lock()));
    expect(outcomes.filter(({ kind }) => kind === 'held')).toHaveLength(1);
  });

  test.each([
    ['nothing', ''],
    ['half of it', '{"pid":1,'],
    ['something else', '"text"'],
  ])('that holds %s, after a power cut, is taken over', async (_what, text) => {
    await plant(text);
    expect((await lock()).kind).toBe('held');
  });

  test('cannot make anything but a socket be removed', async () => {
    const precious = join(folder, 'precious.txt');
    await writeFile(precious, 'keep me');
    await plant(planted({ pid: 2 ** 22 - 1, socket: precious }));
    await held();
    expect(await readFile(precious, 'utf8')).toBe('keep me');
  });
});

function statusOf(socketPath: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
