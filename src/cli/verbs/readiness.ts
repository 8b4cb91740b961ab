import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { shown } from '../output.ts';
import { givenOwners } from '../owners.ts';

export const readiness: Register = (program, run) => {
  program
    .command('readiness')
    .summary('say how ready each enrolled function is to be contained')
    .description(
      'For each enrolled function: its mode, the calls that would be made, how long they take, events that would be lost, ' +
        'room for a quarantine policy, whether its role could undo containment, and what Cordon’s own roles lack; each with its ' +
        'mend. From the inventory: nothing is asked of AWS. Exit code 1 when containment of one would not work as planned.',
    )
    .action(
      run(async (context) => {
        const { out, clock } = context;
        const { rules, enrolment } = await givenOwners(context);
        const pictures =
          enrolment.accounts.length === 0 ? [] : await context.withApi((api) => api.inventory());
        const { readinessOf } = await import('../../inventory/readiness.ts');
        const found = readinessOf(enrolment, pictures, rules, clock.now());
        out.result(found, () => {
          const { paint } = out;
          const say = (shortcomings: (typeof found.places)[number]['shortcomings']) => {
            for (const { weight, found: what, mend } of shortcomings) {
              out.line(
                `      ${weight === 'fail' ? paint.red('fail') : paint.yellow('risk')}  ${shown(what, 500)}`,
              );
              out.line(`            ${shown(mend, 500)}`);
            }
          };
          if (found.places.length === 0) out.line('no account is enrolled: see docs/enrolment.md');
          for (const place of found.places) {
            out.line(
              `${paint.bold(shown(place.name))}  ${place.account} ${place.region}, ${place.functions} functions, seen ${place.takenAt ?? 'never'}`,
            );
            say(place.shortcomings);
          }
          for (const each of found.functions) {
            const mark = each.ready ? paint.green('ready') : paint.red('not ready');
            out.line(
              `${paint.bold(shown(each.functionArn))}  ${mark}, mode ${each.mode}, ${each.tier}, effective in ${each.seconds.effective} s`,
            );
            for (const call of each.plan) out.line(`      ${shown(call, 500)}`);
            say(each.shortcomings);
          }
        });
        return found.ready ? EXIT.ok : EXIT.no;
      }),
    );
};
