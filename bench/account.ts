import { readWorldSpec, type WorldSpec } from '../src/simulation/world/spec.ts';

/** The simulated account that everything is measured on: many functions, each with a role of its own. */

export const ACCOUNT = '111122223333';

// The engine spends AWS's rate limits, which are per Region, also after containment (manifest, evidence).
// Successive functions lie in different Regions, so that one measurement leaves nothing to wait for to the next.
const REGIONS = [
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-central-1',
  'eu-north-1',
  'us-east-1',
  'us-east-2',
  'us-west-2',
] as const;

export const CREDENTIALS = {
  accessKeyId: 'AKIACORDONWORLD00000',
  secretAccessKey: 'cordon-world-secret-key',
};

/** One function of the account. */
export interface Subject {
  readonly name: string;
  readonly region: string;
  readonly functionArn: string;
  readonly roleName: string;
  readonly roleArn: string;
}

export function subject(index: number, region: string = regionOf(index)): Subject {
  const name = `subject-${String(index).padStart(4, '0')}`;
  return {
    name,
    region,
    functionArn: `arn:aws:lambda:${region}:${ACCOUNT}:function:${name}`,
    roleName: `${name}-role`,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/${name}-role`,
  };
}

function regionOf(index: number): string {
  return REGIONS[index % REGIONS.length] ?? REGIONS[0];
}

export function accountSpec(options: {
  readonly functions: number;
  readonly latencyMs: number;
  readonly rateLimits: boolean;
  /** All functions in this Region; else they are spread. */
  readonly region?: string;
  /** Event source mappings of a function that nobody suspects. */
  readonly otherMappings?: number;
}): WorldSpec {
  const subjects = Array.from({ length: options.functions }, (_, index) => subject(index, options.region));
  const region = options.region ?? REGIONS[0];
  const others = options.otherMappings ?? 0;
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      },
    ],
  };
  return readWorldSpec({
    account: ACCOUNT,
    regions: REGIONS,
    latencyMs: options.latencyMs,
    rateLimits: options.rateLimits,
    users: [{ name: 'cordon', ...CREDENTIALS, policies: { everything } }],
    roles: [
      ...ENGINE_ROLES.map((name) => ({ name, trust, policies: { everything } })),
      ...(others > 0 ? [{ name: 'bystander-role' }] : []),
      ...subjects.map(({ roleName }) => ({
        name: roleName,
        policies: {
          work: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
          },
        },
      })),
    ],
    functions: [
      ...subjects.map((each) => ({ name: each.name, region: each.region, role: each.roleName })),
      ...(others > 0 ? [{ name: 'bystander', region, role: 'bystander-role' }] : []),
    ],
    queues: Array.from({ length: others }, (_, index) => ({ name: `orders-${index}`, region })),
    eventSourceMappings: Array.from({ length: others }, (_, index) => ({
      function: 'bystander',
      region,
      source: `arn:aws:sqs:${region}:${ACCOUNT}:orders-${index}`,
    })),
  });
}

const ENGINE_ROLES = ['cordon-read', 'cordon-contain', 'cordon-release'] as const;

/** The enrolment of that account in mode `act`, with roles to assume as in production. */
export function enrolmentText(options: { readonly containmentsPerHour?: number } = {}): string {
  const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  return `accounts:
  - id: '${ACCOUNT}'
    name: bench
    regions: [${REGIONS.join(', ')}]
    mode: act
    tier: production
    profile: dynamic
    roles: { read: '${role('cordon-read')}', contain: '${role('cordon-contain')}', release: '${role('cordon-release')}' }
budgets: { containmentsPerHour: ${options.containmentsPerHour ?? 10_000} }
responders:
  - { id: bench, name: Bench, cli: bench, roles: [responder, commander] }
`;
}

/** A GuardDuty finding about `subject` in its EventBridge envelope, as bytes. */
export function alertAbout(about: Subject, at = new Date()): Uint8Array {
  const time = at.toISOString();
  const { name, region, functionArn, roleArn } = about;
  const finding = name.replace('-', '');
  return new TextEncoder().encode(
    JSON.stringify({
      version: '0',
      id: `event-${name}`,
      'detail-type': 'GuardDuty Finding',
      source: 'aws.guardduty',
      account: ACCOUNT,
      time,
      region,
      resources: [],
      detail: {
        schemaVersion: '2.0',
        accountId: ACCOUNT,
        region,
        partition: 'aws',
        id: finding,
        arn: `arn:aws:guardduty:${region}:${ACCOUNT}:detector/d1/finding/${finding}`,
        type: 'Backdoor:Lambda/C&CActivity.B',
        severity: 8,
        createdAt: time,
        updatedAt: time,
        title: 'The function talks to a command and control server.',
        description: 'Made for a benchmark.',
        resource: {
          resourceType: 'Lambda',
          lambdaDetails: {
            functionArn,
            functionName: name,
            description: '',
            lastModifiedAt: 0,
            revisionId: 'r1',
            functionVersion: '$LATEST',
            role: roleArn,
            tags: [],
          },
        },
        service: {
          serviceName: 'guardduty',
          detectorId: 'd1',
          archived: false,
          count: 1,
          eventFirstSeen: time,
          eventLastSeen: time,
          additionalInfo: { type: 'default', value: '{}' },
        },
      },
    }),
  );
}
