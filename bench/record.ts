import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { VERSION } from '../src/version.ts';
import { serversGiven } from './backend.ts';
import type { Figure } from './figure.ts';

/** Writes what was measured, on what, to `bench/results/<name>.json`, and returns the file. */
export async function recordResult(name: string, figures: readonly Figure[]): Promise<string> {
  const folder = join(PACKAGE_ROOT, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.json`);
  const servers = serversGiven();
  const result = {
    benchmark: name,
    recordedAt: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      os: `${type()} ${release()}`,
      node: process.version,
    },
    configuration: {
      cordon: VERSION,
      embedded: 'PGlite, BullMQ on it',
      server:
        servers === undefined
          ? 'not measured'
          : `PostgreSQL on 127.0.0.1, BullMQ on ${servers.redis === undefined ? 'it' : 'Redis on 127.0.0.1'}`,
    },
    figures,
  };
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}
