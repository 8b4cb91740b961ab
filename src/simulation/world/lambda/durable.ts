import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { findVersion, invalid, notFound, readReference } from './reference.ts';
import { functionAccess } from './resource.ts';
import type { DurableExecution } from './state.ts';

function describe(execution: DurableExecution): JsonObject {
  return {
    DurableExecutionArn: execution.arn,
    DurableExecutionName: execution.name,
    FunctionArn: execution.functionArn,
    Status: execution.status,
    StartTimestamp: execution.startedMs / 1000,
    ...(execution.endedMs === undefined ? {} : { EndTimestamp: execution.endedMs / 1000 }),
  };
}

function find(core: Core, input: Input): DurableExecution {
  const arn = input.path.DurableExecutionArn ?? '';
  for (const target of core.state.functions.values()) {
    const found = target.durableExecutions.find((one) => one.arn === arn);
    if (found !== undefined) return found;
  }
  throw notFound(`The durable execution ${arn} does not exist.`);
}

const ENDINGS: Readonly<Record<string, string>> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  STOPPED: 'ExecutionStopped',
};

/** The history: the start with its input, each step begun and done, and the end if there was one. */
function history(execution: DurableExecution, withData: boolean): readonly JsonObject[] {
  const at = execution.startedMs / 1000;
  const input = withData ? { Payload: JSON.stringify(execution.input) } : {};
  const ending = ENDINGS[execution.status];
  const events: JsonObject[] = [
    { EventType: 'ExecutionStarted', EventTimestamp: at, ExecutionStartedDetails: { Input: input } },
    ...execution.steps.flatMap((Name): JsonObject[] => [
      { EventType: 'StepStarted', Name, EventTimestamp: at, StepStartedDetails: {} },
      {
        EventType: 'StepSucceeded',
        Name,
        EventTimestamp: at,
        StepSucceededDetails: { Result: {}, RetryDetails: {} },
      },
    ]),
    ...(ending === undefined || execution.endedMs === undefined
      ? []
      : [{ EventType: ending, EventTimestamp: execution.endedMs / 1000 }]),
  ];
  return events.map((event, index) => ({ EventId: index + 1, ...event }));
}

function executionOperation(name: string, write: boolean, run: Operation['run']): Operation {
  return {
    service: 'lambda',
    name,
    write,
    access: (_core, input) => [{ action: `lambda:${name}`, resource: input.path.DurableExecutionArn ?? '*' }],
    run,
  };
}

/** Durable executions: listed, read, and stopped for good. */
export const durableOperations: Readonly<Record<string, Operation>> = {
  ListDurableExecutionsByFunction: {
    service: 'lambda',
    name: 'ListDurableExecutionsByFunction',
    write: false,
    access: functionAccess('lambda:ListDurableExecutionsByFunction'),
    run(core, input) {
      const { target } = findVersion(core, readReference(core, input));
      const statuses = input.query.getAll('Statuses');
      const all = target.durableExecutions
        .filter((one) => statuses.length === 0 || statuses.includes(one.status))
        .map(describe);
      const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 100);
      return {
        body: {
          DurableExecutions: page.items,
          ...(page.next === undefined ? {} : { NextMarker: page.next }),
        },
      };
    },
  },
  GetDurableExecution: executionOperation('GetDurableExecution', false, (core, input) => {
    const execution = find(core, input);
    return { body: { ...describe(execution), InputPayload: JSON.stringify(execution.input) } };
  }),
  GetDurableExecutionHistory: executionOperation('GetDurableExecutionHistory', false, (core, input) => {
    const all = history(find(core, input), input.query.get('IncludeExecutionData') === 'true');
    const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 100);
    return { body: { Events: page.items, ...(page.next === undefined ? {} : { NextMarker: page.next }) } };
  }),
  StopDurableExecution: executionOperation('StopDurableExecution', true, (core, input) => {
    const execution = find(core, input);
    if (execution.status !== 'RUNNING') {
      throw invalid('InvalidParameterValueException', 400, 'The durable execution is not running.');
    }
    const nowMs = core.clock.now().getTime();
    execution.status = 'STOPPED';
    execution.endedMs = nowMs;
    return { body: { StopTimestamp: nowMs / 1000 } };
  }),
};
