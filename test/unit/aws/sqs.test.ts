import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSqsPort } from '../../../src/aws/sqs.ts';

/** SQS's JSON protocol, as far as three operations need it: what was asked, and the answer set by the test. */
let server: Server;
let client: SQSClient;
let asked: { readonly operation: string; readonly body: unknown }[];
let answer: { readonly status: number; readonly body: string } | 'never';
let arrived: EventTarget;

const QUEUE = 'https://sqs.eu-west-1.amazonaws.com/111122223333/alerts';
/** The SDK compares it: of the body `{}`. */
const MD5_OF_BODY = '99914b932bd37a50b983c5e7c90ae93b';
const receive = (signal = new AbortController().signal) =>
  createSqsPort(client, QUEUE).receive({ maxMessages: 10, waitSeconds: 20, visibilitySeconds: 30, signal });

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: '{}' };
  arrived = new EventTarget();
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const operation = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
      asked.push({ operation, body: JSON.parse(Buffer.concat(chunks).toString()) });
      arrived.dispatchEvent(new Event('request'));
      if (answer === 'never') return;
      response.writeHead(answer.status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(answer.body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  client = new SQSClient({
    region: 'eu-west-1',
    endpoint: `http://127.0.0.1:${port}`,
    useQueueUrlAsEndpoint: false,
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example' },
    maxAttempts: 1,
  });
});

afterEach(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

describe('the queue', () => {
  test('is polled for as long as SQS waits, and hands over messages with their receive count', async () => {
    answer = {
      status: 200,
      body: JSON.stringify({
        Messages: [
          {
            MessageId: 'm-1',
            ReceiptHandle: 'r-1',
            Body: '{}',
            MD5OfBody: MD5_OF_BODY,
            Attributes: { ApproximateReceiveCount: '3' },
          },
        ],
      }),
    };
    expect(await receive()).toEqual([
      { messageId: 'm-1', receiptHandle: 'r-1', body: '{}', receiveCount: 3 },
    ]);
    expect(asked).toEqual([
      {
        operation: 'ReceiveMessage',
        body: {
          QueueUrl: QUEUE,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 20,
          VisibilityTimeout: 30,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        },
      },
    ]);
  });

  test('gives none when it is empty', async () => {
    expect(await receive()).toEqual([]);
  });

  test('deletes a message and changes its visibility', async () => {
    const port = createSqsPort(client, QUEUE);
    await port.delete('r-1');
    await port.extendVisibility('r-2', 60);
    expect(asked).toEqual([
      { operation: 'DeleteMessage', body: { QueueUrl: QUEUE, ReceiptHandle: 'r-1' } },
      {
        operation: 'ChangeMessageVisibility',
        body: { QueueUrl: QUEUE, ReceiptHandle: 'r-2', VisibilityTimeout: 60 },
      },
    ]);
  });

  test('ends a long poll when it is told to stop', async () => {
    answer = 'never';
    const stop = new AbortController();
    const polled = receive(stop.signal);
    await once(arrived, 'request');
    stop.abort();
    expect(await polled).toEqual([]);
  });

  test.each([
    ['AccessDenied', 400, 'cordon_aws_access_denied', 'terminal'],
    ['QueueDoesNotExist', 400, 'cordon_aws_not_found', 'terminal'],
    ['RequestThrottled', 400, 'cordon_aws_throttled', 'retryable'],
    ['InternalError', 500, 'cordon_aws_unavailable', 'retryable'],
  ])('classifies %s', async (name, status, code, classification) => {
    answer = { status, body: JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message: 'x' }) };
    await expect(receive()).rejects.toMatchObject({ code, classification });
  });

  test('refuses a message that AWS would not write', async () => {
    answer = {
      status: 200,
      body: JSON.stringify({
        Messages: [{ MessageId: 'm-1', ReceiptHandle: 'r-1', Body: '{}', MD5OfBody: MD5_OF_BODY }],
      }),
    };
    await expect(receive()).rejects.toMatchObject({ code: 'cordon_aws_bad_response' });
  });
});
