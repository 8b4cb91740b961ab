import type { Command } from 'commander';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Ids } from '../id.ts';
import type { Log } from '../log.ts';
import type { OpenedApi } from '../main/open.ts';
import type { ExitCode } from './error.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

export type Api = OpenedApi['api'];

/** What every verb is given. */
export interface Context {
  readonly io: Io;
  readonly out: Output;
  readonly clock: Clock;
  readonly ids: Ids;
  config(): Promise<Config>;
  /** The log of a command: warnings and worse, on standard error. */
  log(): Promise<Log>;
  /** Opens the way to the engine for as long as `work` takes. */
  withApi<Result>(work: (api: Api) => Promise<Result>): Promise<Result>;
}

/** Adds one verb, or one group of them, to the program. */
export type Register = (program: Command, run: Run) => void;

/** Wraps what a verb does, so that every verb has the same context, exit code and way to fail. */
export type Run = <Given extends unknown[]>(
  work: (context: Context, ...given: Given) => Promise<ExitCode>,
) => (...given: Given) => Promise<void>;

export function createContext(options: {
  readonly io: Io;
  readonly out: Output;
  readonly clock: Clock;
  readonly ids: Ids;
}): Context {
  const { io, clock, ids } = options;
  let config: Config | undefined;
  // Imported when asked for, as everything heavy is: "cordon --help" loads none of it.
  const read = async () => {
    const { readConfig } = await import('../config.ts');
    config ??= io.environment === undefined ? readConfig() : readConfig(io.environment);
    return config;
  };
  const log = async () => {
    const { createLog } = await import('../log.ts');
    const { logLevel } = await read();
    // A command's output is for people: what an engine logs as usual would only stand in between.
    return createLog(logLevel === 'info' ? 'warn' : logLevel);
  };
  return {
    ...options,
    config: read,
    log,
    async withApi(work) {
      const { openApi } = await import('../main/open.ts');
      const opened = await openApi(await read(), { clock, ids, log: await log() });
      try {
        return await work(opened.api);
      } finally {
        await opened.close();
      }
    },
  };
}
