import { z } from 'zod';
import type { Core, Input, Operation } from '../call.ts';
import { readPolicy } from '../policy/document.ts';
import { readMembers } from '../read-members.ts';
import type { Queue } from '../state.ts';
import { AwsRefusal, WorldError } from '../world-error.ts';
import { nonExistent, queueAccess, queueOf } from './queue.ts';

const setAttributes = z.object({ QueueUrl: z.string(), Attributes: z.record(z.string(), z.string()) });
const startMove = z.object({ SourceArn: z.string(), DestinationArn: z.string().optional() });
const listMoves = z.object({ SourceArn: z.string() });

function invalid(message: string): AwsRefusal {
  return new AwsRefusal('com.amazonaws.sqs#InvalidParameterValue', 400, message);
}

function operation(
  name: string,
  write: boolean,
  access: Operation['access'],
  run: Operation['run'],
): Operation {
  return { service: 'sqs', name, write, access, run };
}

function moveAccess(action: string): Operation['access'] {
  return (core, input) => {
    const resource = typeof input.body.SourceArn === 'string' ? input.body.SourceArn : '*';
    return [{ action, resource, resourcePolicy: core.state.queues.get(resource)?.policy?.parsed }];
  };
}

function sourceOf(core: Core, arn: string): Queue {
  const queue = core.state.queues.get(arn);
  if (queue === undefined) {
    throw new AwsRefusal(
      'com.amazonaws.sqs#ResourceNotFoundException',
      404,
      "The resource that you specified for the SourceArn parameter doesn't exist.",
    );
  }
  return queue;
}

/** The queues whose dead letters come here. */
function feeding(core: Core, arn: string): readonly Queue[] {
  return [...core.state.queues.values()].filter((one) => one.redrive?.targetArn === arn);
}

function applyAttributes(core: Core, input: Input, queue: Queue): void {
  const { Attributes: wanted } = readMembers(setAttributes, input.body);
  for (const [name, value] of Object.entries(wanted)) {
    switch (name) {
      case 'VisibilityTimeout':
        queue.visibilityTimeoutSeconds = Number(value);
        break;
      case 'MessageRetentionPeriod':
        if (!(Number(value) >= 60 && Number(value) <= 1_209_600)) {
          throw invalid(`Invalid value for the parameter ${name}.`);
        }
        queue.retentionSeconds = Number(value);
        break;
      case 'Policy':
        try {
          queue.policy =
            value === '' ? undefined : { json: JSON.parse(value), parsed: readPolicy(value, 'resource') };
        } catch (error) {
          if (!(error instanceof WorldError) && !(error instanceof SyntaxError)) throw error;
          throw invalid(`Invalid value for the parameter ${name}.`);
        }
        break;
      case 'RedrivePolicy': {
        const redrive: { deadLetterTargetArn?: string; maxReceiveCount?: number | string } = JSON.parse(
          value || '{}',
        );
        const targetArn = redrive.deadLetterTargetArn;
        if (targetArn !== undefined && !core.state.queues.has(targetArn)) {
          throw invalid(`Value ${value} for parameter RedrivePolicy is invalid.`);
        }
        queue.redrive =
          targetArn === undefined
            ? undefined
            : { targetArn, maxReceiveCount: Number(redrive.maxReceiveCount) };
        break;
      }
      default:
        throw new AwsRefusal('com.amazonaws.sqs#InvalidAttributeName', 400, `Unknown Attribute ${name}.`);
    }
  }
}

/** Queues as a whole: listed, changed, emptied, and dead letters moved back to where they came from. */
export const queueOperations: Readonly<Record<string, Operation>> = {
  ListQueues: operation(
    'ListQueues',
    false,
    () => [{ action: 'sqs:ListQueues', resource: '*' }],
    (core, input) => {
      const prefix = typeof input.body.QueueNamePrefix === 'string' ? input.body.QueueNamePrefix : '';
      const found = [...core.state.queues.values()].filter(
        (one) => one.region === input.region && one.name.startsWith(prefix),
      );
      const urls = found.map((one) => `${input.origin}/${core.state.account}/${one.name}`);
      return { body: urls.length === 0 ? {} : { QueueUrls: urls } };
    },
  ),
  SetQueueAttributes: operation(
    'SetQueueAttributes',
    true,
    queueAccess('sqs:SetQueueAttributes'),
    (core, input) => {
      applyAttributes(core, input, queueOf(core, input));
      return { body: {} };
    },
  ),
  PurgeQueue: operation('PurgeQueue', true, queueAccess('sqs:PurgeQueue'), (core, input) => {
    queueOf(core, input).messages = [];
    return { body: {} };
  }),
  ListDeadLetterSourceQueues: operation(
    'ListDeadLetterSourceQueues',
    false,
    queueAccess('sqs:ListDeadLetterSourceQueues'),
    (core, input) => ({
      body: {
        queueUrls: feeding(core, queueOf(core, input).arn).map(
          (one) => `${input.origin}/${core.state.account}/${one.name}`,
        ),
      },
    }),
  ),
  StartMessageMoveTask: operation(
    'StartMessageMoveTask',
    true,
    moveAccess('sqs:StartMessageMoveTask'),
    (core, input) => {
      const wanted = readMembers(startMove, input.body);
      const source = sourceOf(core, wanted.SourceArn);
      const [origin] = feeding(core, source.arn);
      if (origin === undefined) {
        throw invalid('Source queue must be configured as a Dead Letter Queue.');
      }
      const target =
        wanted.DestinationArn === undefined ? origin : core.state.queues.get(wanted.DestinationArn);
      if (target === undefined) throw nonExistent();
      const nowMs = core.clock.now().getTime();
      const moved = source.messages.map((message) => ({
        ...message,
        receiveCount: 0,
        firstReceivedMs: undefined,
        visibleAtMs: nowMs,
        receiptHandle: undefined,
      }));
      target.messages.push(...moved);
      source.messages = [];
      const handle = core.names.hex(32);
      core.state.messageMoves.push({
        handle,
        sourceArn: source.arn,
        targetArn: wanted.DestinationArn,
        moved: moved.length,
        startedMs: nowMs,
      });
      return { body: { TaskHandle: handle } };
    },
  ),
  ListMessageMoveTasks: operation(
    'ListMessageMoveTasks',
    false,
    moveAccess('sqs:ListMessageMoveTasks'),
    (core, input) => {
      const { SourceArn: arn } = readMembers(listMoves, input.body);
      const tasks = core.state.messageMoves.filter((one) => one.sourceArn === sourceOf(core, arn).arn);
      return {
        body: {
          Results: [...tasks].reverse().map((one) => ({
            Status: 'COMPLETED',
            SourceArn: one.sourceArn,
            ...(one.targetArn === undefined ? {} : { DestinationArn: one.targetArn }),
            ApproximateNumberOfMessagesMoved: one.moved,
            ApproximateNumberOfMessagesToMove: one.moved,
            StartedTimestamp: one.startedMs,
          })),
        },
      };
    },
  ),
};
