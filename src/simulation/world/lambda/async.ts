import type { Core } from '../call.ts';
import { ownerOf, roomFor } from './capacity.ts';
import { execute } from './execute.ts';
import { resolveVersion } from './reference.ts';
import { settleEvent } from './sinks.ts';
import type { AsyncEvent, FunctionVersion, LambdaFunction } from './state.ts';

/** An asynchronous event is tried once and then, by default, twice more; a throttled one waits six hours at most. */
const DEFAULT_RETRIES = 2;
const DEFAULT_AGE_SECONDS = 21_600;

/** "a one-minute wait between the first two attempts, and two minutes between the second and third" (Lambda guide). */
const RETRY_AFTER_MS = [60_000, 120_000] as const;

/** What is left of an event: nothing, or what waits for its next try. */
type Progress = AsyncEvent | 'ended';

/** Tries an event once; one that failed waits for its next try, or is over. */
function runEvent(core: Core, event: AsyncEvent, target: LambdaFunction, version: FunctionVersion): Progress {
  const { qualifier, requestId, payload } = event;
  const retries = target.eventInvoke.get(qualifier)?.maximumRetryAttempts ?? DEFAULT_RETRIES;
  const execution = execute(core, { target, version, qualifier }, requestId, 'holds');
  const invokeCount = event.tries + 1;
  const response = { payload: execution.payload, error: execution.error };
  if (execution.error && invokeCount <= retries) {
    const delayMs = RETRY_AFTER_MS[event.tries] ?? RETRY_AFTER_MS[1];
    return { ...event, tries: invokeCount, dueMs: core.clock.now().getTime() + delayMs, response };
  }
  const condition = execution.error ? 'RetriesExhausted' : 'Success';
  settleEvent(core, { target, version, qualifier, requestId, payload, condition, invokeCount, response });
  return 'ended';
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
  if (nowMs < event.dueMs) return event;
  const { qualifier, requestId, payload, response } = event;
  const unrun = { target, version, qualifier, requestId, payload, invokeCount: event.tries, response };
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
    return event;
  }
  return runEvent(core, event, target, version);
}

/** Takes what waits in Lambda's own queue, once each; what a run sends to a function comes in the same round. */
export function drainAsync(core: Core): void {
  const waiting: AsyncEvent[] = [];
  for (
    let event = core.state.asyncQueue.shift();
    event !== undefined;
    event = core.state.asyncQueue.shift()
  ) {
    const left = take(core, event);
    if (left !== 'ended') waiting.push(left);
  }
  core.state.asyncQueue.push(...waiting);
}
