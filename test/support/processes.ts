import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** An engine in a process of its own, which may be killed or frozen. */
export interface EngineProcess {
  readonly pid: number;
  /** By which the simulated account's journal tells whose call it was. */
  readonly accessKeyId: string;
  /** Resolves at the first line of its log, past or future, that holds `text`. */
  logged(text: string): Promise<void>;
  /** Everything it has logged so far. */
  log(): string;
  freeze(): void;
  thaw(): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL('./engine-process.mjs', import.meta.url));
const START_LIMIT_MS = 60_000;

/** Starts one and resolves when it works. `environment` is all that it sees besides the path. */
export async function startEngineProcess(options: {
  readonly environment: Readonly<Record<string, string>>;
  readonly worldUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}): Promise<EngineProcess> {
  const { environment, worldUrl, accessKeyId, secretAccessKey } = options;
  const child = spawn(process.execPath, [PROGRAM, worldUrl, accessKeyId, secretAccessKey], {
    env: { PATH: process.env.PATH ?? '', NODE_NO_WARNINGS: '1', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code));
  });
  const log = follow(child);
  await ready(child, exited, log);
  const signal = (name: NodeJS.Signals) => {
    child.kill(name);
  };
  return {
    pid: child.pid ?? 0,
    accessKeyId,
    logged: log.line,
    log: log.text,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async kill() {
      signal('SIGKILL');
      await exited;
    },
    async stop() {
      signal('SIGTERM');
      return exited;
    },
  };
}

interface Followed {
  line(text: string): Promise<void>;
  text(): string;
}

function follow(child: ChildProcess): Followed {
  const lines: string[] = [];
  const waiting: { readonly text: string; readonly resolve: () => void }[] = [];
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      for (const each of waiting) if (line.includes(each.text)) each.resolve();
    });
  }
  return {
    text: () => lines.join('\n'),
    line: (text) =>
      new Promise((resolve) => {
        if (lines.some((line) => line.includes(text))) resolve();
        else waiting.push({ text, resolve });
      }),
  };
}

async function ready(child: ChildProcess, exited: Promise<number | null>, log: Followed): Promise<void> {
  const started = new Promise<'started'>((resolve) => child.stdout?.once('data', () => resolve('started')));
  const late = AbortSignal.timeout(START_LIMIT_MS);
  const limit = new Promise<'late'>((resolve) => late.addEventListener('abort', () => resolve('late')));
  const outcome = await Promise.race([started, exited, limit]);
  if (outcome === 'started') return;
  child.kill('SIGKILL');
  throw new Error(`an engine process did not start (${String(outcome)}):\n${log.text()}`);
}
