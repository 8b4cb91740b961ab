import type { JsonObject } from '../../../json.ts';
import type { Core } from '../call.ts';
import type { Stream, StreamRecord } from '../state.ts';
import { deliver } from './deliver.ts';
import { execute } from './execute.ts';
import { noteDenied, type PolledMapping, pollerMay, takesBatch } from './poller.ts';

/** What the execution role must be allowed, by the kind of stream. */
const READ_ACTIONS: Readonly<Record<string, string>> = {
  kinesis: 'kinesis:GetRecords',
  dynamodb: 'dynamodb:GetRecords',
};

type Discard = 'RecordAgeExceeded' | 'RetryAttemptsExhausted';

/** The record that an on-failure destination gets: where the records were, never what they held (as recorded). */
function discardRecord(
  core: Core,
  polled: PolledMapping,
  batch: readonly StreamRecord[],
  condition: Discard,
): JsonObject {
  const { mapping, target } = polled;
  const [first] = batch;
  const last = batch.at(-1);
  const instant = (record: StreamRecord | undefined) => new Date(record?.atMs ?? 0).toISOString();
  const info = {
    shardId: 'shardId-000000000000',
    startSequenceNumber: first?.sequence ?? '',
    endSequenceNumber: last?.sequence ?? '',
    approximateArrivalOfFirstRecord: instant(first),
    approximateArrivalOfLastRecord: instant(last),
    batchSize: batch.length,
    streamArn: mapping.source,
  };
  const name = mapping.source.includes(':kinesis:') ? 'KinesisBatchInfo' : 'DDBStreamBatchInfo';
  return {
    requestContext: {
      requestId: core.names.uuid(),
      functionArn: target.arn,
      condition,
      approximateInvokeCount: mapping.attempts,
    },
    version: '1.0',
    timestamp: core.clock.now().toISOString(),
    [name]: info,
  };
}

function discard(
  core: Core,
  polled: PolledMapping,
  batch: readonly StreamRecord[],
  condition: Discard,
): void {
  const { mapping, target, qualifier, role } = polled;
  const at = core.clock.now().toISOString();
  const functionArn = target.arn;
  const record = discardRecord(core, polled, batch, condition);
  const sink = mapping.onFailure;
  const outcome =
    sink === undefined || role === undefined
      ? 'no-sink'
      : deliver(core, sink, { role, region: mapping.region, from: target, qualifier, failed: true, record });
  if (outcome === 'delivered' && sink !== undefined) {
    core.state.events.delivered.push({ at, functionArn, destination: sink, condition, record });
  } else if (outcome !== 'delivered') {
    core.state.events.lost.push({ at, functionArn, condition, reason: outcome });
  }
  advance(mapping, batch);
}

function advance(mapping: PolledMapping['mapping'], batch: readonly StreamRecord[]): void {
  mapping.checkpoint = batch.at(-1)?.sequence ?? mapping.checkpoint;
  mapping.attempts = 0;
}

/** Records that a stream no longer keeps are lost to a mapping that had not come to them: a hard deadline. */
function expire(core: Core, polled: PolledMapping, stream: Stream): readonly StreamRecord[] {
  const { mapping, target } = polled;
  const nowMs = core.clock.now().getTime();
  const ahead = stream.records.filter((record) => record.sequence > mapping.checkpoint);
  const gone = ahead.filter((record) => nowMs - record.atMs > stream.retentionSeconds * 1000);
  const at = core.clock.now().toISOString();
  for (const _record of gone) {
    const lost = { at, functionArn: target.arn, condition: 'RetentionExceeded', reason: 'expired' as const };
    core.state.events.lost.push(lost);
  }
  if (gone.length > 0) advance(mapping, gone);
  return ahead.slice(gone.length);
}

/**
 * One round of a poller of a stream: the next records go to the function in order. A throttled batch is tried
 * again and counts as no attempt; a failed one does; what is too old or has failed too often is discarded to
 * the on-failure destination, and what outlives the stream's retention is lost.
 */
export function pollStream(core: Core, polled: PolledMapping): number {
  const { mapping } = polled;
  const stream = core.state.streams.get(mapping.source);
  if (stream === undefined) return 0;
  const action = READ_ACTIONS[mapping.source.split(':')[2] ?? ''] ?? '';
  if (!pollerMay(core, polled, action, stream.arn)) {
    noteDenied(core, mapping);
    return 0;
  }
  mapping.deniedSinceMs = undefined;
  const nowMs = core.clock.now().getTime();
  const ahead = expire(core, polled, stream);
  const { maximumRecordAgeSeconds: most } = mapping;
  const old = most < 0 ? [] : ahead.filter((record) => nowMs - record.atMs > most * 1000);
  if (old.length > 0) discard(core, polled, old, 'RecordAgeExceeded');
  const batch = ahead.slice(old.length, old.length + mapping.batchSize);
  if (batch.length === 0 || !takesBatch(core, polled)) return 0;
  const execution = execute(core, polled, core.names.uuid(), 'holds');
  mapping.attempts += 1;
  if (!execution.error) {
    advance(mapping, batch);
    return batch.length;
  }
  if (mapping.maximumRetryAttempts >= 0 && mapping.attempts > mapping.maximumRetryAttempts) {
    discard(core, polled, batch, 'RetryAttemptsExhausted');
  }
  return 0;
}
