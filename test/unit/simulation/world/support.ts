import { readFileSync } from 'node:fs';
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach } from '@jest/globals';
import type { Clock } from '../../../../src/clock.ts';
import { loadWorldParts } from '../../../../src/simulation/world/parts.ts';
import { type ServedWorld, serveWorld } from '../../../../src/simulation/world/serve.ts';
import { readWorldSpec, type WorldSpec } from '../../../../src/simulation/world/spec.ts';
import { createWorld, type World } from '../../../../src/simulation/world/world.ts';

/** A clock that goes on only when told to; a sleep moves it. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export function manualClock(start = '2026-11-24T04:00:00.000Z'): ManualClock {
  let nowMs = Date.parse(start);
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    advance(ms) {
      nowMs += ms;
    },
  };
}

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const ADMIN = { accessKeyId: 'AKIAADMINADMINADMIN0', secretAccessKey: 'invented-admin-key-for-tests' };

export function arnOf(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
}

/** The smallest account with one function, its role, and an administrator; `more` replaces or adds. */
export function smallSpec(more: Record<string, unknown> = {}): WorldSpec {
  return readWorldSpec({
    account: ACCOUNT,
    regions: [REGION, 'us-east-1'],
    rateLimits: false,
    users: [
      {
        name: 'admin',
        ...ADMIN,
        policies: {
          all: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
        },
      },
    ],
    roles: [
      {
        name: 'webhook-role',
        policies: {
          base: {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' },
              { Effect: 'Allow', Action: ['logs:*', 'sqs:*', 's3:*'], Resource: '*' },
            ],
          },
        },
      },
    ],
    functions: [
      { name: 'webhook', role: 'webhook-role', versions: [{}], aliases: [{ name: 'live', version: '1' }] },
    ],
    secrets: [{ name: 'key', value: 'invented' }],
    ...more,
  });
}

/** The account of the exercise that ships. */
export function exerciseSpec(): WorldSpec {
  return loadWorldParts(
    ['common/account.yaml', 'c2-callback/world.yaml'].map((file) => ({
      file,
      text: readFileSync(new URL(`../../../../simulations/${file}`, import.meta.url), 'utf8'),
    })),
  );
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The real SDK clients, sent to a served world, without retries of their own. */
export function clientsOf(served: ServedWorld, credentials: Credentials = ADMIN, region = REGION) {
  // A copy: the SDK writes into the credentials that it is given.
  const config = { endpoint: served.url, region, credentials: { ...credentials }, maxAttempts: 1 };
  return {
    lambda: new LambdaClient(config),
    iam: new IAMClient(config),
    sts: new STSClient(config),
    logs: new CloudWatchLogsClient(config),
    sqs: new SQSClient(config),
    s3: new S3Client(config),
    kms: new KMSClient(config),
    trail: new CloudTrailClient(config),
    metrics: new CloudWatchClient(config),
    scaling: new ApplicationAutoScalingClient(config),
  };
}

export interface Stage {
  readonly world: World;
  readonly served: ServedWorld;
  readonly clock: ManualClock;
  as(credentials?: Credentials, region?: string): ReturnType<typeof clientsOf>;
}

/** Opens a served world for a test, which is closed after it. */
export function stageOfEachTest(): typeof stage {
  let open: Stage | undefined;
  afterEach(async () => {
    await open?.served.close();
    open = undefined;
  });
  return async (...args) => {
    open = await stage(...args);
    return open;
  };
}

/** A served world; close `served` when done. */
export async function stage(spec: WorldSpec = smallSpec()): Promise<Stage> {
  const clock = manualClock();
  const world = createWorld(spec, { clock, seed: 'test' });
  const served = await serveWorld(world, { host: '127.0.0.1', port: 0 });
  return { world, served, clock, as: (credentials, region) => clientsOf(served, credentials, region) };
}
