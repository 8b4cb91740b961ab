import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readMembers } from '../read-members.ts';
import type { Mapping } from '../state.ts';
import { notFound } from './reference.ts';
import { regionAccess } from './resource.ts';

/** How long a mapping stays in transition; tens of seconds are usual (reference, section 1.8.1). */
const TRANSITION_MS = 20_000;

const updateMapping = z.object({
  Enabled: z.boolean().optional(),
  BatchSize: z.number().int().min(1).optional(),
  FunctionName: z.string().optional(),
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
    MaximumBatchingWindowInSeconds: 0,
    EventSourceArn: mapping.source,
    FunctionArn: mapping.functionArn,
    LastModified: mapping.lastModifiedMs / 1000,
    ...(stream ? { LastProcessingResult: 'No records processed', StartingPosition: 'TRIM_HORIZON' } : {}),
    State: mappingState(core, mapping),
    StateTransitionReason: mapping.stateTransitionReason,
    FunctionResponseTypes: [],
    EventSourceMappingArn: mapping.arn,
  };
}

function find(core: Core, input: Input): Mapping {
  const mapping = core.state.mappings.get(input.path.UUID ?? '');
  if (mapping === undefined || mapping.region !== input.region) {
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

/** ListEventSourceMappings, Get and Update. */
export const mappingOperations: Readonly<Record<string, Operation>> = {
  ListEventSourceMappings: {
    service: 'lambda',
    name: 'ListEventSourceMappings',
    write: false,
    access: regionAccess('lambda:ListEventSourceMappings'),
    run(core, input) {
      const source = input.query.get('EventSourceArn');
      const name = input.query.get('FunctionName');
      const all = [...core.state.mappings.values()].filter(
        (mapping) =>
          mapping.region === input.region &&
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
      const wanted = readMembers(updateMapping, input.body);
      const nowMs = core.clock.now().getTime();
      const enabled = wanted.Enabled ?? mapping.state === 'Enabled';
      const changes = enabled !== (mapping.state === 'Enabled');
      mapping.transition = changes ? (enabled ? 'Enabling' : 'Disabling') : 'Updating';
      mapping.state = enabled ? 'Enabled' : 'Disabled';
      mapping.batchSize = wanted.BatchSize ?? mapping.batchSize;
      mapping.settlesAtMs = nowMs + TRANSITION_MS;
      mapping.lastModifiedMs = nowMs;
      mapping.stateTransitionReason = 'USER_INITIATED';
      return { body: describe(core, mapping) };
    },
  },
};
