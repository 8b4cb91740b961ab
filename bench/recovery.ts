import { subject } from './account.ts';
import { type Backend, onEachBackend } from './backend.ts';
import { type Child, startChild } from './child.ts';
import type { EngineOperations, EngineOptions } from './children/engine.ts';
import type { WorldOperations } from './children/world.ts';
import { type Benchmark, type Figure, figure, median } from './figure.ts';
import { instantMs } from './instant.ts';

const ROUNDS = 5;
const INCIDENTS = 20;
// Long enough for all of them to be under way when the first writes come in.
const LATENCY_MS = 60;
// The kill comes when so many of the 40 writes have been accepted.
const WRITES_BEFORE = 10;
const WARM_UP = 3;

/** Seconds from `kill -9` in the middle of containment to the last containment call. */
export const recovery: Benchmark = {
  name: 'recovery',
  shows: 'seconds from kill -9 in mid-containment to the last containment call, 20 incidents under way',
  run: (note) => onEachBackend((backend) => measure(backend, note)),
};

async function measure(backend: Backend, note: (line: string) => void): Promise<readonly Figure[]> {
  const world = startChild<WorldOperations>('world');
  const engines: Child<EngineOperations>[] = [];
  const start = (): Child<EngineOperations> => {
    const engine = startChild<EngineOperations>('engine');
    engines.push(engine);
    return engine;
  };
  try {
    const functions = ROUNDS * (INCIDENTS + 2 * WARM_UP);
    const { url } = await world.ask('start', { functions, latencyMs: LATENCY_MS, rateLimits: false });
    const options: EngineOptions = { ...backend, worldUrl: url, limits: 'none' };
    const seconds: number[] = [];
    let again = 0;
    let next = 0;
    const take = (count: number) => Array.from({ length: count }, () => next++);
    const warm = async (engine: Child<EngineOperations>) => {
      await engine.ask('start', options);
      const submitted = await Promise.all(take(WARM_UP).map((index) => engine.ask('submit', { index })));
      await engine.ask('settle', { incidents: submitted.map(({ incident }) => incident) });
      return engine;
    };
    let victim = await warm(start());
    for (let round = 1; round <= ROUNDS; round++) {
      note(`${backend.name}: round ${round} of ${ROUNDS}`);
      // On servers a second process is there already; an embedded database has one process at a time.
      const heir = backend.name === 'server' ? await warm(start()) : undefined;
      const indices = take(INCIDENTS);
      const before = await world.ask('accepted', undefined);
      await Promise.all(indices.map((index) => victim.ask('submit', { index })));
      await world.ask('writes', { count: before + WRITES_BEFORE });
      const killedMs = instantMs();
      await victim.kill();
      const next = heir ?? start();
      const started = heir === undefined ? next.ask('start', options) : undefined;
      const names = indices.map((index) => subject(index).name);
      const ends = await world.ask('contained', { subjects: names });
      await started;
      const last = Math.max(...ends);
      seconds.push(Math.max(0, last - killedMs) / 1000);
      victim = next;
      for (const [index, name] of names.entries()) {
        const calls = await world.ask('calls', { subject: name });
        // Later ones are other writes: the deny widens to the whole role where nobody else uses it.
        const containing = calls.filter(
          (call) => call.write && call.outcome === 'ok' && call.answeredMs <= (ends[index] ?? last),
        );
        again += containing.length - 2;
        if (containing.length > 2) {
          const when = containing.map(
            (call) => `${call.operation} ${Math.round(call.arrivedMs - killedMs)} ms`,
          );
          note(`${name}, from the kill on: ${when.join(', ')}`);
        }
      }
    }
    const name = `recovery.${backend.name}`;
    return [
      figure(`${name}.kill-to-last-call.median`, median(seconds), 's'),
      figure(`${name}.kill-to-last-call.worst`, Math.max(...seconds), 's'),
      figure(`${name}.writes-made-twice`, again, 'count'),
    ];
  } finally {
    await Promise.all([...engines.map((engine) => engine.kill()), world.kill()]);
  }
}
