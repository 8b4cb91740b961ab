import { declareAs, sayWhoPerforms } from '../act.ts';
import type { Register } from '../context.ts';
import { EXIT } from '../error.ts';
import { nameOf } from '../incident.ts';

export const declare: Register = (program, run) => {
  program
    .command('declare')
    .summary('declare an incident by hand')
    .description(
      'Declares an incident on a function, without waiting for a detector. The playbook takes it from there: where the mode is act, the function is contained at once.',
    )
    .argument('<function-arn>', 'ARN of the function')
    .requiredOption('-r, --reason <text>', 'what you saw, for everybody who comes after')
    .option('-s, --severity <1-3>', '1 critical, 2 high, 3 medium', '2')
    .action(
      run(
        async (
          context,
          functionArn: string,
          options: { readonly reason: string; readonly severity: string },
        ) => {
          const { out } = context;
          return context.withApi(async (api) => {
            const input = { functionArn, severity: Number(options.severity), reason: options.reason };
            const result = await declareAs(context, api, input);
            if (result === undefined) return EXIT.no;
            const incident = await api.incident(result.incidentId);
            const name = incident === undefined ? result.incidentId : nameOf(incident);
            out.result({ ...result, incident: name }, () =>
              out.line(`${out.paint.green(result.outcome)}  ${out.paint.bold(name)}  (cordon show ${name})`),
            );
            await sayWhoPerforms(context, api);
            return EXIT.ok;
          });
        },
      ),
    );
};
