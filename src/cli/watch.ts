import type { Api, Context } from './context.ts';
import type { ExitCode } from './error.ts';
import { EXIT } from './error.ts';

const POLL_MS = 1000;
// Clears the screen and its history, cursor to the top.
const CLEAR = '\u001b[2J\u001b[3J\u001b[H';

/**
 * Shows something again whenever it changes, until it is over or the person has seen enough. Where no engine
 * runs nothing will change: it is shown once, and that is said.
 */
export async function watch<Seen>(
  context: Context,
  options: {
    readonly look: (api: Api) => Promise<Seen>;
    readonly print: (seen: Seen) => void | Promise<void>;
    readonly over: (seen: Seen) => boolean;
    /** Said when the person ends it before it is over. */
    readonly left: (seen: Seen) => string | undefined;
  },
): Promise<ExitCode> {
  const { io, out, clock } = context;
  const stopped = io.untilStopped();
  return context.withApi(async (api) => {
    if (!(await api.status()).performing) {
      out.remark('No engine is running, so nothing will change; start "cordon serve" to watch one at work.');
      await options.print(await options.look(api));
      return EXIT.ok;
    }
    for (let before = ''; ; ) {
      const seen = await options.look(api);
      const now = JSON.stringify(seen);
      if (now !== before) {
        if (!out.json && io.stdout.isTerminal) io.stdout.write(CLEAR);
        else if (!out.json && before !== '') out.line();
        await options.print(seen);
      }
      before = now;
      if (options.over(seen) || stopped.aborted) return EXIT.ok;
      await clock.sleep(POLL_MS, stopped);
      if (stopped.aborted) {
        const left = options.left(seen);
        if (left !== undefined) out.remark(left);
        return EXIT.ok;
      }
    }
  });
}
