import { act } from '../act.ts';
import { findApproval } from '../approval.ts';
import type { Context, Register } from '../context.ts';
import type { Incident } from '../incident.ts';
import { REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

interface Options {
  readonly plan: string;
  readonly confirm?: string;
}

export const approve: Register = (program, run) => {
  program
    .command('approve')
    .summary('approve a plan that waits for people')
    .description(
      'Approves exactly the plan that you were shown, named by the beginning of its digest. In production the function’s name has to be typed too.',
    )
    .argument('<incident>', REFERENCE)
    .requiredOption('-p, --plan <digest>', 'the plan’s digest, as "cordon show" prints it')
    .option('-c, --confirm <function>', 'the function’s name, for production; asked for on a terminal')
    .action(
      run(async (context, reference: string, options: Options) =>
        act(context, reference, 'approve', async (incident) => {
          const approval = findApproval(incident, options.plan);
          const confirm = options.confirm ?? (await askForName(context, approval));
          const { approvalId, digest } = approval;
          return { approvalId, digest, ...(confirm === undefined ? {} : { confirm }) };
        }),
      ),
    );
};

/** Shows the plan and has the function's name typed, where there is somebody who can; else the engine says what is missing. */
async function askForName(
  { io, out }: Context,
  approval: Incident['approvals'][number],
): Promise<string | undefined> {
  if (approval.confirm === null || approval.status !== 'open' || out.json || !io.stdout.isTerminal) {
    return undefined;
  }
  out.line(`${approval.actionTitle} on ${shown(approval.objectArn, 200)}`);
  for (const { call, summary } of approval.changes) out.line(`    ${call}: ${shown(summary, 300)}`);
  for (const line of approval.blastRadius) out.line(`    ${shown(line, 300)}`);
  return io.ask(
    `This is production. Type the function’s name, ${shown(approval.confirm, 150)}: `,
    io.untilStopped(),
  );
}
