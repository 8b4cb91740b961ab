import type { Benchmark } from './figure.ts';
import { table } from './figure.ts';

/**
 * `npm run bench` lists the benchmarks; `npm run bench -- NAME [--json] [--record]` runs one. With
 * CORDON_BENCH_DATABASE_URL (and CORDON_BENCH_REDIS_URL) it also measures on servers. The children that a
 * benchmark starts are this same program.
 */
async function main(parameters: readonly string[]): Promise<number> {
  const [name, kind] = parameters;
  if (name === 'child') {
    await runChild(kind);
    return 0;
  }
  const { benchmarks } = await import('./benchmarks.ts');
  if (name === undefined) {
    for (const each of benchmarks) process.stdout.write(`${each.name.padEnd(20)} ${each.shows}\n`);
    return 0;
  }
  const chosen: Benchmark | undefined = benchmarks.find((each) => each.name === name);
  const options = new Set(parameters.slice(1));
  const unknown = [...options].filter((option) => option !== '--json' && option !== '--record');
  if (chosen === undefined || unknown.length > 0) {
    process.stderr.write(
      `expected ${benchmarks.map((each) => each.name).join(', ')}, then --json and --record or nothing; found ${parameters.join(' ')}\n`,
    );
    return 2;
  }
  const figures = await chosen.run((line) => process.stderr.write(`${line}\n`));
  const lines = options.has('--json')
    ? figures.map((figure) => JSON.stringify(figure)).join('\n')
    : table(figures);
  process.stdout.write(`${lines}\n`);
  if (options.has('--record')) {
    const { recordResult } = await import('./record.ts');
    process.stderr.write(`recorded in ${await recordResult(chosen.name, figures)}\n`);
  }
  return 0;
}

/** Loads only what that child needs: its memory and its start-up time are measured. */
async function runChild(kind: string | undefined): Promise<void> {
  switch (kind) {
    case 'world':
      (await import('./children/world.ts')).worldProcess();
      return;
    case 'bare':
      (await import('./children/bare.ts')).bareProcess();
      return;
    case 'engine':
      (await import('./children/engine.ts')).engineProcess();
      return;
    case 'evidence':
      (await import('./children/evidence.ts')).evidenceProcess();
      return;
    default:
      throw new Error('expected the kind of a child: world, bare, engine or evidence');
  }
}

process.exitCode = await main(process.argv.slice(2));
