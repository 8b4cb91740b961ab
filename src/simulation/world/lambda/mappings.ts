import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readMembers } from '../read-members.ts';
import { createMapping } from './create-mapping.ts';
import { invalid, notFound } from './reference.ts';
import { regionAccess } from './resource.ts';
import type { Mapping } from './state.ts';

/** How long a mapping stays in transition; tens of seconds are usual (reference, section 1.8.1). */
const TRANSITION_MS = 20_000;

const updateMapping = z.object({
  Enabled: z.boolean().optional(),
  BatchSize: z.number().int().min(1).optional(),
  FunctionName: z.string().optional(),
  MaximumBatchingWindowInSeconds: z.number().int().min(0).optional(),
  MaximumRecordAgeInSeconds: z.number().int().min(-1).optional(),
  MaximumRetryAttempts: z.number().int().min(-1).optional(),
  DestinationConfig: z
    .object({ OnFailure: z.object({ Destination: z.string().optional() }).optional() })
    .optional(),
});

/** What a mapping shows now: its transition until that is over. */
export function mappingState(core: Core, mapping: Mapping): string {
  const settled = core.clock.now().getTime() >= mapping.settlesAtMs;
  return settled ? mapping.state : (mapping.transition ?? mapping.state);
}

function describe(core: Core, mapping: Mapping): JsonObject {
  const stream = !mapping.source.includes(':sqs:');
  return {
    UUID: mapping.uuid,
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: mapping.windowSeconds,
    EventSourceArn: mapping.source,
    FunctionArn: mapping.functionArn,
    LastModified: mapping.lastModifiedMs / 1000,
    ...(stream
      ? {
          LastProcessingResult: 'No records processed',
          StartingPosition: mapping.startingPosition,
          ParallelizationFactor: 1,
          BisectBatchOnFunctionError: false,
          MaximumRecordAgeInSeconds: mapping.maximumRecordAgeSeconds,
          MaximumRetryAttempts: mapping.maximumRetryAttempts,
          TumblingWindowInSeconds: 0,
          DestinationConfig: {
            OnFailure: mapping.onFailure === undefined ? {} : { Destination: mapping.onFailure },
          },
        }
      : {}),
    State: mappingState(core, mapping),
    StateTransitionReason: mapping.stateTransitionReason,
    FunctionResponseTypes: [],
    EventSourceMappingArn: mapping.arn,
  };
}

function find(core: Core, input: Input): Mapping {
  const mapping = core.state.mappings.get(input.path.UUID ?? '');
  const gone = mapping?.transition === 'Deleting' && core.clock.now().getTime() >= mapping.settlesAtMs;
  if (gone) core.state.mappings.delete(mapping.uuid);
  if (mapping === undefined || mapping.region !== input.region || gone) {
    throw notFound('The resource you requested does not exist.');
  }
  return mapping;
}

/** Mappings are named by their own ARN, and by the function they feed as a condition. */
function mappingAccess(action: string): Operation['access'] {
  return (core, input) => {
    const uuid = input.path.UUID ?? '';
    const mapping = core.state.mappings.get(uuid);
    const { partition, account } = core.state;
    const resource =
      mapping?.arn ?? `arn:${partition}:lambda:${input.region}:${account}:event-source-mapping:${uuid}`;
    return [{ action, resource, context: { 'lambda:FunctionArn': mapping?.functionArn } }];
  };
}

/** The unqualified function that a mapping feeds. */
export function mappedFunction(mapping: Mapping): string {
  return mapping.functionArn.split(':').slice(0, 7).join(':');
}

function update(core: Core, mapping: Mapping, wanted: z.output<typeof updateMapping>): void {
  const nowMs = core.clock.now().getTime();
  const windowSeconds = wanted.MaximumBatchingWindowInSeconds ?? mapping.windowSeconds;
  const batchSize = wanted.BatchSize ?? mapping.batchSize;
  if (mapping.source.includes(':sqs:') && batchSize > 10 && windowSeconds === 0) {
    throw invalid(
      'InvalidParameterValueException',
      400,
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  }
  const enabled = wanted.Enabled ?? mapping.state === 'Enabled';
  const changes = enabled !== (mapping.state === 'Enabled');
  mapping.transition = changes ? (enabled ? 'Enabling' : 'Disabling') : 'Updating';
  mapping.state = enabled ? 'Enabled' : 'Disabled';
  mapping.batchSize = batchSize;
  mapping.windowSeconds = windowSeconds;
  mapping.maximumRecordAgeSeconds = wanted.MaximumRecordAgeInSeconds ?? mapping.maximumRecordAgeSeconds;
  mapping.maximumRetryAttempts = wanted.MaximumRetryAttempts ?? mapping.maximumRetryAttempts;
  const sink = wanted.DestinationConfig?.OnFailure?.Destination;
  if (sink !== undefined) mapping.onFailure = sink === '' ? undefined : sink;
  mapping.settlesAtMs = nowMs + TRANSITION_MS;
  mapping.lastModifiedMs = nowMs;
  mapping.deniedSinceMs = undefined;
  mapping.stateTransitionReason = mapping.source.includes(':sqs:') ? 'USER_INITIATED' : 'User action';
}

/** Event source mappings: created and deleted in time, changed in time. */
export const mappingOperations: Readonly<Record<string, Operation>> = {
  ListEventSourceMappings: {
    service: 'lambda',
    name: 'ListEventSourceMappings',
    write: false,
    access: regionAccess('lambda:ListEventSourceMappings'),
    run(core, input) {
      const source = input.query.get('EventSourceArn');
      const name = input.query.get('FunctionName');
      const nowMs = core.clock.now().getTime();
      const all = [...core.state.mappings.values()].filter(
        (mapping) =>
          mapping.region === input.region &&
          !(mapping.transition === 'Deleting' && nowMs >= mapping.settlesAtMs) &&
          (source === null || mapping.source === source) &&
          (name === null ||
            name === mapping.functionArn ||
            name === mappedFunction(mapping) ||
            name === mappedFunction(mapping).split(':').at(-1)),
      );
      const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 100);
      return {
        body: {
          EventSourceMappings: page.items.map((mapping) => describe(core, mapping)),
          ...(page.next === undefined ? {} : { NextMarker: page.next }),
        },
      };
    },
  },
  CreateEventSourceMapping: {
    service: 'lambda',
    name: 'CreateEventSourceMapping',
    write: true,
    status: 202,
    access: regionAccess('lambda:CreateEventSourceMapping'),
    run: (core, input) => ({ body: describe(core, createMapping(core, input, TRANSITION_MS)) }),
  },
  GetEventSourceMapping: {
    service: 'lambda',
    name: 'GetEventSourceMapping',
    write: false,
    access: mappingAccess('lambda:GetEventSourceMapping'),
    run: (core, input) => ({ body: describe(core, find(core, input)) }),
  },
  UpdateEventSourceMapping: {
    service: 'lambda',
    name: 'UpdateEventSourceMapping',
    write: true,
    status: 202,
    access: mappingAccess('lambda:UpdateEventSourceMapping'),
    run(core, input) {
      const mapping = find(core, input);
      update(core, mapping, readMembers(updateMapping, input.body));
      return { body: describe(core, mapping) };
    },
  },
  DeleteEventSourceMapping: {
    service: 'lambda',
    name: 'DeleteEventSourceMapping',
    write: true,
    status: 202,
    access: mappingAccess('lambda:DeleteEventSourceMapping'),
    run(core, input) {
      const mapping = find(core, input);
      mapping.state = 'Disabled';
      mapping.transition = 'Deleting';
      mapping.settlesAtMs = core.clock.now().getTime() + TRANSITION_MS;
      return { body: describe(core, mapping) };
    },
  },
};
