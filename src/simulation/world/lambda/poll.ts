import { serviceMayAs } from '../access.ts';
import type { Core } from '../call.ts';
import { receive } from '../sqs/queue.ts';
import { execute } from './execute.ts';
import { mappedFunction, mappingState } from './mappings.ts';
import { resolveVersion } from './reference.ts';

/**
 * One round of Lambda's pollers: every mapping that is enabled (or still disabling) receives a batch,
 * invokes its function, and deletes what succeeded. A throttled or failed batch stays in the queue, its
 * receive count one higher: what an isolated function does to a mapping that nobody paused.
 */
export function pollSources(core: Core): number {
  const { state } = core;
  let processed = 0;
  for (const mapping of state.mappings.values()) {
    const shown = mappingState(core, mapping);
    if (shown !== 'Enabled' && shown !== 'Disabling' && shown !== 'Updating') continue;
    const queue = state.queues.get(mapping.source);
    const target = state.functions.get(mappedFunction(mapping));
    const version =
      target === undefined ? undefined : resolveVersion(target, mapping.functionArn.split(':')[7]);
    if (queue === undefined || target === undefined || version === undefined) continue;
    const role = [...state.roles.values()].find((one) => one.arn === version.roleArn);
    const mayDo = (action: string) =>
      role !== undefined &&
      serviceMayAs(core, role, mapping.region, {
        action,
        resource: queue.arn,
        resourcePolicy: queue.policy?.parsed,
      });
    if (!mayDo('sqs:ReceiveMessage')) continue;
    const batch = receive(core, queue, mapping.batchSize);
    if (batch.length === 0) continue;
    const qualifier = mapping.functionArn.split(':')[7] ?? '$LATEST';
    if (target.reserved === 0) {
      const owner = { region: target.region, functionName: target.name, qualifier };
      core.metrics.count('Throttles', owner, core.clock.now().getTime());
      continue;
    }
    const execution = execute(core, { target, version, qualifier }, core.names.uuid());
    if (execution.error || !mayDo('sqs:DeleteMessage')) continue;
    queue.messages = queue.messages.filter((message) => !batch.includes(message));
    processed += batch.length;
  }
  return processed;
}
