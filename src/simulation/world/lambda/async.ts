import type { Core } from '../call.ts';
import type { AsyncEvent, FunctionVersion, LambdaFunction } from '../state.ts';
import { ownerOf, roomFor } from './capacity.ts';
import { execute } from './execute.ts';
import { resolveVersion } from './reference.ts';
import { settleEvent } from './sinks.ts';

/** An asynchronous event is tried once and then, by default, twice more; a throttled one waits six hours at most. */
const DEFAULT_RETRIES = 2;
const DEFAULT_AGE_SECONDS = 21_600;

type Progress = 'ended' | 'waits';

/** Runs an event to its end, retries included: its delays between tries are not kept. */
function runEvent(core: Core, event: AsyncEvent, target: LambdaFunction, version: FunctionVersion): void {
  const { qualifier, requestId, payload } = event;
  const invocation = { target, version, qualifier };
  const retries = target.eventInvoke.get(qualifier)?.maximumRetryAttempts ?? DEFAULT_RETRIES;
  let execution = execute(core, invocation, requestId, 'holds');
  let invokeCount = 1;
  while (execution.error && invokeCount <= retries) {
    execution = execute(core, invocation, requestId, 'holds');
    invokeCount += 1;
  }
  const condition = execution.error ? 'RetriesExhausted' : 'Success';
  const response = { payload: execution.payload, error: execution.error };
  settleEvent(core, { target, version, qualifier, requestId, payload, condition, invokeCount, response });
}

/**
 * Takes one event from Lambda's own queue. At concurrency 0 it goes to its sink at once, without a try
 * (recorded: `ZeroReservedConcurrency`, count 0), also one that was waiting; with no room it waits until it
 * is too old. An event for a function that is gone is lost.
 */
function take(core: Core, event: AsyncEvent): Progress {
  const target = core.state.functions.get(event.functionArn);
  const version = target === undefined ? undefined : resolveVersion(target, event.qualifier);
  const nowMs = core.clock.now().getTime();
  if (target === undefined || version === undefined) {
    const at = core.clock.now().toISOString();
    core.state.events.lost.push({
      at,
      functionArn: event.functionArn,
      condition: 'FunctionDeleted',
      reason: 'function-gone',
    });
    return 'ended';
  }
  const { qualifier, requestId, payload } = event;
  const unrun = { target, version, qualifier, requestId, payload, invokeCount: 0, response: undefined };
  if (target.reserved === 0) {
    settleEvent(core, { ...unrun, condition: 'ZeroReservedConcurrency' });
    return 'ended';
  }
  const most = target.eventInvoke.get(qualifier)?.maximumEventAgeSeconds ?? DEFAULT_AGE_SECONDS;
  if (nowMs - event.submittedMs > most * 1000) {
    settleEvent(core, { ...unrun, condition: 'EventAgeExceeded' });
    return 'ended';
  }
  if (!roomFor(core, { target, version, qualifier })) {
    core.metrics.count('Throttles', ownerOf({ target, qualifier }), nowMs);
    return 'waits';
  }
  runEvent(core, event, target, version);
  return 'ended';
}

/** Takes what waits in Lambda's own queue, once each; what a run sends to a function comes in the same round. */
export function drainAsync(core: Core): void {
  const waiting: AsyncEvent[] = [];
  for (
    let event = core.state.asyncQueue.shift();
    event !== undefined;
    event = core.state.asyncQueue.shift()
  ) {
    if (take(core, event) === 'waits') waiting.push(event);
  }
  core.state.asyncQueue.push(...waiting);
}
