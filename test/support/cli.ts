import { runCli } from '../../src/cli/program.ts';
import { systemClock } from '../../src/clock.ts';
import { controlListener, createControl } from '../../src/console/control.ts';
import { createLocalApi } from '../../src/console/local.ts';
import { parseEnrolment } from '../../src/enrolment/enrolment.ts';
import { randomIds } from '../../src/id.ts';
import { createRecordAccess } from '../../src/incident/evidence-note.ts';
import { createRecordRetention } from '../../src/incident/retention-note.ts';
import { silentLog } from '../../src/log.ts';
import { lockFolder } from '../../src/store/folder-lock.ts';
import type { Ground, TestEngine } from './engine.ts';
import { enrolmentText, startEngine } from './engine.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array | string;
  readonly terminal?: boolean;
  readonly stopped?: AbortSignal;
}

/** Runs the program in this process, with a terminal of its own. */
export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const out = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTerminal: options.terminal === true,
    columns: 100,
  });
  const code = await runCli(argv, {
    io: {
      stdout: out('stdout'),
      stderr: out('stderr'),
      readInput: async (maxBytes) => Buffer.from(options.input ?? '').subarray(0, maxBytes),
      ask: async () => undefined,
      environment: options.environment ?? {},
      untilStopped: () => options.stopped ?? new AbortController().signal,
    },
    clock: systemClock,
    ids: randomIds,
  });
  return { code, ...written };
}

/** An engine of a test that holds its folder and answers on the socket, as `cordon serve` does. */
export async function serveEngine(
  ground: Ground,
  options: Parameters<typeof startEngine>[1] = {},
): Promise<{
  readonly engine: TestEngine;
  readonly socket: string;
  stop(): Promise<void>;
}> {
  const outcome = await lockFolder(ground.dataDir, 'serve', systemClock);
  if (outcome.kind === 'busy') throw new Error('expected a free folder');
  const engine = await startEngine(ground, options);
  const { views, execute, declare, engine: inner } = engine.cordon;
  const api = createLocalApi({
    inventory: engine.cordon.inventory,
    sql: ground.sql,
    views,
    execute,
    declare,
    accept: inner.accept,
    recordAccess: createRecordAccess(inner.advance),
    recordRetention: createRecordRetention({
      advance: inner.advance,
      sql: ground.sql,
      enrolment: parseEnrolment(enrolmentText('act'), 'enrolment.yaml'),
    }),
    clock: ground.clock,
    performing: async () => true,
  });
  outcome.lock.answer(controlListener(createControl({ api, log: silentLog })));
  return {
    engine,
    socket: outcome.lock.socket,
    stop: async () => {
      await engine.stop();
      await outcome.lock.release();
    },
  };
}
