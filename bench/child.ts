import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { instantMs } from './instant.ts';

/** What a child process can be asked, by name. Questions and answers are JSON. */
export type Operations = Readonly<Record<string, (body: never) => unknown>>;

type Question<Op> = Op extends (body: infer Body) => unknown ? Body : never;
type Answer<Op> = Op extends (body: never) => infer Result ? Awaited<Result> : never;

export interface Child<Ops extends Operations> {
  /** When it was started, on the clock of `instantMs`. */
  readonly startedMs: number;
  ask<Name extends keyof Ops & string>(name: Name, body: Question<Ops[Name]>): Promise<Answer<Ops[Name]>>;
  /** Ends it as `kill -9` does and resolves when it is gone. */
  kill(): Promise<void>;
}

export type ChildKind = 'world' | 'engine' | 'bare' | 'evidence';

/**
 * Starts a process of this program. The simulated account, the bare script and each engine have one of their
 * own, so that none of them waits for another's event loop. It ends when this process ends.
 */
export function startChild<Ops extends Operations>(kind: ChildKind): Child<Ops> {
  const startedMs = instantMs();
  const child: ChildProcess = fork(process.argv[1] ?? '', ['child', kind], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // The SDK's notice about Node 20, once for each of them.
    execArgv: ['--disable-warning=NodeVersionSupportWarning'],
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  let ended = false;
  child.on(
    'message',
    (message: { readonly id: number; readonly answer?: unknown; readonly error?: string }) => {
      const question = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error === undefined) question?.resolve(message.answer);
      else question?.reject(new Error(`${kind}: ${message.error}`));
    },
  );
  child.on('exit', (code, signal) => {
    ended = true;
    for (const question of waiting.values())
      question.reject(new Error(`the ${kind} process ended (${signal ?? code})`));
    waiting.clear();
  });
  return {
    startedMs,
    ask: (name, body) =>
      new Promise((resolve, reject) => {
        asked += 1;
        // The answer is what the operation of that name returned: both ends are this program.
        waiting.set(asked, { resolve: resolve as (value: unknown) => void, reject });
        child.send({ id: asked, name, body });
      }),
    async kill() {
      if (ended) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Answers the parent until it goes. */
export function answerParent(operations: Operations): void {
  process.on('message', (message: { readonly id: number; readonly name: string; readonly body: never }) => {
    void (async () => {
      try {
        const operation = operations[message.name];
        if (operation === undefined) throw new Error(`there is no operation ${message.name}`);
        const answer = await operation(message.body);
        process.send?.({ id: message.id, answer: answer ?? null });
      } catch (error) {
        process.send?.({
          id: message.id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      }
    })();
  });
  process.on('disconnect', () => process.exit(0));
}
