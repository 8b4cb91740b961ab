import { FilterLogEventsCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, test } from '@jest/globals';
import { ACCOUNT, exerciseSpec, REGION, smallSpec, stageOfEachTest } from './support.ts';

const opened = stageOfEachTest();

describe('logs', () => {
  test('a function writes START, its lines, END and REPORT; the beacon can be found', async () => {
    const { as, world } = await opened(exerciseSpec());
    expect(await world.attacker.invoke('checkout-webhook')).toMatchObject({
      kind: 'ran',
      functionError: false,
    });
    const logs = world.state.logGroups.get(
      `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/checkout-webhook`,
    );
    const lines = [...(logs?.streams.values() ?? [])]
      .at(-1)
      ?.events.map((event) => event.message.split(' ')[0]);
    expect(lines).toEqual(['START', '[INFO]', '[WARN]', 'END', 'REPORT']);
    // The engine's own identity may only become a role: it reads nothing by itself.
    const reader = as({
      accessKeyId: 'AKIACORDONENGINE0001',
      secretAccessKey: 'invented-engine-key-for-exercises-only',
    });
    await expect(
      reader.logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/checkout-webhook' })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('pages by what was searched: an empty page may have a next one', async () => {
    const events = Array.from({ length: 2_500 }, (_, index) => ({
      secondsAgo: 2_500 - index,
      message: index === 2_400 ? 'beacon' : 'noise',
    }));
    const { logs } = (
      await opened(smallSpec({ logs: [{ group: 'g', streams: [{ name: 's', events }] }] }))
    ).as();
    const pages: number[] = [];
    let nextToken: string | undefined;
    do {
      const page = await logs.send(
        new FilterLogEventsCommand({
          logGroupName: 'g',
          filterPattern: 'beacon',
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      );
      pages.push(page.events?.length ?? 0);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(pages).toEqual([0, 0, 1]);
    await expect(logs.send(new FilterLogEventsCommand({ logGroupName: 'absent' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(
      logs.send(
        new PutLogEventsCommand({
          logGroupName: 'g',
          logStreamName: 'none',
          logEvents: [{ timestamp: 1, message: 'm' }],
        }),
      ),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('queues', () => {
  test('hide a received message, give it again, and move it on after too many receptions', async () => {
    const { as, clock } = await opened(
      smallSpec({
        queues: [{ name: 'dead' }, { name: 'alerts', redrive: { to: 'dead', maxReceiveCount: 2 } }],
      }),
    );
    const { sqs } = as();
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'alerts' }));
    const receive = async () =>
      (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] })))
        .Messages ?? [];
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: 'hello',
        MessageAttributes: { A: { DataType: 'String', StringValue: 'b' } },
      }),
    );
    const [first] = await receive();
    expect(first?.Attributes?.ApproximateReceiveCount).toBe('1');
    expect(await receive()).toEqual([]);
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl,
        ReceiptHandle: first?.ReceiptHandle,
        VisibilityTimeout: 0,
      }),
    );
    expect((await receive())[0]?.Attributes?.ApproximateReceiveCount).toBe('2');
    clock.advance(31_000);
    expect(await receive()).toEqual([]);
    const dead = await sqs.send(new ReceiveMessageCommand({ QueueUrl: QueueUrl?.replace('alerts', 'dead') }));
    expect(dead.Messages?.[0]?.Body).toBe('hello');
    await sqs.send(
      new DeleteMessageCommand({
        QueueUrl: QueueUrl?.replace('alerts', 'dead'),
        ReceiptHandle: dead.Messages?.[0]?.ReceiptHandle,
      }),
    );
    const left = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(left.Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
  });

  test('a long poll waits for a message, and not for ever', async () => {
    const { as, clock } = await opened(smallSpec({ queues: [{ name: 'alerts' }] }));
    const before = clock.now().getTime();
    const answer = await as().sqs.send(new ReceiveMessageCommand({ QueueUrl: 'alerts', WaitTimeSeconds: 5 }));
    expect(answer.Messages).toBeUndefined();
    expect(clock.now().getTime() - before).toBe(5_000);
  });
});
