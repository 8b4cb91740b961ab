import fc from 'fast-check';
import { CATALOGUE } from '../../src/action/catalogue.ts';
import { PURPOSES, policyFor } from '../../src/action/permissions.ts';
import { accountQuarantines, preparedQuarantines } from '../../src/action/quarantine-prepared.ts';
import { sinkGrant, sinkGrantName } from '../../src/action/sink-grant-names.ts';
import type { JsonObject } from '../../src/json.ts';
import { readWorldSpec, type WorldSpec } from '../../src/simulation/world/spec.ts';
import { ACCOUNT, REGION } from './world.ts';

/**
 * A random account under attack, in words that a failing test can print: what the function under attack has of every
 * door, who shares its roles, and what its account gives containment to work with.
 */
export interface RandomAccount {
  readonly profile: 'dynamic' | 'static';
  /** The quarantine sink of the enrolment, and whether a key of KMS encrypts it. */
  readonly sink: 'none' | 'queue' | 'bucket';
  readonly sinkEncrypted: boolean;
  readonly severity: 8 | 9.5;
  readonly verdict: 'true_positive' | 'false_positive';
  readonly reserved: number | null;
  /** Role of each published version, oldest first. */
  readonly versions: readonly RoleName[];
  /** Where alias `live` points; null: no alias. Weighted: half of its traffic to version 1. */
  readonly alias: 'plain' | 'weighted' | null;
  readonly provisioned: number;
  readonly scaling: 'none' | 'active' | 'suspended' | 'scheduled';
  /** Where failed events of `$LATEST` and of `live` go. */
  readonly destinations: readonly [Destination, Destination];
  readonly ownSinkEncrypted: boolean;
  readonly deadLetter: boolean;
  readonly retries: 0 | 1 | 2 | null;
  readonly mappings: readonly {
    readonly enabled: boolean;
    readonly receives: 1 | 3;
    readonly alias: boolean;
  }[];
  readonly siblings: readonly Sibling[];
  readonly ownLogGroup: boolean;
  /** What the roles have so much of that nothing fits any more. */
  readonly full: 'nothing' | 'inline' | 'attached';
  /** Whether the function has prepared policies of its own, beside those that the account has for every function. */
  readonly prepared: boolean;
}

type RoleName = 'checkout-webhook-role' | 'old-role' | 'platform-role';
type Destination =
  | 'none'
  | 'retries-only'
  | 'queue'
  | 'topic'
  | 'bus'
  | 'function'
  | 'bucket'
  | 'success-only';

/** Another function: its role, and the role of a version of it that was published earlier. */
interface Sibling {
  readonly role: RoleName | 'sibling-role';
  readonly version: RoleName | null;
}

const roleName = fc.constantFrom<RoleName>('checkout-webhook-role', 'old-role', 'platform-role');
const destination = fc.constantFrom<Destination>(
  'none',
  'retries-only',
  'queue',
  'topic',
  'bus',
  'function',
  'bucket',
  'success-only',
);

export const randomAccount: fc.Arbitrary<RandomAccount> = fc.record({
  profile: fc.constantFrom('dynamic', 'dynamic', 'static'),
  sink: fc.constantFrom('queue', 'bucket', 'none'),
  sinkEncrypted: fc.boolean(),
  severity: fc.constantFrom(8, 8, 8, 9.5),
  verdict: fc.constantFrom('true_positive', 'false_positive'),
  reserved: fc.constantFrom(null, 0, 1, 40),
  versions: fc.array(roleName, { maxLength: 2 }),
  alias: fc.constantFrom('plain', 'weighted', null),
  provisioned: fc.constantFrom(0, 0, 2),
  scaling: fc.constantFrom('none', 'active', 'suspended', 'scheduled'),
  destinations: fc.tuple(destination, destination),
  ownSinkEncrypted: fc.boolean(),
  deadLetter: fc.boolean(),
  retries: fc.constantFrom(null, 0, 1, 2),
  mappings: fc.array(
    fc.record({
      enabled: fc.boolean(),
      receives: fc.constantFrom(1, 3),
      alias: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
  siblings: fc.array(
    fc.record({
      role: fc.oneof(roleName, fc.constant('sibling-role' as const)),
      version: fc.option(roleName, { nil: null }),
    }),
    { maxLength: 2 },
  ),
  ownLogGroup: fc.boolean(),
  full: fc.constantFrom('nothing', 'nothing', 'nothing', 'inline', 'attached'),
  prepared: fc.boolean(),
});

const at = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

const SINKS: Readonly<Record<Destination, string | null>> = {
  none: null,
  'retries-only': null,
  'success-only': null,
  queue: at('sqs', 'failed'),
  topic: at('sns', 'failed'),
  bus: at('events', 'event-bus/failed'),
  function: at('lambda', 'function:takes-failed'),
  bucket: 'arn:aws:s3:::failed-events',
};

// The names that the template gives them: the read role may look into no others.
const SINK_BUCKET = `cordon-quarantine-${ACCOUNT}-${REGION}`;

/** ARN of the quarantine sink; null where there is none. */
function sinkOf({ sink }: RandomAccount): string | null {
  return sink === 'none'
    ? null
    : sink === 'queue'
      ? at('sqs', 'cordon-quarantine')
      : `arn:aws:s3:::${SINK_BUCKET}`;
}

/** Qualifiers that events are sent to. */
export function qualifiersOf(account: RandomAccount): readonly string[] {
  return hasAlias(account) ? ['$LATEST', 'live'] : ['$LATEST'];
}

function hasAlias({ alias, versions }: RandomAccount): boolean {
  return alias !== null && versions.length > 0;
}

/** Provisioned concurrency needs an alias, and as much reserved concurrency where there is any. */
function provisionedOf(account: RandomAccount): number {
  const { reserved, provisioned } = account;
  return hasAlias(account) && (reserved === null || reserved >= provisioned) ? provisioned : 0;
}

/** Whether the qualifier's failed events go somewhere before anything is done. */
function keepsBefore(account: RandomAccount, qualifier: string): boolean {
  const [latest, live] = account.destinations;
  return account.deadLetter || SINKS[qualifier === 'live' ? live : latest] !== null;
}

/** Whether this event was not to be kept: nothing was there to keep it in, or no time was given to set it up. */
export function mayLose(
  account: RandomAccount,
  lost: { readonly condition: string; readonly duringIncident: boolean },
): boolean {
  if (!lost.duringIncident) return true;
  if (qualifiersOf(account).every((qualifier) => keepsBefore(account, qualifier))) return false;
  // The deny strikes at once, and an event that is tried once fails under it.
  if (account.retries === 0 && lost.condition === 'RetriesExhausted') return true;
  // No room on the role for the right to deliver.
  if (account.full === 'attached' && account.profile === 'static') return true;
  return account.sink === 'none' || account.severity >= 9;
}

/** An account in which every step has something to do. */
export const worst: RandomAccount = {
  profile: 'dynamic',
  sink: 'queue',
  sinkEncrypted: true,
  severity: 8,
  verdict: 'true_positive',
  reserved: 40,
  versions: [],
  alias: null,
  provisioned: 0,
  scaling: 'none',
  destinations: ['retries-only', 'none'],
  ownSinkEncrypted: true,
  deadLetter: false,
  retries: 1,
  mappings: [{ enabled: true, receives: 1, alias: false }],
  siblings: [{ role: 'checkout-webhook-role', version: null }],
  ownLogGroup: true,
  full: 'nothing',
  prepared: true,
};

/** The account as a world, in which Cordon's three roles have the generated policies and no more. */
export function worldOf(account: RandomAccount): WorldSpec {
  const key = account.ownSinkEncrypted ? { key: 'own' } : {};
  const sinkKey = account.sinkEncrypted ? { key: 'quarantine' } : {};
  const provisioned = provisionedOf(account);
  const live = String(account.versions.length);
  const weighted = account.alias === 'weighted' && account.versions.length > 1;
  const [latest, other] = account.destinations;
  return readWorldSpec({
    account: ACCOUNT,
    regions: [REGION],
    iamPropagationMs: 4000,
    latencyMs: 0,
    users: [{ name: 'cordon', ...CREDENTIALS, policies: { everything: allow('*') } }],
    roles: [...functionRoles(account), ...ownRoles(account)],
    managedPolicies: [
      ...FILLERS.map((name) => ({ name, document: allow('logs:DescribeLogGroups') })),
      ...preparedPolicies(account),
    ],
    functions: [
      {
        name: 'checkout-webhook',
        role: 'checkout-webhook-role',
        ...(account.reserved === null ? {} : { reservedConcurrency: account.reserved }),
        ...(account.deadLetter ? { deadLetterArn: at('sqs', 'dead') } : {}),
        ...(account.ownLogGroup ? { logGroup: '/payments/checkout' } : {}),
        versions: account.versions.map((role, index) => ({ role, description: `version ${index + 1}` })),
        aliases: hasAlias(account)
          ? [{ name: 'live', version: live, ...(weighted ? { weights: { 1: 0.5 } } : {}) }]
          : [],
        provisionedConcurrency: provisioned === 0 ? [] : [{ qualifier: 'live', requested: provisioned }],
        eventInvoke: [
          ...invokeConfig(account, '$LATEST', latest),
          ...(hasAlias(account) ? invokeConfig(account, 'live', other) : []),
        ],
        urls: [{ authType: 'NONE' }],
        permissions: [
          { sid: 'edge', principal: { Service: 'apigateway.amazonaws.com' } },
          {
            sid: 'odd',
            principal: { AWS: 'arn:aws:iam::999988887777:root' },
            condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
          },
        ],
        behaviour: WORK,
      },
      { name: 'takes-failed', role: 'sibling-role' },
      ...account.siblings.map(({ role, version }, index) => ({
        name: `sibling-${index}`,
        role,
        versions: version === null ? [] : [{ role: version }],
        aliases: version === null ? [] : [{ name: 'stable', version: '1' }],
        behaviour: WORK,
      })),
    ],
    scalableTargets:
      provisioned === 0 || account.scaling === 'none'
        ? []
        : [
            {
              function: 'checkout-webhook',
              qualifier: 'live',
              min: provisioned,
              max: provisioned + 2,
              suspended: account.scaling === 'suspended',
              policies: [{ name: 'keep-busy' }],
              scheduled:
                account.scaling === 'scheduled' ? [{ name: 'morning', schedule: 'cron(0 7 * * ? *)' }] : [],
            },
          ],
    eventSourceMappings: account.mappings.map(({ enabled, alias }, index) => ({
      function: 'checkout-webhook',
      ...(alias && hasAlias(account) ? { qualifier: 'live' } : {}),
      source: at('sqs', `orders-${index}`),
      enabled,
    })),
    queues: [
      { name: 'failed', ...key },
      { name: 'dead', ...key },
      { name: 'cordon-quarantine', ...sinkKey },
      { name: 'orders-dead' },
      ...account.mappings.map(({ receives }, index) => ({
        name: `orders-${index}`,
        redrive: { to: 'orders-dead', maxReceiveCount: receives },
      })),
    ],
    topics: [{ name: 'failed', ...key }],
    eventBuses: [{ name: 'failed' }],
    buckets: [
      { name: 'failed-events', ...key },
      { name: SINK_BUCKET, ...sinkKey },
      { name: 'receipts', objects: { '1': 'one' } },
    ],
    keys: [{ name: 'own' }, { name: 'quarantine' }],
  });
}

/** The enrolment of that account: mode act, the three roles, the sink. */
export function enrolmentOf(account: RandomAccount): string {
  const sink = sinkOf(account);
  const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  return `
accounts:
  - id: '${ACCOUNT}'
    name: random
    regions: [${REGION}]
    mode: act
    tier: production
    profile: ${account.profile}
    roles: { read: '${role('CordonRead')}', contain: '${role('CordonContain')}', release: '${role('CordonRelease')}' }
    quarantineSinks: [${sink === null ? '' : `'${sink}'`}]
responders:
  - { id: alice, name: Alice, slack: U0ALICE000, cli: alice, roles: [responder, commander] }
  - { id: bob, name: Bob, slack: U0BOB00000, cli: bob, roles: [approver] }
`;
}

const CREDENTIALS = { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' };
const WORK = { calls: [{ action: 's3:GetObject', resource: 'arn:aws:s3:::receipts/1' }] };
const FILLERS = Array.from({ length: 10 }, (_, index) => `filler-${index}`);

function allow(action: string | readonly string[], resource: string | readonly string[] = '*'): JsonObject {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: action, Resource: resource }],
  };
}

function invokeConfig(account: RandomAccount, qualifier: string, to: Destination): readonly JsonObject[] {
  const sink = SINKS[to];
  if (to === 'none') return [];
  return [
    {
      qualifier,
      ...(account.retries === null
        ? { maximumEventAgeSeconds: 3600 }
        : { maximumRetryAttempts: account.retries }),
      ...(sink === null ? {} : { onFailure: sink }),
      ...(to === 'success-only' ? { onSuccess: at('sqs', 'failed') } : {}),
    },
  ];
}

/** What the function's roles may do: their work and their own sinks, and nothing with the quarantine sink. */
function functionRoles(account: RandomAccount): readonly JsonObject[] {
  const work = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents', 's3:GetObject'],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: ['sqs:SendMessage', 'sns:Publish', 'events:PutEvents', 'lambda:InvokeFunction'],
        Resource: [
          at('sqs', 'failed'),
          at('sqs', 'dead'),
          at('sns', 'failed'),
          at('events', 'event-bus/failed'),
          at('lambda', 'function:takes-failed'),
          at('lambda', 'function:takes-failed:*'),
        ],
      },
      {
        Effect: 'Allow',
        Action: ['s3:PutObject', 's3:ListBucket'],
        Resource: ['arn:aws:s3:::failed-events', 'arn:aws:s3:::failed-events/*'],
      },
      { Effect: 'Allow', Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: '*' },
    ],
  };
  // 9,000 characters, of 10,240: nothing of ours fits beside them.
  const filling = allow('s3:GetObject', [`arn:aws:s3:::receipts/${'a'.repeat(9000)}`]);
  return ['checkout-webhook-role', 'old-role', 'platform-role', 'sibling-role'].map((name) => ({
    name,
    policies: { work, ...(account.full === 'inline' && name !== 'sibling-role' ? { filling } : {}) },
    attached:
      account.full === 'attached' && name !== 'sibling-role'
        ? FILLERS.map((filler) => `arn:aws:iam::${ACCOUNT}:policy/${filler}`)
        : [],
  }));
}

function ownRoles({ profile }: RandomAccount): readonly JsonObject[] {
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/cordon` },
        Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      },
    ],
  };
  const place = { partition: 'aws', account: ACCOUNT, region: REGION, profile };
  const name = { read: 'CordonRead', contain: 'CordonContain', release: 'CordonRelease' };
  return PURPOSES.map((purpose) => ({
    name: name[purpose],
    trust,
    policies: { generated: { ...policyFor(CATALOGUE, purpose, place) } },
  }));
}

/** What the template would have made, from an inventory that knows the sinks and log groups. */
function preparedPolicies(account: RandomAccount): readonly JsonObject[] {
  const own = qualifiersOf(account).flatMap(
    (qualifier) => SINKS[account.destinations[qualifier === 'live' ? 1 : 0]] ?? [],
  );
  const sink = sinkOf(account);
  const quarantines = preparedQuarantines({
    partition: 'aws',
    account: ACCOUNT,
    region: REGION,
    functionName: 'checkout-webhook',
    logGroups: account.ownLogGroup ? ['/payments/checkout'] : [],
    sinks: [...own, ...(account.deadLetter ? [at('sqs', 'dead')] : []), ...(sink === null ? [] : [sink])],
  });
  const grant = sink === null ? [] : [{ name: sinkGrantName({ region: REGION }), document: sinkGrant(sink) }];
  const ofFunction = account.profile === 'static' && account.prepared ? quarantines : [];
  return [...ofFunction, ...accountQuarantines({ partition: 'aws', account: ACCOUNT }), ...grant].map(
    ({ name, document }) => ({
      name,
      path: '/cordon/quarantine/',
      document: { ...document },
    }),
  );
}
