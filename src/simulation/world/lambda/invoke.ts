import type { Json } from '../../../json.ts';
import type { Answer, Core, Operation } from '../call.ts';
import type { RunManner } from '../cloudwatch/metrics.ts';
import { AwsRefusal } from '../world-error.ts';
import { drainAsync } from './async.ts';
import { newEvent } from './async-event.ts';
import { ownerOf, roomFor } from './capacity.ts';
import { execute } from './execute.ts';
import { findFunction, functionNotFound, readReference, resolveVersion } from './reference.ts';
import { invokeAccess } from './resource.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';
import { settle } from './update.ts';

/** How a function is called. */
export interface Invocation {
  readonly target: LambdaFunction;
  readonly version: FunctionVersion;
  /** The qualifier that was asked for; `$LATEST` when none was. */
  readonly qualifier: string;
  readonly payload: Json;
}

/** The recorded refusal of a synchronous call at concurrency 0. */
function concurrencyRefusal(): AwsRefusal {
  return new AwsRefusal('TooManyRequestsException', 429, 'Rate Exceeded.', {
    members: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User' },
  });
}

/** Invokes and answers. Throws the concurrency refusal when nothing may run. */
export function invokeSync(core: Core, invocation: Invocation, manner: RunManner = 'answers'): Answer {
  const { version } = invocation;
  if (!roomFor(core, invocation)) {
    core.metrics.count('Throttles', ownerOf(invocation), core.clock.now().getTime());
    throw concurrencyRefusal();
  }
  const execution = execute(core, invocation, core.names.uuid(), manner);
  return {
    status: 200,
    raw: Buffer.from(JSON.stringify(execution.payload)),
    headers: {
      'x-amz-executed-version': version.version,
      ...(execution.error ? { 'x-amz-function-error': 'Unhandled' } : {}),
    },
  };
}

/** Accepts an event into Lambda's own queue, and takes what waits there. */
export function invokeEvent(core: Core, invocation: Invocation): Answer {
  const { target, qualifier, payload } = invocation;
  const submittedMs = core.clock.now().getTime();
  core.metrics.count('AsyncEventsReceived', ownerOf(invocation), submittedMs);
  const requestId = core.names.uuid();
  core.state.asyncQueue.push(
    newEvent({ functionArn: target.arn, qualifier, requestId, payload, submittedMs }),
  );
  drainAsync(core);
  return { status: 202, raw: new Uint8Array() };
}

/** The version that takes this invocation: by an alias with weights, now one and now the other. */
function routedVersion(core: Core, target: LambdaFunction, qualifier: string): FunctionVersion | undefined {
  const [other] = Object.entries(target.aliases.get(qualifier)?.weights ?? {});
  if (other === undefined) return resolveVersion(target, qualifier);
  const [version, share] = other;
  const drawn = Number.parseInt(core.names.hex(8), 16) / 2 ** 32;
  return drawn < share ? target.versions.get(version) : resolveVersion(target, qualifier);
}

/** Throws while a function is being made, and where its managed instances are bounded to none. */
function refuseInactive(
  core: Core,
  target: LambdaFunction,
  version: FunctionVersion,
  qualifier: string,
): void {
  const none = target.scaling.get(version.version) ?? target.scaling.get(qualifier);
  const applied = none !== undefined && none.max === 0 && core.clock.now().getTime() >= none.appliesAtMs;
  const pending = settle(core, version).update?.kind === 'creating';
  if (!applied && !pending) return;
  throw new AwsRefusal(
    'ResourceConflictException',
    409,
    `The operation cannot be performed at this time. The function is currently in the following state: ${pending ? 'Pending' : 'Deactivated'}`,
    { members: { Type: 'User' } },
  );
}

function readPayload(raw: Uint8Array): Json {
  if (raw.byteLength === 0) return {};
  try {
    return JSON.parse(Buffer.from(raw).toString('utf8')) as Json; // what JSON.parse returns is JSON
  } catch {
    throw new AwsRefusal('InvalidRequestContentException', 400, 'Could not parse request body into json', {
      members: { Type: 'User' },
    });
  }
}

/** Invoke: RequestResponse, Event, DryRun. */
export const invokeOperation: Operation = {
  service: 'lambda',
  name: 'Invoke',
  write: true,
  access: (core, input) =>
    invokeAccess(
      core,
      input.region,
      input.path.FunctionName ?? '',
      input.query.get('Qualifier') ?? undefined,
    ),
  run(core, input) {
    const reference = readReference(core, input);
    const qualifier = reference.qualifier ?? '$LATEST';
    const target = findFunction(core, reference, `${reference.arn}:${qualifier}`);
    const version = routedVersion(core, target, qualifier);
    if (version === undefined) throw functionNotFound(`${reference.arn}:${qualifier}`);
    refuseInactive(core, target, version, qualifier);
    const invocation = { target, version, qualifier, payload: readPayload(input.raw) };
    switch (input.headers.get('x-amz-invocation-type')) {
      case 'Event':
        return invokeEvent(core, invocation);
      case 'DryRun':
        return { status: 204 };
      default:
        return invokeSync(core, invocation);
    }
  },
};
