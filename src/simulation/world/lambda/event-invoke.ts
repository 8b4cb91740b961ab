import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readMembers } from '../read-members.ts';
import { mayDeliver } from './deliver.ts';
import { type FunctionReference, invalid, notFound, readReference, resolveVersion } from './reference.ts';
import { functionAccess } from './resource.ts';
import type { EventInvokeConfig, LambdaFunction } from './state.ts';

const destination = z.object({ Destination: z.string().optional() }).optional();
const members = z.object({
  MaximumRetryAttempts: z.number().int().min(0).max(2).optional(),
  MaximumEventAgeInSeconds: z.number().int().min(60).max(21_600).optional(),
  DestinationConfig: z.object({ OnSuccess: destination, OnFailure: destination }).optional(),
});
type Members = z.output<typeof members>;

/** Kinds of destination that asynchronous invocation knows. */
const DESTINATION = /^arn:aws[a-z-]*:(sqs|sns|lambda|events|s3):/;

function describe(arn: string, config: EventInvokeConfig): JsonObject {
  const target = (one: string | undefined) => (one === undefined ? {} : { Destination: one });
  return {
    LastModified: config.lastModifiedMs / 1000,
    FunctionArn: arn,
    ...(config.maximumRetryAttempts === undefined
      ? {}
      : { MaximumRetryAttempts: config.maximumRetryAttempts }),
    ...(config.maximumEventAgeSeconds === undefined
      ? {}
      : { MaximumEventAgeInSeconds: config.maximumEventAgeSeconds }),
    DestinationConfig: { OnSuccess: target(config.onSuccess), OnFailure: target(config.onFailure) },
  };
}

function without(reference: FunctionReference): Error {
  return notFound(
    `The function ${reference.arn}:${reference.qualifier ?? '$LATEST'} doesn't have an EventInvokeConfig`,
  );
}

/** The function that a write is about. AWS says less when it does not exist than when it has no config. */
function existing(core: Core, reference: FunctionReference): LambdaFunction {
  const target = core.state.functions.get(reference.arn);
  if (target === undefined || resolveVersion(target, reference.qualifier) === undefined) {
    throw notFound("The function doesn't exist.");
  }
  return target;
}

/** What the role must be allowed for a new sink, as Lambda names it when it is not. */
const SINK_WORDS: Readonly<Record<string, string>> = {
  sqs: 'SendMessage on SQS',
  sns: 'Publish on SNS',
  events: 'PutEvents on EventBridge',
  lambda: 'Invoke on Lambda',
  s3: 'PutObject on S3',
};

/** Lambda asks, when a sink is set, whether the execution role may write to it; what was just allowed is not yet. */
function checkPermission(core: Core, target: LambdaFunction, qualifier: string, arn: string): void {
  const version = resolveVersion(target, qualifier);
  const role = [...core.state.roles.values()].find((one) => one.arn === version?.roleArn);
  const parcel = role && { role, region: target.region, from: target, qualifier, failed: true, record: {} };
  if (parcel !== undefined && mayDeliver(core, arn, parcel)) return;
  throw invalid(
    'InvalidParameterValueException',
    400,
    `The function's execution role does not have permissions to call ${SINK_WORDS[arn.split(':')[2] ?? ''] ?? arn}`,
  );
}

function checkDestinations(core: Core, reference: FunctionReference, wanted: Members): void {
  for (const one of [wanted.DestinationConfig?.OnSuccess, wanted.DestinationConfig?.OnFailure]) {
    const arn = one?.Destination;
    if (arn === undefined || arn === '') continue;
    if (!DESTINATION.test(arn)) {
      throw invalid('InvalidParameterValueException', 400, 'The provided destination config is invalid.');
    }
    if (arn === reference.arn) {
      throw invalid(
        'InvalidParameterValueException',
        400,
        "You can't specify the function as a destination for itself.",
      );
    }
    const unqualified = arn.split(':').slice(0, 7).join(':');
    if (arn.includes(':lambda:') && !core.state.functions.has(unqualified)) {
      throw invalid('InvalidParameterValueException', 400, `The destination ARN ${arn} is invalid.`);
    }
    const target = core.state.functions.get(reference.arn);
    if (target !== undefined) checkPermission(core, target, reference.qualifier ?? '$LATEST', arn);
  }
}

function chosen(one: { readonly Destination?: string | undefined } | undefined): string | undefined {
  return one?.Destination === '' ? undefined : one?.Destination;
}

function write(core: Core, input: Input, mode: 'replace' | 'merge'): JsonObject {
  const reference = readReference(core, input);
  const wanted = readMembers(members, input.body);
  const target = existing(core, reference);
  if (Object.values(wanted).every((value) => value === undefined)) {
    throw invalid(
      'InvalidParameterValueException',
      400,
      'You must specify at least one of error handling or destination setting.',
    );
  }
  checkDestinations(core, reference, wanted);
  const qualifier = reference.qualifier ?? '$LATEST';
  const before = target.eventInvoke.get(qualifier);
  if (mode === 'merge' && before === undefined) throw without(reference);
  const kept = mode === 'merge' ? before : undefined;
  const destinations = wanted.DestinationConfig;
  const config: EventInvokeConfig = {
    maximumRetryAttempts: wanted.MaximumRetryAttempts ?? kept?.maximumRetryAttempts,
    maximumEventAgeSeconds: wanted.MaximumEventAgeInSeconds ?? kept?.maximumEventAgeSeconds,
    onSuccess: destinations?.OnSuccess === undefined ? kept?.onSuccess : chosen(destinations.OnSuccess),
    onFailure: destinations?.OnFailure === undefined ? kept?.onFailure : chosen(destinations.OnFailure),
    lastModifiedMs: core.clock.now().getTime(),
  };
  target.eventInvoke.set(qualifier, config);
  return describe(`${target.arn}:${qualifier}`, config);
}

/** Configuration of asynchronous invocation: `Put` replaces it, `Update` merges into it. */
export const eventInvokeOperations: Readonly<Record<string, Operation>> = {
  PutFunctionEventInvokeConfig: {
    service: 'lambda',
    name: 'PutFunctionEventInvokeConfig',
    write: true,
    access: functionAccess('lambda:PutFunctionEventInvokeConfig'),
    run: (core, input) => ({ body: write(core, input, 'replace') }),
  },
  UpdateFunctionEventInvokeConfig: {
    service: 'lambda',
    name: 'UpdateFunctionEventInvokeConfig',
    write: true,
    access: functionAccess('lambda:UpdateFunctionEventInvokeConfig'),
    run: (core, input) => ({ body: write(core, input, 'merge') }),
  },
  GetFunctionEventInvokeConfig: {
    service: 'lambda',
    name: 'GetFunctionEventInvokeConfig',
    write: false,
    access: functionAccess('lambda:GetFunctionEventInvokeConfig'),
    run(core, input) {
      const reference = readReference(core, input);
      const qualifier = reference.qualifier ?? '$LATEST';
      const config = core.state.functions.get(reference.arn)?.eventInvoke.get(qualifier);
      if (config === undefined) throw without(reference);
      return { body: describe(`${reference.arn}:${qualifier}`, config) };
    },
  },
  ListFunctionEventInvokeConfigs: {
    service: 'lambda',
    name: 'ListFunctionEventInvokeConfigs',
    write: false,
    access: functionAccess('lambda:ListFunctionEventInvokeConfigs'),
    run(core, input) {
      const target = existing(core, readReference(core, input));
      const all = [...target.eventInvoke].map(([qualifier, config]) =>
        describe(`${target.arn}:${qualifier}`, config),
      );
      const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 50);
      return {
        body: {
          FunctionEventInvokeConfigs: page.items,
          ...(page.next === undefined ? {} : { NextMarker: page.next }),
        },
      };
    },
  },
  DeleteFunctionEventInvokeConfig: {
    service: 'lambda',
    name: 'DeleteFunctionEventInvokeConfig',
    write: true,
    status: 204,
    access: functionAccess('lambda:DeleteFunctionEventInvokeConfig'),
    run(core, input) {
      const reference = readReference(core, input);
      const configs = core.state.functions.get(reference.arn)?.eventInvoke;
      if (configs?.delete(reference.qualifier ?? '$LATEST') !== true) throw without(reference);
      return {};
    },
  },
};
