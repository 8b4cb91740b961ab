import type { Json, JsonObject } from '../../../json.ts';
import { serviceMayAs } from '../access.ts';
import type { Core } from '../call.ts';
import type { CountedMetric } from '../cloudwatch/metrics.ts';
import { putVersion } from '../s3/store.ts';
import { enqueue } from '../sqs/queue.ts';
import type { FunctionVersion, LambdaFunction, LostEvent } from '../state.ts';

/** How an asynchronous event ended. */
export type EventCondition = 'Success' | 'RetriesExhausted' | 'ZeroReservedConcurrency';

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

type Delivery = 'delivered' | 'sink-denied' | 'sink-missing';

/** What the execution role must be allowed for a sink of each kind. */
const SINK_ACTIONS: Readonly<Record<string, string>> = {
  sqs: 'sqs:SendMessage',
  sns: 'sns:Publish',
  events: 'events:PutEvents',
  lambda: 'lambda:InvokeFunction',
  s3: 's3:PutObject',
};

function instant(core: Core): string {
  return core.clock.now().toISOString();
}

/** Delivers with the execution role, outside the function's environment. */
function deliver(
  core: Core,
  event: EndedEvent,
  sink: string,
  body: string,
  attributes: JsonObject,
): Delivery {
  const service = sink.split(':')[2] ?? '';
  const action = SINK_ACTIONS[service];
  const role = [...core.state.roles.values()].find((one) => one.arn === event.version.roleArn);
  if (action === undefined || role === undefined) return 'sink-missing';
  const key = `aws/lambda/async/${event.target.name}/${event.requestId}`;
  const resource = service === 's3' ? `${sink}/${key}` : sink;
  const queue = core.state.queues.get(sink);
  const access = { action, resource, resourcePolicy: queue?.policy?.parsed };
  if (!serviceMayAs(core, role, event.target.region, access)) return 'sink-denied';
  if (service === 'sqs') {
    if (queue === undefined) return 'sink-missing';
    enqueue(core, queue, body, attributes);
  }
  if (service === 's3') {
    const bucket = core.state.buckets.get(sink.split(':').at(-1) ?? '');
    if (bucket === undefined) return 'sink-missing';
    putVersion(core, bucket, key, { body: Buffer.from(body) });
  }
  return 'delivered';
}

function recordOf(core: Core, event: EndedEvent): JsonObject {
  return {
    version: '1.0',
    timestamp: instant(core),
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

/**
 * Sends an ended event to its sinks: the destination for its outcome, and the dead-letter queue of the
 * version when it failed. Counts it lost when it failed and no sink took it.
 */
export function settleEvent(core: Core, event: EndedEvent): void {
  const failed = event.condition !== 'Success';
  const config = event.target.eventInvoke.get(event.qualifier);
  const destination = failed ? config?.onFailure : config?.onSuccess;
  const at = instant(core);
  const functionArn = event.target.arn;
  const outcomes: Delivery[] = [];
  const keep = (sink: string, record: JsonObject, outcome: Delivery) => {
    outcomes.push(outcome);
    if (outcome !== 'delivered') return;
    core.state.events.delivered.push({
      at,
      functionArn,
      destination: sink,
      condition: event.condition,
      record,
    });
  };

  const count = (metric: CountedMetric) => {
    const owner = {
      region: event.target.region,
      functionName: event.target.name,
      qualifier: event.qualifier,
    };
    core.metrics.count(metric, owner, core.clock.now().getTime());
  };
  if (destination !== undefined) {
    const record = recordOf(core, event);
    const outcome = deliver(core, event, destination, JSON.stringify(record), {});
    if (outcome !== 'delivered') count('DestinationDeliveryFailures');
    keep(destination, record, outcome);
  }
  const { deadLetterArn } = event.version;
  if (failed && deadLetterArn !== undefined) {
    const text = (value: string, type: string) => ({ DataType: type, StringValue: value });
    const attributes = {
      RequestID: text(event.requestId, 'String'),
      ErrorCode: text(event.response === undefined ? '429' : '200', 'Number'),
      ErrorMessage: text(event.response === undefined ? 'Rate Exceeded.' : 'Unhandled', 'String'),
    };
    const outcome = deliver(core, event, deadLetterArn, JSON.stringify(event.payload), attributes);
    if (outcome !== 'delivered') count('DeadLetterErrors');
    keep(deadLetterArn, { payload: event.payload }, outcome);
  }
  if (!failed || outcomes.includes('delivered')) return;
  const reason: LostEvent['reason'] =
    outcomes[0] === undefined || outcomes[0] === 'delivered' ? 'no-sink' : outcomes[0];
  count('AsyncEventsDropped');
  core.state.events.lost.push({ at, functionArn, condition: event.condition, reason });
}
