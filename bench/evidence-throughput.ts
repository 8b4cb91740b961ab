import { startChild } from './child.ts';
import type { Downloaded, EvidenceOperations } from './children/evidence.ts';
import type { WorldOperations } from './children/world.ts';
import { type Benchmark, compared, type Figure, figure, median } from './figure.ts';

const PAIRS = 5;
/** The largest package that Lambda takes. */
const MEGABYTES = 250;

/** Evidence in megabytes a second: durable, checked and recorded, beside a script that only downloads and hashes. */
export const evidenceThroughput: Benchmark = {
  name: 'evidence-throughput',
  shows: 'MB/s of a 250 MB code package as sealed evidence, beside a bare SDK download with hashing; memory',
  async run(note) {
    const world = startChild<WorldOperations>('world');
    const bare = startChild<EvidenceOperations>('evidence');
    const engine = startChild<EvidenceOperations>('evidence');
    try {
      const { url } = await world.ask('start', { functions: 1, latencyMs: 0, rateLimits: false });
      // Small first, so that everything is loaded on both sides.
      await bare.ask('bare', { url, index: 0 });
      await engine.ask('collect', { url, index: 0 });
      note(`a package of ${MEGABYTES} MB, ${PAIRS} pairs`);
      await world.ask('pack', { index: 0, megabytes: MEGABYTES });
      const pairs: { readonly baseline: Downloaded; readonly engine: Downloaded }[] = [];
      for (let at = 0; at < PAIRS; at++) {
        const baseline = await bare.ask('bare', { url, index: 0 });
        pairs.push({ baseline, engine: await engine.ask('collect', { url, index: 0 }) });
      }
      return figuresOf(pairs);
    } finally {
      await Promise.all([bare.kill(), engine.kill(), world.kill()]);
    }
  },
};

function figuresOf(
  pairs: readonly { readonly baseline: Downloaded; readonly engine: Downloaded }[],
): readonly Figure[] {
  for (const { baseline, engine } of pairs) {
    const whole = MEGABYTES * 1_000_000;
    if (!baseline.matches || !engine.matches || baseline.bytes !== whole || engine.bytes !== whole)
      throw new Error(
        `expected ${whole} bytes with Lambda's digest both ways, found ${baseline.bytes} and ${engine.bytes}`,
      );
  }
  const rate = (one: Downloaded) => one.bytes / 1000 / one.tookMs;
  const ratio = median(pairs.map((pair) => rate(pair.engine) / rate(pair.baseline)));
  return [
    compared(
      'evidence-throughput.package',
      median(pairs.map((pair) => rate(pair.engine))),
      'MB/s',
      median(pairs.map((pair) => rate(pair.baseline))),
      ratio,
    ),
    figure('evidence-throughput.memory.rise', Math.max(...pairs.map((pair) => pair.engine.riseMiB)), 'MiB'),
  ];
}
