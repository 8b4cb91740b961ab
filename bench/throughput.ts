import { subject } from './account.ts';
import { type Backend, onEachBackend } from './backend.ts';
import { startChild } from './child.ts';
import type { BareOperations } from './children/bare.ts';
import type { EngineOperations } from './children/engine.ts';
import type { WorldOperations } from './children/world.ts';
import { type Benchmark, compared, type Figure, figure, median, quantile } from './figure.ts';
import { instantMs } from './instant.ts';

const INCIDENTS = 200;
// As many alerts as are on their way at once; more only queue in front of the one database.
const AT_ONCE = 16;
const WARM_UP = 8;

/** Incidents a second, from their alerts to both writes accepted, on an account that answers at once. */
export const throughput: Benchmark = {
  name: 'throughput',
  shows: 'incidents a second from alert to both writes accepted, on an instant account without rate limits',
  run: (note) => onEachBackend((backend) => measure(backend, note)),
};

async function measure(backend: Backend, note: (line: string) => void): Promise<readonly Figure[]> {
  const world = startChild<WorldOperations>('world');
  const bare = startChild<BareOperations>('bare');
  const engine = startChild<EngineOperations>('engine');
  try {
    const functions = 2 * (INCIDENTS + WARM_UP);
    const { url } = await world.ask('start', { functions, latencyMs: 0, rateLimits: false });
    await bare.ask('start', { url });
    await engine.ask('start', { ...backend, worldUrl: url, limits: 'none' });
    let next = 0;
    const take = (count: number) => Array.from({ length: count }, () => next++);
    const contained = async (indices: readonly number[]) =>
      world.ask('contained', { subjects: indices.map((index) => subject(index).name) });
    const script = (index: number) => bare.ask('contain', { index });
    const incidents: string[] = [];
    const submit = async (index: number) => {
      const { startedMs, incident } = await engine.ask('submit', { index });
      incidents.push(incident);
      return { startedMs };
    };
    const timed = async (
      indices: readonly number[],
      begin: (index: number) => Promise<{ startedMs: number }>,
    ) => {
      const startedMs = instantMs();
      const starts = await atOnce(indices, async (index) => {
        const started = await begin(index);
        const [at] = await contained([index]);
        return (at ?? Number.NaN) - started.startedMs;
      });
      const ends = await contained(indices);
      return { perSecond: (indices.length * 1000) / (Math.max(...ends) - startedMs), times: starts };
    };

    await timed(take(WARM_UP), script);
    await timed(take(WARM_UP), submit);
    await engine.ask('settle', { incidents: incidents.splice(0) });
    note(`${backend.name}: ${INCIDENTS} incidents, ${AT_ONCE} at once`);
    const scripted = await timed(take(INCIDENTS), script);
    const handled = await timed(take(INCIDENTS), submit);
    const handledMs = instantMs();
    note(`${backend.name}: waiting until evidence is sealed and every incident is closed`);
    await engine.ask('settle', { incidents });
    const name = `throughput.${backend.name}`;
    return [
      compared(`${name}.contained`, handled.perSecond, '1/s', scripted.perSecond),
      compared(`${name}.time.median`, median(handled.times), 'ms', median(scripted.times)),
      compared(`${name}.time.p99`, quantile(handled.times, 0.99), 'ms', quantile(scripted.times, 0.99)),
      figure(`${name}.rest-until-closed`, (instantMs() - handledMs) / 1000, 's'),
    ];
  } finally {
    await Promise.all([engine.kill(), bare.kill(), world.kill()]);
  }
}

/** Works through `items`, `AT_ONCE` of them at a time. */
async function atOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const waiting = [...items];
  const results: Result[] = [];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
      results.push(await work(item));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}
