import { z } from 'zod';
import type { Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import {
  findFunction,
  findVersion,
  invalid,
  readReference,
  refuseQualifier,
  validation,
} from './reference.ts';
import { functionAccess, regionAccess } from './resource.ts';

/** How long managed instances take to apply another bound. */
const APPLY_MS = 30_000;

const recursion = z.object({ RecursiveLoop: z.string() });
const runtime = z.object({ UpdateRuntimeOn: z.enum(['Auto', 'Manual', 'FunctionUpdate']) });
const scaling = z.object({
  FunctionScalingConfig: z
    .object({
      MinExecutionEnvironments: z.number().int().min(0).max(15_000).optional(),
      MaxExecutionEnvironments: z.number().int().min(0).max(15_000).optional(),
    })
    .optional(),
});

function operation(name: string, write: boolean, run: Operation['run'], status = 200): Operation {
  return { service: 'lambda', name, write, status, access: functionAccess(`lambda:${name}`), run };
}

function bounds(one: { readonly min: number; readonly max: number }) {
  return { MinExecutionEnvironments: one.min, MaxExecutionEnvironments: one.max };
}

/** Settings of a function beside its configuration: recursion, runtime updates, bounds of managed instances. */
export const settingOperations: Readonly<Record<string, Operation>> = {
  GetFunctionRecursionConfig: operation('GetFunctionRecursionConfig', false, (core, input) => {
    const reference = readReference(core, input);
    refuseQualifier(reference);
    return { body: { RecursiveLoop: findFunction(core, reference).recursiveLoop } };
  }),
  PutFunctionRecursionConfig: operation('PutFunctionRecursionConfig', true, (core, input) => {
    const { RecursiveLoop: wanted } = readMembers(recursion, input.body);
    if (wanted !== 'Terminate' && wanted !== 'Allow') {
      throw validation(wanted, 'recursiveLoop', 'Member must satisfy enum value set: [Terminate, Allow]');
    }
    const target = findFunction(core, readReference(core, input));
    target.recursiveLoop = wanted;
    return { body: { RecursiveLoop: wanted } };
  }),
  GetRuntimeManagementConfig: operation('GetRuntimeManagementConfig', false, (core, input) => {
    const reference = readReference(core, input);
    const { target } = findVersion(core, reference);
    const updates = target.runtimeUpdates.get(reference.qualifier ?? '') ?? 'Auto';
    return { body: { UpdateRuntimeOn: updates, FunctionArn: reference.qualifiedArn } };
  }),
  PutRuntimeManagementConfig: operation('PutRuntimeManagementConfig', true, (core, input) => {
    const reference = readReference(core, input);
    const { target } = findVersion(core, reference);
    const { UpdateRuntimeOn: wanted } = readMembers(runtime, input.body);
    target.runtimeUpdates.set(reference.qualifier ?? '', wanted);
    return { body: { UpdateRuntimeOn: wanted, FunctionArn: reference.qualifiedArn } };
  }),
  GetFunctionScalingConfig: operation('GetFunctionScalingConfig', false, (core, input) => {
    const reference = readReference(core, input);
    const { target } = findVersion(core, reference);
    const config = target.scaling.get(reference.qualifier ?? '');
    if (config === undefined) return { body: { FunctionArn: reference.qualifiedArn } };
    const applied = core.clock.now().getTime() >= config.appliesAtMs ? config : config.before;
    return {
      body: {
        FunctionArn: reference.qualifiedArn,
        AppliedFunctionScalingConfig: bounds(applied),
        RequestedFunctionScalingConfig: bounds(config),
      },
    };
  }),
  PutFunctionScalingConfig: operation(
    'PutFunctionScalingConfig',
    true,
    (core, input) => {
      const reference = readReference(core, input);
      const { target, version } = findVersion(core, reference);
      const { qualifier = '' } = reference;
      const refuse = (message: string) => invalid('InvalidParameterValueException', 400, message);
      if (version.settings.capacityProvider === undefined) {
        throw refuse('The function version is not configured with a capacity provider.');
      }
      if (!/^\d+$/.test(qualifier) && qualifier !== '$LATEST.PUBLISHED') {
        throw refuse('The qualifier must be a published version or $LATEST.PUBLISHED.');
      }
      const wanted = readMembers(scaling, input.body).FunctionScalingConfig ?? {};
      const before = target.scaling.get(qualifier) ?? { min: 3, max: 15_000 };
      const min = wanted.MinExecutionEnvironments ?? before.min;
      const max = wanted.MaxExecutionEnvironments ?? before.max;
      // 0 and 0 turns managed scaling off; a minimum of 0 alone is refused (reference, section 1.6).
      if (min > max || (min === 0 && max !== 0)) {
        throw refuse(
          'MinExecutionEnvironments must be at least 1 and at most MaxExecutionEnvironments, or both must be 0.',
        );
      }
      const appliesAtMs = core.clock.now().getTime() + APPLY_MS;
      target.scaling.set(qualifier, { min, max, before: { min: before.min, max: before.max }, appliesAtMs });
      return { body: { FunctionState: max === 0 ? 'Deactivating' : 'Active' } };
    },
    202,
  ),
  GetAccountSettings: {
    service: 'lambda',
    name: 'GetAccountSettings',
    write: false,
    access: regionAccess('lambda:GetAccountSettings'),
    run(core, input) {
      const here = [...core.state.functions.values()].filter((one) => one.region === input.region);
      const reserved = here.reduce((sum, one) => sum + (one.reserved ?? 0), 0);
      const size = here
        .flatMap((one) => [...one.versions.values()])
        .reduce((sum, one) => sum + (core.state.packages.get(one.codeDigest)?.byteLength ?? 0), 0);
      const { limit } = core.state.concurrency;
      return {
        body: {
          AccountLimit: {
            TotalCodeSize: 80_530_636_800,
            CodeSizeUnzipped: 262_144_000,
            CodeSizeZipped: 52_428_800,
            ConcurrentExecutions: limit,
            UnreservedConcurrentExecutions: limit - reserved,
          },
          AccountUsage: { TotalCodeSize: size, FunctionCount: here.length },
        },
      };
    },
  },
};
