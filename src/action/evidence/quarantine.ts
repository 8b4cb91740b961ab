import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import { AwsError } from '../failure.ts';
import { tolerant } from '../tolerant.ts';
import type { Desk } from './desk.ts';
import type { Batch } from './lines.ts';

/**
 * What arrived in our own sink since suspicion. Whoever controls the function's callers wrote it: it is kept apart from
 * evidence, under no lock, up to a size, and never interpreted. Nothing is taken out of the sink: whether an event is sent to the function again is for
 * people to decide, who do it from there.
 */

/** What the sink holds of the target's events. */
export interface QuarantineCount {
  /** Events of this function that were read; 0 where there is no sink. */
  readonly events: number;
  readonly bytes: number;
  /** True when there was more than the size alarm lets in: the rest is in the sink only. */
  readonly alarm: boolean;
}

// A message that was received is hidden from others for this long: longer than reading takes, short beside a release.
const HIDDEN_SECONDS = 120;
// Short polling asks a sample of the servers, so a few empty answers do not mean that there is nothing.
const EMPTY_ANSWERS = 5;
const MAX_MESSAGES = 20_000;

const received = z.object({
  Messages: z
    .array(
      z.object({
        MessageId: z.string(),
        Body: z.string(),
        Attributes: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
});
const queueUrl = z.object({ QueueUrl: z.string() });
const listed = z.object({
  Contents: z.array(z.object({ Key: z.string() })).optional(),
});
const fetched = z.object({ Text: z.string() });
const record = z.looseObject({ requestContext: z.looseObject({ functionArn: z.string() }) });

/** Copies what the sink holds of the target, and counts it. `null` when its account has no sink. */
export async function collectQuarantine(desk: Desk): Promise<QuarantineCount | null> {
  const { target, evidence, settings } = desk.context;
  const sink = target.means?.sink ?? null;
  if (sink === null) {
    desk.coverage.note('quarantine', 'The account is enrolled without a quarantine sink.');
    return null;
  }
  const source = { artifact: 'quarantine', sourceArn: sink };
  const limit = settings.quarantineAlarmBytes;
  const count = { events: 0, bytes: 0, alarm: false };
  const read = sink.split(':')[2] === 'sqs' ? messagesOf(desk, sink) : objectsOf(desk, sink);
  async function* lines(): AsyncGenerator<Uint8Array> {
    for await (const batch of read) {
      for (const row of batch) {
        const line = Buffer.from(`${JSON.stringify(row)}\n`, 'utf8');
        if (count.bytes + line.length > limit) {
          count.alarm = true;
          return;
        }
        count.events += 1;
        count.bytes += line.length;
        yield line;
      }
    }
  }
  const apiCall = sink.split(':')[2] === 'sqs' ? 'sqs:ReceiveMessage' : 's3:GetObject';
  const name = `${desk.folder}/quarantine.ndjson`;
  const found = await tolerant(() =>
    evidence.quarantine({ ...source, name, apiCall, content: lines(), events: () => count.events }),
  );
  if (found.kind === 'unreadable')
    await desk.gap({ ...source, name: 'quarantine.ndjson' }, found.reason, found.code, 1);
  else desk.coverage.collected('quarantine');
  if (count.alarm) {
    const reason = `more than ${limit} bytes arrived in the sink; the rest is only there`;
    await desk.gap({ ...source, name: 'quarantine.ndjson#rest' }, reason, 'cordon_quarantine_too_large');
  }
  return count;
}

async function* messagesOf(desk: Desk, arn: string): AsyncGenerator<Batch> {
  const [, , , , account = '', name = ''] = arn.split(':');
  const { survey } = desk.aws;
  const url = queueUrl.parse(
    await one(
      survey.pages({ call: 'sqs:GetQueueUrl', input: { QueueName: name, QueueOwnerAWSAccountId: account } }),
    ),
  ).QueueUrl;
  const seen = new Set<string>();
  for (let empty = 0; empty < EMPTY_ANSWERS && seen.size < MAX_MESSAGES; ) {
    const input: JsonObject = {
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: HIDDEN_SECONDS,
      MessageSystemAttributeNames: ['SentTimestamp'],
    };
    const messages =
      received.parse(await one(survey.pages({ call: 'sqs:ReceiveMessage', input }))).Messages ?? [];
    const fresh = messages.filter(({ MessageId }) => !seen.has(MessageId));
    empty = fresh.length === 0 ? empty + 1 : 0;
    for (const { MessageId } of fresh) seen.add(MessageId);
    yield fresh
      .filter(({ Body }) => isOf(Body, desk.context.target.functionArn))
      .map(({ MessageId, Body, Attributes }) => ({
        messageId: MessageId,
        sentAtMs: Number(Attributes?.SentTimestamp ?? 0),
        body: Body,
      }));
  }
}

/** Lambda's own layout: `aws/lambda/async/<function>/YYYY/MM/DD/…` (developer guide, "Retaining records"). */
async function* objectsOf(desk: Desk, arn: string): AsyncGenerator<Batch> {
  const bucket = arn.split(':').at(-1) ?? '';
  const { survey } = desk.aws;
  const input = { Bucket: bucket, Prefix: `aws/lambda/async/${desk.context.target.functionName}/` };
  for await (const page of survey.pages({ call: 's3:ListBucket', input })) {
    for (const { Key } of listed.parse(page).Contents ?? []) {
      const answer = await one(survey.pages({ call: 's3:GetObject', input: { Bucket: bucket, Key } }));
      const { Text } = fetched.parse(answer);
      if (isOf(Text, desk.context.target.functionArn)) yield [{ key: Key, body: Text }];
    }
  }
}

/** The sink is the account's: what other functions sent there is not this incident's. */
function isOf(body: string, functionArn: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return false; // not written by Lambda
  }
  const arn = record.safeParse(value).data?.requestContext.functionArn;
  return arn === functionArn || arn?.startsWith(`${functionArn}:`) === true;
}

async function one(pages: AsyncIterable<JsonObject>): Promise<JsonObject> {
  for await (const page of pages) return page;
  throw new AwsError('cordon_aws_not_found', 'quarantine', 'the sink gave no answer', {
    classification: 'terminal',
  });
}
