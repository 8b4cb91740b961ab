import type { JsonObject } from '../../../json.ts';
import { serviceMayAs } from '../access.ts';
import type { Access, Core } from '../call.ts';
import { keyAccess } from '../kms/key.ts';
import { putVersion } from '../s3/store.ts';
import { enqueue } from '../sqs/queue.ts';
import type { Role } from '../state.ts';
import { newEvent } from './async-event.ts';
import { invokeAccess } from './resource.ts';
import type { LambdaFunction } from './state.ts';

/** What came of handing something to a sink. */
export type Delivery = 'delivered' | 'sink-denied' | 'sink-missing';

/** An SNS message may be this long; a record that is longer goes without its payload (reference, section 1.2). */
const MOST_SNS_BYTES = 262_144;

/** One thing to deliver, by a role, outside any function's environment. */
export interface Parcel {
  readonly role: Role;
  readonly region: string;
  /** Where it comes from: names the object in a bucket, and the event on a bus. */
  readonly from: LambdaFunction;
  readonly qualifier: string;
  readonly failed: boolean;
  readonly record: JsonObject;
  /** The text for a queue or topic, where it is not the record: the payload of a dead letter. */
  readonly text?: string;
  readonly attributes?: JsonObject;
}

interface Sink {
  /** All of it must be allowed to the role. */
  readonly accesses: readonly Access[];
  /** `undefined` where the sink is not there. */
  readonly put: (() => void) | undefined;
}

/**
 * Using an encrypted sink takes its key as well; writing to a queue or topic also decrypts. The service asks KMS in
 * the sender's name, and says so (KMS developer guide, `kms:ViaService` and encryption context).
 */
function keyAccesses(
  core: Core,
  key: string | undefined,
  actions: readonly string[],
  sink: { readonly arn: string; readonly region: string },
): readonly Access[] {
  if (key === undefined) return [];
  const service = sink.arn.split(':')[2] ?? '';
  const context = {
    'kms:ViaService': `${service}.${sink.region}.${core.state.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'}`,
    [`kms:EncryptionContext:aws:${service}:${service === 'sns' ? 'topicArn' : 'arn'}`]: sink.arn,
  };
  return actions.map((action) => keyAccess(core, key, `kms:${action}`, context));
}

/** Name of the object that Lambda makes of a record (Lambda developer guide, "Amazon S3 destination"). */
function objectName(core: Core, from: LambdaFunction): string {
  const now = core.clock.now().toISOString();
  const [day = '', time = ''] = now.split('T');
  return `aws/lambda/async/${from.name}/${day.replaceAll('-', '/')}/${day}T${time.slice(0, 8).replaceAll(':', '.')}-${core.names.uuid()}`;
}

function busEvent(core: Core, arn: string, parcel: Parcel): JsonObject {
  const { from, qualifier, failed, record } = parcel;
  return {
    version: '0',
    id: core.names.uuid(),
    'detail-type': `Lambda Function Invocation Result - ${failed ? 'Failure' : 'Success'}`,
    source: 'lambda',
    account: core.state.account,
    time: core.clock.now().toISOString(),
    region: from.region,
    resources: [arn, `${from.arn}:${qualifier}`],
    detail: record,
  };
}

function sinkOf(core: Core, arn: string, parcel: Parcel): Sink | undefined {
  const { state } = core;
  const text = parcel.text ?? JSON.stringify(parcel.record);
  switch (arn.split(':')[2]) {
    case 'sqs': {
      const queue = state.queues.get(arn);
      const access = { action: 'sqs:SendMessage', resource: arn, resourcePolicy: queue?.policy?.parsed };
      return {
        accesses: [
          access,
          ...keyAccesses(core, queue?.keyArn, ['GenerateDataKey', 'Decrypt'], { arn, region: parcel.region }),
        ],
        put: queue === undefined ? undefined : () => void enqueue(core, queue, text, parcel.attributes ?? {}),
      };
    }
    case 'sns': {
      const topic = state.topics.get(arn);
      const access = { action: 'sns:Publish', resource: arn, resourcePolicy: topic?.policy?.parsed };
      const { requestPayload: _request, responsePayload: _response, ...short } = parcel.record;
      const message = Buffer.byteLength(text) > MOST_SNS_BYTES ? JSON.stringify(short) : text;
      return {
        accesses: [
          access,
          ...keyAccesses(core, topic?.keyArn, ['GenerateDataKey', 'Decrypt'], { arn, region: parcel.region }),
        ],
        put: topic === undefined ? undefined : () => void topic.published.push(message),
      };
    }
    case 'events': {
      const bus = state.eventBuses.get(arn);
      return {
        accesses: [{ action: 'events:PutEvents', resource: arn }],
        put: bus === undefined ? undefined : () => void bus.events.push(busEvent(core, arn, parcel)),
      };
    }
    case 's3': {
      const bucket = state.buckets.get(arn.split(':').at(-1) ?? '');
      const key = objectName(core, parcel.from);
      const resourcePolicy = bucket?.policy?.parsed;
      return {
        accesses: [
          { action: 's3:PutObject', resource: `${arn}/${key}`, resourcePolicy },
          { action: 's3:ListBucket', resource: arn, resourcePolicy },
          ...keyAccesses(core, bucket?.keyArn, ['GenerateDataKey'], { arn, region: bucket?.region ?? '' }),
        ],
        put:
          bucket === undefined
            ? undefined
            : () => void putVersion(core, bucket, key, { body: Buffer.from(JSON.stringify(parcel.record)) }),
      };
    }
    case 'lambda': {
      const [unqualified, qualifier] = [arn.split(':').slice(0, 7).join(':'), arn.split(':')[7]];
      const target = state.functions.get(unqualified);
      const path = { FunctionName: arn };
      return {
        accesses: invokeAccess(core, parcel.region, path.FunctionName),
        put:
          target === undefined
            ? undefined
            : () =>
                void state.asyncQueue.push(
                  newEvent({
                    functionArn: unqualified,
                    qualifier: qualifier ?? '$LATEST',
                    requestId: core.names.uuid(),
                    payload: parcel.record,
                    submittedMs: core.clock.now().getTime(),
                  }),
                ),
      };
    }
    default:
      return undefined;
  }
}

/** Whether a role may deliver to a sink now, all its permissions taken together. */
export function mayDeliver(core: Core, arn: string, parcel: Parcel): boolean {
  const sink = sinkOf(core, arn, parcel);
  return sink?.accesses.every((access) => serviceMayAs(core, parcel.role, parcel.region, access)) === true;
}

/** Delivers with the execution role, outside the function's environment: no `lambda:SourceFunctionArn`. */
export function deliver(core: Core, arn: string, parcel: Parcel): Delivery {
  const sink = sinkOf(core, arn, parcel);
  if (sink === undefined) return 'sink-missing';
  if (!sink.accesses.every((access) => serviceMayAs(core, parcel.role, parcel.region, access))) {
    return 'sink-denied';
  }
  if (sink.put === undefined) return 'sink-missing';
  sink.put();
  return 'delivered';
}
