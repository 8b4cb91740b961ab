import type { Context, Register } from '../context.ts';
import type { ExitCode } from '../error.ts';
import { EXIT } from '../error.ts';
import type { Incident } from '../incident.ts';
import { findIncident, nameOf, REFERENCE } from '../incident.ts';

const POLL_MS = 1000;
// Clears the screen and its history, cursor to the top.
const CLEAR = '\u001b[2J\u001b[3J\u001b[H';

export const show: Register = (program, run) => {
  program
    .command('show')
    .summary('show one incident')
    .description('Shows one incident: what is contained, what is asked of whom, what happened last.')
    .argument('<incident>', REFERENCE)
    .option('-w, --watch', 'show it again whenever it changes, until it is closed')
    .action(
      run(async (context, reference: string, options: { readonly watch?: true }) => {
        if (options.watch === true) return watch(context, reference);
        return context.withApi(async (api) => {
          await print(context, await findIncident(api, reference));
          return EXIT.ok;
        });
      }),
    );
};

async function print(context: Context, incident: Incident): Promise<void> {
  const { out } = context;
  const { renderIncident } = await import('../render-incident.ts');
  out.result(incident, () => out.line(renderIncident(incident, out.paint)));
}

async function watch(context: Context, reference: string): Promise<ExitCode> {
  const { io, out, clock } = context;
  const stopped = io.untilStopped();
  return context.withApi(async (api) => {
    if (!(await api.status()).performing) {
      out.remark('No engine is running, so nothing will change; start "cordon serve" to watch one at work.');
      await print(context, await findIncident(api, reference));
      return EXIT.ok;
    }
    for (let before = ''; ; ) {
      const incident = await findIncident(api, reference);
      const now = JSON.stringify(incident);
      if (now !== before) {
        if (!out.json && io.stdout.isTerminal) io.stdout.write(CLEAR);
        else if (!out.json && before !== '') out.line();
        await print(context, incident);
      }
      before = now;
      if (incident.status === 'closed' || stopped.aborted) return EXIT.ok;
      await clock.sleep(POLL_MS, stopped);
      if (stopped.aborted) {
        out.remark(`${nameOf(incident)} is still ${incident.status}.`);
        return EXIT.ok;
      }
    }
  });
}
