import type { Json } from '../../../json.ts';
import type { Answer, Core, Operation } from '../call.ts';
import type { MetricOwner } from '../cloudwatch/metrics.ts';
import type { FunctionVersion, LambdaFunction } from '../state.ts';
import { AwsRefusal } from '../world-error.ts';
import { provisionedTotal } from './concurrency.ts';
import { execute } from './execute.ts';
import { findFunction, functionNotFound, readReference, resolveVersion } from './reference.ts';
import { invokeAccess } from './resource.ts';
import { settleEvent } from './sinks.ts';
import { settle } from './update.ts';

/** An asynchronous event is tried once and then, by default, twice more. */
const DEFAULT_RETRIES = 2;

/** How a function is called. */
export interface Invocation {
  readonly target: LambdaFunction;
  readonly version: FunctionVersion;
  /** The qualifier that was asked for; `$LATEST` when none was. */
  readonly qualifier: string;
  readonly payload: Json;
}

/** Whose metrics an invocation counts in. */
function ownerOf({ target, qualifier }: Invocation): MetricOwner {
  return { region: target.region, functionName: target.name, qualifier };
}

/** The recorded refusal of a synchronous call at concurrency 0. */
function concurrencyRefusal(): AwsRefusal {
  return new AwsRefusal('TooManyRequestsException', 429, 'Rate Exceeded.', {
    members: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded', Type: 'User' },
  });
}

/**
 * Whether nothing is left for a version: concurrency is 0, or all of it is provisioned for others
 * (recorded: with 2 reserved and 2 provisioned on version 1, `$LATEST` is refused and version 1 runs).
 */
function nothingLeft({ target, version, qualifier }: Invocation): boolean {
  if (target.reserved === undefined) return false;
  const own = target.provisioned.has(qualifier) || target.provisioned.has(version.version);
  return own ? target.reserved === 0 : target.reserved <= provisionedTotal(target);
}

/** Invokes and answers. Throws the concurrency refusal when nothing may run. */
export function invokeSync(core: Core, invocation: Invocation): Answer {
  const { version } = invocation;
  if (nothingLeft(invocation)) {
    core.metrics.count('Throttles', ownerOf(invocation), core.clock.now().getTime());
    throw concurrencyRefusal();
  }
  const execution = execute(core, invocation, core.names.uuid());
  return {
    status: 200,
    raw: Buffer.from(JSON.stringify(execution.payload)),
    headers: {
      'x-amz-executed-version': version.version,
      ...(execution.error ? { 'x-amz-function-error': 'Unhandled' } : {}),
    },
  };
}

/**
 * Accepts an event. At concurrency 0 it goes to its sink at once, without a retry, or is lost
 * (recorded from AWS: condition `ZeroReservedConcurrency`, count 0); else it runs here and now.
 */
export function invokeEvent(core: Core, invocation: Invocation): Answer {
  const { target, version, qualifier, payload } = invocation;
  core.metrics.count('AsyncEventsReceived', ownerOf(invocation), core.clock.now().getTime());
  const requestId = core.names.uuid();
  const event = { target, version, qualifier, requestId, payload };
  if (target.reserved === 0) {
    settleEvent(core, {
      ...event,
      condition: 'ZeroReservedConcurrency',
      invokeCount: 0,
      response: undefined,
    });
    return { status: 202, raw: new Uint8Array() };
  }
  const retries = target.eventInvoke.get(qualifier)?.maximumRetryAttempts ?? DEFAULT_RETRIES;
  let execution = execute(core, invocation, requestId);
  let invokeCount = 1;
  while (execution.error && invokeCount <= retries) {
    execution = execute(core, invocation, requestId);
    invokeCount += 1;
  }
  const condition = execution.error ? 'RetriesExhausted' : 'Success';
  const response = { payload: execution.payload, error: execution.error };
  settleEvent(core, { ...event, condition, invokeCount, response });
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
  access: invokeAccess,
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
