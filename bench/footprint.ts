import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { type Backend, freshEmbedded, onEachBackend } from './backend.ts';
import { type Child, startChild } from './child.ts';
import type { EngineOperations } from './children/engine.ts';
import type { WorldOperations } from './children/world.ts';
import { type Benchmark, compared, type Figure, figure, median } from './figure.ts';
import { instantMs, pause } from './instant.ts';

const STARTS = 5;
const INCIDENTS = 50;
const HELP_RUNS = 9;

/** What the engine takes of the machine: memory, and the time until it is ready. */
export const footprint: Benchmark = {
  name: 'footprint',
  shows: 'resident memory idle and after 50 incidents, start-up time on a new and on a known folder',
  async run(note) {
    note('cordon --help');
    return [...(await helpTime()), ...(await onEachBackend((backend) => measure(backend, note)))];
  },
};

async function measure(backend: Backend, note: (line: string) => void): Promise<readonly Figure[]> {
  const world = startChild<WorldOperations>('world');
  const engines: Child<EngineOperations>[] = [];
  try {
    const { url } = await world.ask('start', { functions: INCIDENTS, latencyMs: 0, rateLimits: false });
    const start = async (where: Backend) => {
      const engine = startChild<EngineOperations>('engine');
      engines.push(engine);
      const { readyMs } = await engine.ask('start', { ...where, worldUrl: url, limits: 'none' });
      return { engine, tookMs: readyMs - engine.startedMs };
    };
    note(`${backend.name}: starting ${2 * STARTS} times`);
    const first: number[] = [];
    for (let at = 0; at < STARTS && backend.name === 'embedded'; at++) {
      const fresh = await freshEmbedded();
      const { engine, tookMs } = await start(fresh);
      first.push(tookMs);
      await engine.kill();
      await fresh.remove();
    }
    if (backend.name === 'server') {
      const { engine, tookMs } = await start(backend);
      first.push(tookMs);
      await engine.kill();
    } else {
      await (await start(backend)).engine.kill();
    }
    const later: number[] = [];
    for (let at = 0; at < STARTS; at++) {
      const { engine, tookMs } = await start(backend);
      later.push(tookMs);
      await engine.ask('stop', undefined as never);
      await engine.kill();
    }

    note(`${backend.name}: ${INCIDENTS} incidents`);
    const { engine } = await start(backend);
    await pause(2000);
    const idle = await engine.ask('memory', undefined as never);
    const incidents: string[] = [];
    for (let index = 0; index < INCIDENTS; index++) {
      incidents.push((await engine.ask('submit', { index })).incident);
    }
    await engine.ask('settle', { incidents });
    const after = await engine.ask('memory', undefined as never);
    const name = `footprint.${backend.name}`;
    return [
      figure(`${name}.start.first`, median(first), 'ms'),
      figure(`${name}.start.later`, median(later), 'ms'),
      figure(`${name}.memory.idle`, idle.rssMiB, 'MiB'),
      compared(`${name}.memory.after-${INCIDENTS}-incidents`, after.rssMiB, 'MiB', idle.rssMiB),
    ];
  } finally {
    await Promise.all([...engines.map((engine) => engine.kill()), world.kill()]);
  }
}

/** `cordon --help` beside a Node that does nothing. */
async function helpTime(): Promise<readonly Figure[]> {
  const command = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'main.js');
  if (!existsSync(command)) return [];
  const help: number[] = [];
  const nothing: number[] = [];
  for (let at = 0; at < HELP_RUNS; at++) {
    nothing.push(await timeOf(['-e', '0']));
    help.push(await timeOf([command, '--help']));
  }
  return [compared('footprint.cli.help', median(help), 'ms', median(nothing))];
}

async function timeOf(parameters: readonly string[]): Promise<number> {
  const startedMs = instantMs();
  const child = spawn(process.execPath, [...parameters], { stdio: 'ignore' });
  await once(child, 'exit');
  return instantMs() - startedMs;
}
