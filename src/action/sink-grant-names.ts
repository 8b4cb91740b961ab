import type { JsonObject } from '../json.ts';
import { QUARANTINE_PATH } from './quarantine-names.ts';
import { DELIVERY, literal, sinkResources } from './quarantine-policy.ts';

/** Where a quarantine sink is granted: one policy per account and Region, since there is one sink. */
export interface SinkPlace {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/** Name of the policy that lets a role deliver to the Region's quarantine sink, inline or prepared. */
export function sinkGrantName({ region }: Pick<SinkPlace, 'region'>): string {
  return `CordonQuarantineSink-${region}`;
}

/** ARN of the prepared one (profile `static`), under the path that the contain role may attach from. */
export function sinkGrantArn(place: SinkPlace): string {
  return `arn:${place.partition}:iam::${place.account}:policy${QUARANTINE_PATH}${sinkGrantName(place)}`;
}

/**
 * What a role needs to deliver failed events to that one sink, and nothing else. A key of KMS that encrypts it may be
 * used only through the sink's own service and for that very sink, by its encryption context (SQS and S3 guides:
 * `aws:sqs:arn`, `aws:s3:arn`; a bucket without a bucket key names the object). Pure.
 */
export function sinkGrant(sink: string): JsonObject {
  const service = sink.split(':')[2] ?? '';
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CordonDeliverToSink',
        Effect: 'Allow',
        Action: [...(DELIVERY[service] ?? [])],
        Resource: sinkResources(sink),
      },
      {
        Sid: 'CordonKeyOfSink',
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        Resource: '*',
        Condition: {
          StringLike: {
            'kms:ViaService': `${service}.*.amazonaws.com*`,
            [`kms:EncryptionContext:aws:${service}:arn`]: [
              literal(sink),
              ...(service === 's3' ? [`${literal(sink)}/*`] : []),
            ],
          },
        },
      },
    ],
  };
}
