import { SQSClient } from '@aws-sdk/client-sqs';
import type { SqsPort } from '../alert/source-queue.ts';
import { createSqsPort } from './sqs.ts';

/**
 * Opens the alert queue behind `queueUrl` with the SDK's credential chain. The queue's Region is the one in
 * its URL (`https://sqs.<region>.amazonaws.com/…`), else the SDK's own.
 */
export function openSqsQueue(queueUrl: string): {
  readonly port: SqsPort;
  readonly name: string;
  close(): void;
} {
  const { hostname, origin, pathname } = new URL(queueUrl);
  const region = /^sqs[.]([a-z0-9-]+)[.]amazonaws[.]com(?:[.]cn)?$/.exec(hostname)?.[1];
  const client = new SQSClient({
    // One try: the consumer backs off by itself, on the clock that it is given.
    maxAttempts: 1,
    ...(region === undefined ? { endpoint: origin } : { region }),
  });
  return {
    port: createSqsPort(client, queueUrl),
    name: pathname.split('/').at(-1) ?? '',
    close: () => client.destroy(),
  };
}
