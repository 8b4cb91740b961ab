import { z } from 'zod';
import type { Core, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import { findFunction, readReference, refuseQualifier } from './reference.ts';
import { functionAccess } from './resource.ts';
import type { LambdaFunction } from './state.ts';

const putConcurrency = z.object({ ReservedConcurrentExecutions: z.number().int().min(0) });

/** Provisioned concurrency of all qualifiers together. */
export function provisionedTotal(target: LambdaFunction): number {
  return [...target.provisioned.values()].reduce((sum, config) => sum + config.requested, 0);
}

/** What the Region has left for functions without a reservation, `except` this one's share. */
export function unreserved(core: Core, target: LambdaFunction): number {
  const others = [...core.state.functions.values()].filter(
    (one) => one.region === target.region && one !== target,
  );
  return others.reduce(
    (left, one) => left - (one.reserved ?? provisionedTotal(one)),
    core.state.concurrency.limit,
  );
}

/** Put, Get and DeleteFunctionConcurrency: unset, 0 and N are three different things. */
export const concurrencyOperations: Readonly<Record<string, Operation>> = {
  PutFunctionConcurrency: {
    service: 'lambda',
    name: 'PutFunctionConcurrency',
    write: true,
    access: functionAccess('lambda:PutFunctionConcurrency'),
    run(core, input) {
      const reference = readReference(core, input);
      refuseQualifier(reference);
      const target = findFunction(core, reference, `${reference.arn}:$LATEST`);
      const { ReservedConcurrentExecutions: wanted } = readMembers(putConcurrency, input.body);
      const provisioned = provisionedTotal(target);
      if (wanted < provisioned) {
        // Spaces as recorded from AWS; these two errors carry no Type.
        throw new AwsRefusal(
          'InvalidParameterValueException',
          400,
          ` ReservedConcurrentExecutions  ${wanted} should not be lower than function's total provisioned concurrency [${provisioned}].`,
        );
      }
      const { unreservedMinimum } = core.state.concurrency;
      // Lowering or keeping one's own reservation is always possible; 0 takes nothing from anybody.
      if (wanted > (target.reserved ?? 0) && unreserved(core, target) - wanted < unreservedMinimum) {
        throw new AwsRefusal(
          'InvalidParameterValueException',
          400,
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreservedMinimum}].`,
        );
      }
      target.reserved = wanted;
      return { body: { ReservedConcurrentExecutions: wanted } };
    },
  },
  GetFunctionConcurrency: {
    service: 'lambda',
    name: 'GetFunctionConcurrency',
    write: false,
    access: functionAccess('lambda:GetFunctionConcurrency'),
    run(core, input) {
      const target = findFunction(core, readReference(core, input));
      return { body: target.reserved === undefined ? {} : { ReservedConcurrentExecutions: target.reserved } };
    },
  },
  DeleteFunctionConcurrency: {
    service: 'lambda',
    name: 'DeleteFunctionConcurrency',
    write: true,
    status: 204,
    access: functionAccess('lambda:DeleteFunctionConcurrency'),
    run(core, input) {
      const reference = readReference(core, input);
      refuseQualifier(reference);
      findFunction(core, reference).reserved = undefined;
      return {};
    },
  },
};
