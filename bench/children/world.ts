import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { systemClock } from '../../src/clock.ts';
import { serveWorld } from '../../src/simulation/world/serve.ts';
import { createWorld, type World } from '../../src/simulation/world/world.ts';
import { accountSpec, subject } from '../account.ts';
import { answerParent } from '../child.ts';
import { instantMs } from '../instant.ts';

/** One call as the account saw it; instants of `instantMs`. */
export interface SeenCall {
  readonly operation: string;
  /** The function, or its role without the suffix. */
  readonly subject: string;
  readonly outcome: string;
  readonly write: boolean;
  readonly arrivedMs: number;
  /** When it took effect: half of the latency after it arrived. */
  readonly decidedMs: number;
  /** When the answer was sent. */
  readonly answeredMs: number;
}

export type WorldOperations = {
  start(body: { functions: number; latencyMs: number; rateLimits: boolean }): Promise<{ url: string }>;
  /** Gives one function a package of so many megabytes. */
  pack(body: { index: number; megabytes: number }): void;
  tune(body: { latencyMs: number }): void;
  /** Resolves when both containment writes on every subject have been accepted, with the later instant of each. */
  contained(body: { subjects: readonly string[] }): Promise<readonly number[]>;
  /** How many containment writes have been accepted in all. */
  accepted(): number;
  /** Resolves when so many containment writes have been accepted in all. */
  writes(body: { count: number }): Promise<void>;
  /** All calls about one subject. */
  calls(body: { subject: string }): readonly SeenCall[];
};

/** The two writes that contain a function. */
const CONTAINMENT: ReadonlySet<string> = new Set(['PutFunctionConcurrency', 'PutRolePolicy']);

/** The simulated account in a process of its own, with a stop-watch at its door. */
export function worldProcess(): void {
  const calls = new Map<string, SeenCall[]>();
  const open = new AsyncLocalStorage<{ arrivedMs: number; seen?: Omit<SeenCall, 'answeredMs'> }>();
  const watchers = new Set<() => void>();
  let accepted = 0;
  let world: World | undefined;

  const containedAt = (subject: string): number | undefined => {
    // The first of each kind: the deny widens to the whole role later, by another write of the same kind.
    const first = [...CONTAINMENT].map(
      (kind) =>
        calls.get(subject)?.find((call) => call.operation === kind && call.outcome === 'ok')?.answeredMs,
    );
    return first.every((at) => at !== undefined) ? Math.max(...first) : undefined;
  };
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });

  const watched = (inner: World): World => ({
    ...inner,
    fetch: (request) =>
      open.run({ arrivedMs: instantMs() }, async () => {
        const response = await inner.fetch(request);
        const seen = open.getStore()?.seen;
        if (seen !== undefined) {
          const call = { ...seen, answeredMs: instantMs() };
          const list = calls.get(call.subject) ?? [];
          list.push(call);
          calls.set(call.subject, list);
          if (CONTAINMENT.has(call.operation) && call.outcome === 'ok') {
            accepted += 1;
            for (const look of [...watchers]) look();
          }
        }
        return response;
      }),
  });

  const operations: WorldOperations = {
    async start({ functions, latencyMs, rateLimits }) {
      world = createWorld(accountSpec({ functions, latencyMs, rateLimits }), {
        clock: systemClock,
        seed: 'bench',
      });
      world.journal.subscribe((entry) => {
        const store = open.getStore();
        if (store === undefined) return;
        store.seen = {
          operation: entry.operation,
          subject: (entry.target.split(/[:/]/).at(-1) ?? '').replace(/-role$/, ''),
          outcome: entry.outcome,
          write: entry.write,
          arrivedMs: store.arrivedMs,
          decidedMs: instantMs(),
        };
      });
      const served = await serveWorld(watched(world), { host: '127.0.0.1', port: 0 });
      return { url: served.url };
    },
    pack({ index, megabytes }) {
      const bytes = Buffer.alloc(megabytes * 1_000_000, 'PK');
      const digest = createHash('sha256').update(bytes).digest('hex');
      const version = world?.state.functions.get(subject(index).functionArn)?.versions.get('$LATEST');
      if (world === undefined || version === undefined)
        throw new Error('expected a world with that function');
      world.state.packages.set(digest, bytes);
      version.codeDigest = digest;
    },
    tune({ latencyMs }) {
      if (world !== undefined) world.settings.latencyMs = latencyMs;
    },
    async contained({ subjects }) {
      await until(() => subjects.every((name) => containedAt(name) !== undefined));
      return subjects.map((name) => containedAt(name) ?? 0);
    },
    accepted: () => accepted,
    writes: ({ count }) => until(() => accepted >= count),
    calls: ({ subject }) => calls.get(subject) ?? [],
  };
  answerParent(operations);
}
