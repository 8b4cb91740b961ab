import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';

/** Opens an SNS topic with the SDK's credential chain; its Region is the one in its ARN. `endpoint` is for tests. */
export function openSnsTopic(
  topicArn: string,
  endpoint?: string,
): {
  publish(message: { readonly subject: string; readonly text: string }): Promise<void>;
  retryable(error: unknown): boolean;
  close(): void;
} {
  const region = topicArn.split(':')[3] ?? '';
  const client = new SNSClient({
    region,
    // One try: the outbox repeats it, on the clock that it is given.
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  return {
    async publish({ subject, text }) {
      await client.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text }));
    },
    // What SNS answered with 4xx it will answer again, but for its own throttling; without an answer it may not have come.
    retryable(error) {
      if (typeof error !== 'object' || error === null) return true;
      const { $metadata, name } = error as { $metadata?: { httpStatusCode?: number }; name?: string }; // the SDK's own shape
      const status = $metadata?.httpStatusCode ?? 503;
      return status >= 500 || status === 429 || name === 'Throttled' || name === 'ThrottlingException';
    },
    close: () => client.destroy(),
  };
}
