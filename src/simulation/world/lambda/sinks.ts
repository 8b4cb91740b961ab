import type { Json, JsonObject } from '../../../json.ts';
import type { Core } from '../call.ts';
import type { CountedMetric } from '../cloudwatch/metrics.ts';
import { type Delivery, deliver, type Parcel } from './deliver.ts';
import type { FunctionVersion, LambdaFunction, LostEvent } from './state.ts';

/** How an asynchronous event ended. */
export type EventCondition = 'Success' | 'RetriesExhausted' | 'EventAgeExceeded' | 'ZeroReservedConcurrency';

/** One asynchronous event at its end. */
export interface EndedEvent {
  readonly target: LambdaFunction;
  readonly version: FunctionVersion;
  /** The qualifier it was sent to, `$LATEST` when none was given. */
  readonly qualifier: string;
  readonly requestId: string;
  readonly payload: Json;
  readonly condition: EventCondition;
  readonly invokeCount: number;
  /** What the last invocation returned, when there was one. */
  readonly response: { readonly payload: Json; readonly error: boolean } | undefined;
}

function recordOf(core: Core, event: EndedEvent): JsonObject {
  return {
    version: '1.0',
    timestamp: core.clock.now().toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `${event.target.arn}:${event.qualifier}`,
      condition: event.condition,
      approximateInvokeCount: event.invokeCount,
    },
    requestPayload: event.payload,
    ...(event.response === undefined
      ? {}
      : {
          responseContext: {
            statusCode: 200,
            executedVersion: event.version.version,
            ...(event.response.error ? { functionError: 'Unhandled' } : {}),
          },
          responsePayload: event.response.payload,
        }),
  };
}

/** Message attributes of a dead letter: why, in the words of the last error (as recorded). */
function deadLetterAttributes(event: EndedEvent): JsonObject {
  const text = (value: string, type: string) => ({ DataType: type, StringValue: value });
  const answer = event.response?.payload;
  const said =
    typeof answer === 'object' && answer !== null && 'errorMessage' in answer ? answer.errorMessage : null;
  return {
    RequestID: text(event.requestId, 'String'),
    ErrorCode: text(event.response === undefined ? '429' : '200', 'Number'),
    ErrorMessage: text(
      event.response === undefined ? 'Rate Exceeded.' : typeof said === 'string' ? said : 'Unhandled',
      'String',
    ),
  };
}

/**
 * Sends an ended event to its sinks: the destination for its outcome, and the dead-letter queue of the
 * version when it failed. Counts it lost when it failed and no sink took it.
 */
export function settleEvent(core: Core, event: EndedEvent): void {
  const failed = event.condition !== 'Success';
  const { target, version, qualifier } = event;
  const config = target.eventInvoke.get(qualifier);
  const destination = failed ? config?.onFailure : config?.onSuccess;
  const at = core.clock.now().toISOString();
  const functionArn = target.arn;
  const role = [...core.state.roles.values()].find((one) => one.arn === version.roleArn);
  const outcomes: Delivery[] = [];
  const count = (metric: CountedMetric) => {
    const owner = { region: target.region, functionName: target.name, qualifier };
    core.metrics.count(metric, owner, core.clock.now().getTime());
  };
  const send = (
    sink: string,
    failure: CountedMetric,
    parcel: Pick<Parcel, 'record' | 'text' | 'attributes'>,
  ) => {
    const whole = role && { role, region: target.region, from: target, qualifier, failed, ...parcel };
    const outcome = whole === undefined ? 'sink-denied' : deliver(core, sink, whole);
    outcomes.push(outcome);
    if (outcome !== 'delivered') {
      count(failure);
      return;
    }
    const { condition } = event;
    core.state.events.delivered.push({
      at,
      functionArn,
      destination: sink,
      condition,
      record: parcel.record,
    });
  };

  if (destination !== undefined) {
    send(destination, 'DestinationDeliveryFailures', { record: recordOf(core, event) });
  }
  const { deadLetterArn } = version;
  if (failed && deadLetterArn !== undefined) {
    send(deadLetterArn, 'DeadLetterErrors', {
      record: { payload: event.payload },
      text: JSON.stringify(event.payload),
      attributes: deadLetterAttributes(event),
    });
  }
  if (!failed || outcomes.includes('delivered')) return;
  const reason: LostEvent['reason'] =
    outcomes[0] === undefined || outcomes[0] === 'delivered' ? 'no-sink' : outcomes[0];
  count('AsyncEventsDropped');
  core.state.events.lost.push({ at, functionArn, condition: event.condition, reason });
}
