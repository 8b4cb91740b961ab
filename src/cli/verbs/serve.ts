import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';

export const serve: Register = (program, run) => {
  program
    .command('serve')
    .summary('run the engine')
    .description(
      'Runs the engine with everything that is configured, until SIGTERM or Ctrl-C; a second one ends it at once.',
    )
    .option('--roles <list>', 'only these parts: intake, worker, slack; they share a server of DATABASE_URL')
    .action(
      run(async (context, options: { readonly roles?: string }) => {
        const { io, out, clock, ids } = context;
        const stopped = io.untilStopped();
        const config = await context.config();
        const { readRoles } = await import('../../main/roles.ts');
        const roles = readRoles(options.roles, config);
        const { createLog } = await import('../../log.ts');
        const { startServing } = await import('../../main/serve.ts');
        const log = createLog(config.logLevel);
        const serving = await startServing(config, { roles, clock, ids, log });
        log.info({ ...serving.summary }, 'the engine runs');
        if (out.json) out.data({ type: 'started', ...serving.summary });
        if (!stopped.aborted) {
          await new Promise<void>((resolve) => {
            stopped.addEventListener('abort', () => resolve(), { once: true });
          });
        }
        log.info({ drainMs: config.drainMs }, 'stopping: no more work is taken');
        await serving.stop();
        log.info({}, 'stopped');
        return EXIT.ok;
      }),
    );
};
