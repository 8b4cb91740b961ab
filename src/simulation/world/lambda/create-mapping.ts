import { z } from 'zod';
import type { Core, Input } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { functionNotFound, invalid, readReference, resolveVersion, validation } from './reference.ts';
import type { Mapping } from './state.ts';

const members = z.object({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z.boolean().optional(),
  BatchSize: z.number().int().min(1).optional(),
  MaximumBatchingWindowInSeconds: z.number().int().min(0).optional(),
  MaximumRecordAgeInSeconds: z.number().int().min(-1).optional(),
  MaximumRetryAttempts: z.number().int().min(-1).optional(),
  StartingPosition: z.string().optional(),
  DestinationConfig: z
    .object({ OnFailure: z.object({ Destination: z.string().optional() }).optional() })
    .optional(),
});
const POSITIONS = ['LATEST', 'AT_TIMESTAMP', 'TRIM_HORIZON'];

function refuse(message: string): Error {
  return invalid('InvalidParameterValueException', 400, message);
}

/** Throws unless the source is there; a stream also needs to be told where to start (as recorded). */
function checkSource(core: Core, source: string, position: string | undefined): void {
  if (source.includes(':sqs:')) {
    if (core.state.queues.has(source)) return;
    throw refuse(
      'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.',
    );
  }
  if (position === undefined) {
    throw refuse(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    );
  }
  if (!POSITIONS.includes(position)) {
    throw validation(
      position,
      'startingPosition',
      `Member must satisfy enum value set: [${POSITIONS.join(', ')}]`,
    );
  }
  if (!core.state.streams.has(source)) throw refuse(`Stream not found: ${source}`);
}

function refuseDuplicate(core: Core, source: string, functionArn: string): void {
  const existing = [...core.state.mappings.values()].find(
    (one) => one.source === source && one.functionArn === functionArn,
  );
  if (existing === undefined) return;
  const name = functionArn.split(':').at(6) ?? '';
  const words = source.includes(':sqs:')
    ? `An event source mapping with SQS arn (" ${source} ") and function (" ${name} ") already exists.`
    : `The event source arn (" ${source} ") and function (" ${name} ") provided mapping already exists.`;
  throw invalid(
    'ResourceConflictException',
    409,
    `${words} Please update or delete the existing mapping with UUID ${existing.uuid}`,
  );
}

/** Makes a mapping; it polls once its transition is over. Throws Lambda's refusals. */
export function createMapping(core: Core, input: Input, transitionMs: number): Mapping {
  const wanted = readMembers(members, input.body);
  const source = wanted.EventSourceArn;
  const queue = source.includes(':sqs:');
  const reference = readReference(core, { ...input, path: { FunctionName: wanted.FunctionName } });
  const target = core.state.functions.get(reference.arn);
  if (target === undefined || resolveVersion(target, reference.qualifier) === undefined) {
    throw functionNotFound(reference.qualifiedArn);
  }
  checkSource(core, source, wanted.StartingPosition);
  refuseDuplicate(core, source, reference.qualifiedArn);
  const batchSize = wanted.BatchSize ?? (queue ? 10 : 100);
  const windowSeconds = wanted.MaximumBatchingWindowInSeconds ?? 0;
  if (queue && batchSize > 10 && windowSeconds === 0) {
    throw refuse(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  }
  const nowMs = core.clock.now().getTime();
  const enabled = wanted.Enabled ?? true;
  const uuid = core.names.uuid();
  const last = core.state.streams.get(source)?.records.at(-1)?.sequence ?? '';
  const mapping: Mapping = {
    uuid,
    arn: `arn:${core.state.partition}:lambda:${input.region}:${core.state.account}:event-source-mapping:${uuid}`,
    region: input.region,
    functionArn: reference.qualifiedArn,
    source,
    batchSize,
    windowSeconds,
    startingPosition: wanted.StartingPosition ?? '',
    maximumRecordAgeSeconds: wanted.MaximumRecordAgeInSeconds ?? -1,
    maximumRetryAttempts: wanted.MaximumRetryAttempts ?? -1,
    onFailure: wanted.DestinationConfig?.OnFailure?.Destination,
    checkpoint: wanted.StartingPosition === 'LATEST' ? last : '',
    attempts: 0,
    deniedSinceMs: undefined,
    state: enabled ? 'Enabled' : 'Disabled',
    transition: enabled ? 'Creating' : undefined,
    settlesAtMs: nowMs + (enabled ? transitionMs : 0),
    stateTransitionReason: queue ? 'USER_INITIATED' : 'User action',
    lastModifiedMs: nowMs,
  };
  core.state.mappings.set(uuid, mapping);
  return mapping;
}
