import { subject } from './account.ts';
import { type Backend, onEachBackend } from './backend.ts';
import { type Child, startChild } from './child.ts';
import type { BareOperations } from './children/bare.ts';
import type { EngineOperations } from './children/engine.ts';
import type { WorldOperations } from './children/world.ts';
import { type Benchmark, compared, type Figure, figure, median, pairFigures } from './figure.ts';
import { pause } from './instant.ts';
import { postAlert } from './post-alert.ts';

// 30 ms is what a call to AWS's control plane takes from within a Region, about.
const AWS_LATENCY_MS = 30;
// An incident's evidence is paced by IAM, so that each pair takes some twelve seconds.
const PAIRS = { submitted: 6, posted: 3, instant: 6 };
// The first of each kind make connections, sessions and machine code; they are measured apart.
const WARM_UP = 3;

/** From the last byte of an alert to both containment writes accepted, beside a bare script with the same calls. */
export const alertToContained: Benchmark = {
  name: 'alert-to-contained',
  shows: 'time from an alert to both containment writes accepted, beside a bare script with the same calls',
  run: (note) => onEachBackend((backend) => measure(backend, note)),
};

interface Setting {
  readonly world: Child<WorldOperations>;
  readonly bare: Child<BareOperations>;
  readonly engine: Child<EngineOperations>;
  readonly webhook: string;
}

async function measure(backend: Backend, note: (line: string) => void): Promise<readonly Figure[]> {
  const world = startChild<WorldOperations>('world');
  const bare = startChild<BareOperations>('bare');
  const engine = startChild<EngineOperations>('engine');
  try {
    const functions = 2 * (PAIRS.submitted + PAIRS.posted + PAIRS.instant + 2 * WARM_UP) + 2;
    const { url } = await world.ask('start', { functions, latencyMs: AWS_LATENCY_MS, rateLimits: false });
    await bare.ask('start', { url });
    const { webhook } = await engine.ask('start', { ...backend, worldUrl: url, limits: 'aws' });
    const setting: Setting = { world, bare, engine, webhook };
    let next = 0;
    const series = async (count: number, way: 'submit' | 'post') => {
      const pairs: Pair[] = [];
      for (let at = 0; at < count; at++) pairs.push(await pair(setting, next++, next++, way));
      return pairs;
    };

    const first = await series(1, 'submit');
    await series(WARM_UP - 1, 'submit');
    note(`${backend.name}: ${PAIRS.submitted} pairs at ${AWS_LATENCY_MS} ms a call`);
    const submitted = await series(PAIRS.submitted, 'submit');
    note(`${backend.name}: ${PAIRS.posted} pairs by webhook`);
    const posted = await series(PAIRS.posted, 'post');
    await world.ask('tune', { latencyMs: 0 });
    await series(WARM_UP, 'submit');
    note(`${backend.name}: ${PAIRS.instant} pairs on an instant account`);
    const instant = await series(PAIRS.instant, 'submit');
    const name = `alert-to-contained.${backend.name}`;
    return [
      ...pairFigures(`${name}.submitted`, submitted),
      ...pairFigures(`${name}.webhook`, posted),
      ...pairFigures(`${name}.instant`, instant),
      figure(`${name}.acknowledged.median`, median(submitted.map((each) => each.acknowledged)), 'ms'),
      ...first.map((each) => compared(`${name}.first-after-start`, each.engine, 'ms', each.baseline)),
      ...stages(name, submitted),
    ];
  } finally {
    await Promise.all([engine.kill(), bare.kill(), world.kill()]);
  }
}

interface Pair {
  readonly baseline: number;
  readonly engine: number;
  /** From the alert to the answer that it is safe; 0 where it was not measured. */
  readonly acknowledged: number;
  readonly stages: { readonly engine: Stages; readonly bare: Stages };
}

/** Milliseconds after the start at which the account saw the first read, the last read and the last write. */
interface Stages {
  readonly firstRead: number;
  readonly writes: readonly number[];
}

/** One run of the bare script, then one of the engine, each on a function of its own and with nothing else to do. */
async function pair(
  setting: Setting,
  bareIndex: number,
  engineIndex: number,
  way: 'submit' | 'post',
): Promise<Pair> {
  const { world, bare, engine } = setting;
  const done = async (index: number) => {
    const [at] = await world.ask('contained', { subjects: [subject(index).name] });
    return at ?? Number.NaN;
  };
  const script = await bare.ask('contain', { index: bareIndex });
  const baseline = (await done(bareIndex)) - script.startedMs;
  await pause(50);

  const submitted =
    way === 'submit'
      ? await engine.ask('submit', { index: engineIndex })
      : { ...(await postAlert(setting.webhook, engineIndex)), answeredMs: Number.NaN };
  const contained = await done(engineIndex);
  await engine.ask('settle', { incidents: [submitted.incident] });
  return {
    baseline,
    engine: contained - submitted.startedMs,
    acknowledged: submitted.answeredMs - submitted.startedMs,
    stages: {
      engine: await stagesOf(world, engineIndex, submitted.startedMs),
      bare: await stagesOf(world, bareIndex, script.startedMs),
    },
  };
}

async function stagesOf(world: Child<WorldOperations>, index: number, startedMs: number): Promise<Stages> {
  const calls = await world.ask('calls', { subject: subject(index).name });
  const arrivals = (operation: string) =>
    calls.filter((call) => call.operation === operation).map((call) => call.arrivedMs - startedMs);
  return {
    firstRead: Math.min(...arrivals('GetFunction'), ...arrivals('GetRolePolicy')),
    writes: ['PutFunctionConcurrency', 'PutRolePolicy'].map((write) => Math.min(...arrivals(write))),
  };
}

/** Where the time goes: when the account saw the first call, and the later of the two writes. */
function stages(name: string, pairs: readonly Pair[]): readonly Figure[] {
  const of = (pick: (stages: Stages) => number) =>
    [
      median(pairs.map((each) => pick(each.stages.engine))),
      median(pairs.map((each) => pick(each.stages.bare))),
    ] as const;
  const [readEngine, readBare] = of((each) => each.firstRead);
  const [writeEngine, writeBare] = of((each) => Math.max(...each.writes));
  return [
    compared(`${name}.first-call-arrives.median`, readEngine, 'ms', readBare),
    compared(`${name}.last-write-arrives.median`, writeEngine, 'ms', writeBare),
  ];
}
