import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import { lambdaInstant } from './build.ts';
import { provisionedTotal, unreserved } from './concurrency.ts';
import {
  findFunction,
  functionNotFound,
  invalid,
  isVersionNumber,
  notFound,
  readReference,
  validation,
} from './reference.ts';
import { functionAccess } from './resource.ts';
import type { LambdaFunction, ProvisionedConfig } from './state.ts';

/** AWS allocates within a minute or two; what matters here is that it is not at once. */
const ALLOCATION_MS = 60_000;

const putProvisioned = z.object({ ProvisionedConcurrentExecutions: z.number().int() });

function describe(core: Core, config: ProvisionedConfig): JsonObject {
  const ready = core.clock.now().getTime() >= config.readyAtMs;
  const allocated = ready ? config.requested : 0;
  return {
    RequestedProvisionedConcurrentExecutions: config.requested,
    AvailableProvisionedConcurrentExecutions: allocated,
    AllocatedProvisionedConcurrentExecutions: allocated,
    Status: ready ? 'READY' : 'IN_PROGRESS',
    LastModified: config.lastModified,
  };
}

function locate(
  core: Core,
  input: Input,
  latest: string,
): { readonly target: LambdaFunction; readonly qualifier: string } {
  const reference = readReference(core, input);
  const { qualifier = '$LATEST' } = reference;
  if (qualifier === '$LATEST') throw invalid('InvalidParameterValueException', 400, latest);
  const target = core.state.functions.get(reference.arn);
  if (isVersionNumber(qualifier)) {
    if (target?.versions.has(qualifier) !== true) throw functionNotFound(`${reference.arn}:${qualifier}`);
    return { target, qualifier };
  }
  if (target?.aliases.has(qualifier) !== true)
    throw notFound(`Cannot find alias arn: ${reference.arn}:${qualifier}`);
  return { target, qualifier };
}

const NOT_PUBLISHED = 'The function resource provided must be an alias or a published version.';
const UNPUBLISHED = 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.';

/** Version and alias exclude each other: one version is provisioned in one place. */
function refuseOverlap(target: LambdaFunction, qualifier: string): void {
  const alias = target.aliases.get(qualifier);
  if (alias !== undefined) {
    if (!target.provisioned.has(alias.version)) return;
    throw invalid(
      'ResourceConflictException',
      409,
      "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    );
  }
  const pointing = [...target.aliases.values()].some(
    (one) => one.version === qualifier && target.provisioned.has(one.name),
  );
  if (pointing) {
    throw invalid('ResourceConflictException', 409, 'Version is pointed by a Provisioned Concurrency alias');
  }
}

/** Allocates provisioned concurrency, or throws Lambda's refusal: of an overlap, or for want of concurrency. */
export function setProvisioned(
  core: Core,
  target: LambdaFunction,
  qualifier: string,
  requested: number,
): ProvisionedConfig {
  refuseOverlap(target, qualifier);
  const others = provisionedTotal(target) - (target.provisioned.get(qualifier)?.requested ?? 0);
  if (target.reserved !== undefined && others + requested > target.reserved) {
    throw invalid(
      'InvalidParameterValueException',
      400,
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    );
  }
  if (target.reserved === undefined) {
    const left = unreserved(core, target);
    if (others + requested > left) {
      throw new AwsRefusal(
        'InvalidParameterValueException',
        400,
        `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${left}].`,
      );
    }
    const { unreservedMinimum } = core.state.concurrency;
    if (left - others - requested < unreservedMinimum) {
      throw new AwsRefusal(
        'InvalidParameterValueException',
        400,
        `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${unreservedMinimum}].`,
      );
    }
  }
  const now = core.clock.now();
  const config = {
    requested,
    lastModified: lambdaInstant(now.toISOString()),
    readyAtMs: now.getTime() + ALLOCATION_MS,
  };
  target.provisioned.set(qualifier, config);
  return config;
}

/** Provisioned concurrency of versions and aliases. */
export const provisionedOperations: Readonly<Record<string, Operation>> = {
  PutProvisionedConcurrencyConfig: {
    service: 'lambda',
    name: 'PutProvisionedConcurrencyConfig',
    write: true,
    status: 202,
    access: functionAccess('lambda:PutProvisionedConcurrencyConfig'),
    run(core, input) {
      const { ProvisionedConcurrentExecutions: requested } = readMembers(putProvisioned, input.body);
      if (requested < 1) {
        throw validation(
          requested,
          'provisionedConcurrentExecutions',
          'Member must have value greater than or equal to 1',
        );
      }
      const { target, qualifier } = locate(core, input, UNPUBLISHED);
      return { body: describe(core, setProvisioned(core, target, qualifier, requested)) };
    },
  },
  GetProvisionedConcurrencyConfig: {
    service: 'lambda',
    name: 'GetProvisionedConcurrencyConfig',
    write: false,
    access: functionAccess('lambda:GetProvisionedConcurrencyConfig'),
    run(core, input) {
      const { target, qualifier } = locate(core, input, NOT_PUBLISHED);
      const config = target.provisioned.get(qualifier);
      if (config === undefined) {
        throw invalid(
          'ProvisionedConcurrencyConfigNotFoundException',
          404,
          'No Provisioned Concurrency Config found for this function',
        );
      }
      return { body: describe(core, config) };
    },
  },
  ListProvisionedConcurrencyConfigs: {
    service: 'lambda',
    name: 'ListProvisionedConcurrencyConfigs',
    write: false,
    access: functionAccess('lambda:ListProvisionedConcurrencyConfigs'),
    run(core, input) {
      const target = findFunction(core, readReference(core, input));
      const all = [...target.provisioned].map(([qualifier, config]) => ({
        FunctionArn: `${target.arn}:${qualifier}`,
        ...describe(core, config),
      }));
      const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 50);
      return {
        body: {
          ProvisionedConcurrencyConfigs: page.items,
          ...(page.next === undefined ? {} : { NextMarker: page.next }),
        },
      };
    },
  },
  DeleteProvisionedConcurrencyConfig: {
    service: 'lambda',
    name: 'DeleteProvisionedConcurrencyConfig',
    write: true,
    status: 204,
    access: functionAccess('lambda:DeleteProvisionedConcurrencyConfig'),
    run(core, input) {
      const { target, qualifier } = locate(core, input, NOT_PUBLISHED);
      target.provisioned.delete(qualifier);
      return {};
    },
  },
};
