import type { Core } from '../call.ts';
import { receive } from '../sqs/queue.ts';
import { drainAsync } from './async.ts';
import { execute } from './execute.ts';
import { mappedFunction, mappingState } from './mappings.ts';
import { pollStream } from './poll-stream.ts';
import { noteDenied, type PolledMapping, pollerMay, takesBatch } from './poller.ts';
import { resolveVersion } from './reference.ts';

function pollQueue(core: Core, polled: PolledMapping): number {
  const { mapping } = polled;
  const queue = core.state.queues.get(mapping.source);
  if (queue === undefined) return 0;
  if (!pollerMay(core, polled, 'sqs:ReceiveMessage', queue.arn)) {
    noteDenied(core, mapping);
    return 0;
  }
  mapping.deniedSinceMs = undefined;
  const batch = receive(core, queue, mapping.batchSize);
  if (batch.length === 0 || !takesBatch(core, polled)) return 0;
  const execution = execute(core, polled, core.names.uuid(), 'holds');
  if (execution.error || !pollerMay(core, polled, 'sqs:DeleteMessage', queue.arn)) return 0;
  queue.messages = queue.messages.filter((message) => !batch.includes(message));
  return batch.length;
}

/**
 * One round of Lambda's pollers: every mapping that is enabled (or still disabling) receives a batch,
 * invokes its function, and deletes what succeeded; and what waits in Lambda's own queue of events is tried.
 * A throttled or failed batch stays at its source, its receive count one higher: what an isolated function
 * does to a mapping that nobody paused. Returns how many messages and records were processed.
 */
export function pollSources(core: Core): number {
  const { state } = core;
  let processed = 0;
  for (const mapping of state.mappings.values()) {
    const shown = mappingState(core, mapping);
    if (shown !== 'Enabled' && shown !== 'Disabling' && shown !== 'Updating') continue;
    const target = state.functions.get(mappedFunction(mapping));
    const qualifier = mapping.functionArn.split(':')[7];
    const version = target === undefined ? undefined : resolveVersion(target, qualifier);
    if (target === undefined || version === undefined) continue;
    const role = [...state.roles.values()].find((one) => one.arn === version.roleArn);
    const polled = { mapping, target, version, qualifier: qualifier ?? '$LATEST', role };
    processed += mapping.source.includes(':sqs:') ? pollQueue(core, polled) : pollStream(core, polled);
  }
  drainAsync(core);
  return processed;
}
