import { logGroupArn } from '../arns.ts';
import type { Core } from '../call.ts';
import type { LogGroup } from '../state.ts';

/** Finds a log group, or makes it. */
function ensureLogGroup(core: Core, region: string, name: string): LogGroup {
  const arn = logGroupArn(core.state, region, name);
  const existing = core.state.logGroups.get(arn);
  if (existing !== undefined) return existing;
  const createdMs = core.clock.now().getTime();
  const group: LogGroup = { name, arn, region, createdMs, retentionDays: undefined, streams: new Map() };
  core.state.logGroups.set(arn, group);
  return group;
}

/** Appends lines to a stream, making group and stream as Lambda does. Writes nothing when not allowed. */
export function appendLog(
  core: Core,
  request: {
    readonly region: string;
    readonly group: string;
    readonly stream: string;
    readonly messages: readonly string[];
    /** Asked with the ARN of the stream. */
    allowed(streamArn: string): boolean;
  },
): void {
  const { region, stream: name } = request;
  if (!request.allowed(`${logGroupArn(core.state, region, request.group)}:log-stream:${name}`)) return;
  const group = ensureLogGroup(core, region, request.group);
  const nowMs = core.clock.now().getTime();
  const stream = group.streams.get(name) ?? { createdMs: nowMs, events: [] };
  group.streams.set(name, stream);
  for (const message of request.messages) {
    stream.events.push({ id: core.names.hex(56), timestampMs: nowMs, ingestedMs: nowMs, message });
  }
}
