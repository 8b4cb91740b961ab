import { act } from '../act.ts';
import type { Register } from '../context.ts';
import { REFERENCE } from '../incident.ts';

export const acknowledge: Register = (program, run) => {
  program
    .command('acknowledge')
    .summary('take the incident up')
    .description('Takes the incident up: escalations stop, and the first to do so leads.')
    .argument('<incident>', REFERENCE)
    .action(run(async (context, reference: string) => act(context, reference, 'acknowledge', () => ({}))));
};
