import { createHash } from 'node:crypto';
import type { Action } from '../action/action.ts';
import { fitted, isAdministratorEquivalent, PURPOSES, policyFor } from '../action/permissions.ts';
import type { AwsPurpose, Profile } from '../action/ports.ts';
import { QUARANTINE_PATH } from '../action/quarantine-names.ts';
import {
  accountQuarantines,
  type PreparedSubject,
  preparedQuarantines,
} from '../action/quarantine-prepared.ts';
import { sinkGrant, sinkGrantName } from '../action/sink-grant-names.ts';
import { CodedError } from '../error.ts';
import type { Json, JsonObject } from '../json.ts';
import { guardPolicy } from './guard-policy.ts';

export type TemplateErrorCode = 'cordon_template_too_large';

/** A template that CloudFormation would not take. */
class TemplateError extends CodedError<TemplateErrorCode> {}

/** What a member account's stack is made for. */
export interface TemplateRequest {
  readonly actions: readonly Action[];
  /** Absent: the stack's own account and partition, so that one template serves a stack set. */
  readonly place?: { readonly partition: string; readonly account: string };
  readonly regions: readonly string[];
  readonly profile: Profile;
  /** Each with its path, if any: `security/cordon-read`. */
  readonly roleNames: Readonly<Record<AwsPurpose, string>>;
  /** Functions whose quarantine policies are prepared; none are in profile `dynamic`. */
  readonly subjects: readonly Omit<PreparedSubject, 'partition' | 'account'>[];
  readonly sink: 'none' | 'bucket' | 'queue';
  /** Sinks that are enrolled already, one a Region: roles are prepared to be granted them. */
  readonly sinks?: readonly { readonly region: string; readonly arn: string }[];
  readonly deployers: readonly string[];
}

/** CloudFormation's limits for one template: resources, and characters of a body that lies in S3. */
const MAX_RESOURCES = 500;
const MAX_CHARACTERS = 1_000_000;

/** Stands for the stack's own account and partition until `substituted` names CloudFormation's variables. */
const SELF = { partition: '@partition@', account: '@account@' };
/** Stands for the Region of the stack. */
const OWN_REGION = '@region@';

const pseudoParameter = (name: string) => `\${AWS::${name}}`;

/** What the engine's sessions carry as their source identity; trust asks for it. */
const SOURCE_IDENTITY = 'cordon';

/**
 * CloudFormation templates for a member account, in the order to deploy them: the three roles with trust, external
 * id and least-privilege policies and, where asked for, the quarantine sink; then, in profile `static`, the prepared quarantine
 * policies, in as many further templates as they need. Pure. Throws `cordon_template_too_large` when the roles alone
 * do not fit into one.
 */
export function accountTemplates(request: TemplateRequest): readonly JsonObject[] {
  const base = { ...rolesOf(request), ...sinkOf(request.sink), ...forEveryFunction(request) };
  const prepared = request.profile === 'static' ? Object.entries(quarantinesOf(request)) : [];
  const first = templateOf(request, base);
  if (JSON.stringify(first).length > MAX_CHARACTERS) {
    throw new TemplateError(
      'cordon_template_too_large',
      `expected the roles to fit into one template of ${MAX_CHARACTERS} characters, found ${JSON.stringify(first).length}; name fewer Regions`,
    );
  }
  const templates: JsonObject[] = [];
  let build: Build = templateOf;
  let open: Record<string, JsonObject> = { ...base };
  let characters = JSON.stringify(first).length;
  for (const [name, resource] of prepared) {
    const more = JSON.stringify({ [name]: resource }).length;
    if (Object.keys(open).length === MAX_RESOURCES || characters + more > MAX_CHARACTERS) {
      templates.push(build(request, open));
      build = policiesOnly;
      open = {};
      characters = JSON.stringify(policiesOnly(request, {})).length;
    }
    open[name] = resource;
    characters += more;
  }
  return [...templates, build(request, open)];
}

type Build = (request: TemplateRequest, resources: Readonly<Record<string, JsonObject>>) => JsonObject;

function templateOf(request: TemplateRequest, resources: Readonly<Record<string, JsonObject>>): JsonObject {
  const { profile, place, roleNames, deployers } = request;
  const logical = (purpose: AwsPurpose) => `${titleOf(purpose)}Role`;
  const sink = resources.QuarantineBucket ?? resources.QuarantineQueue;
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description:
      profile === 'dynamic'
        ? 'Cordon in a member account, profile dynamic: the contain and release roles are administrator-equivalent.'
        : 'Cordon in a member account, profile static: roles may attach and detach prepared quarantine policies only.',
    Metadata: {
      Cordon: {
        Profile: profile,
        // Only a person with rights in Organizations can install it; a stack cannot, and Cordon never does.
        GuardingServiceControlPolicy: guardPolicy({
          partition: place?.partition ?? 'aws',
          account: place?.account ?? '*',
          roles: roleNames,
          deployers,
        }),
      },
    },
    Parameters: {
      EnginePrincipal: {
        Type: 'String',
        Description: 'ARN of the role that the engine runs as; it alone may assume the three roles.',
        AllowedPattern: '^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:(role|user)/.+$',
      },
      ExternalId: {
        Type: 'String',
        Description: 'The externalId of this account in the enrolment file.',
        NoEcho: true,
        MinLength: 2,
        MaxLength: 1224,
      },
    },
    Resources: { ...resources },
    Outputs: {
      ...Object.fromEntries(
        PURPOSES.map((purpose) => [
          `${titleOf(purpose)}RoleArn`,
          {
            Description: `roles.${purpose} of the enrolment file`,
            Value: { 'Fn::GetAtt': [logical(purpose), 'Arn'] },
          },
        ]),
      ),
      ...(sink === undefined
        ? {}
        : {
            QuarantineSinkArn: {
              Description: 'one of quarantineSinks of the enrolment file',
              Value: {
                'Fn::GetAtt': [
                  resources.QuarantineBucket === undefined ? 'QuarantineQueue' : 'QuarantineBucket',
                  'Arn',
                ],
              },
            },
          }),
    },
  };
}

function policiesOnly(
  { profile }: TemplateRequest,
  resources: Readonly<Record<string, JsonObject>>,
): JsonObject {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Cordon in a member account, profile ${profile}: further prepared quarantine policies.`,
    Resources: { ...resources },
  };
}

function rolesOf(request: TemplateRequest): Record<string, JsonObject> {
  const { actions, regions, profile, roleNames } = request;
  const place = request.place ?? SELF;
  const ownRoles = PURPOSES.map(
    (purpose) => `arn:${place.partition}:iam::${place.account}:role/${roleNames[purpose]}`,
  );
  return Object.fromEntries(
    PURPOSES.flatMap((purpose): [string, JsonObject][] => {
      const policy = policyFor(actions, purpose, {
        ...place,
        profile,
        ...(regions.length === 0 ? {} : { region: regions }),
        ownRoles,
      });
      const equivalent = isAdministratorEquivalent(policy) ? ' Administrator-equivalent.' : '';
      const role = `${titleOf(purpose)}Role`;
      const folder = roleNames[purpose].split('/').slice(0, -1).join('/');
      return [
        [
          role,
          {
            Type: 'AWS::IAM::Role',
            Properties: {
              ...(folder === '' ? {} : { Path: `/${folder}/` }),
              RoleName: roleNames[purpose].split('/').at(-1),
              Description: `Cordon: ${purpose}.${equivalent}`,
              MaxSessionDuration: 3600,
              AssumeRolePolicyDocument: TRUST,
            },
          },
        ],
        ...fitted(policy).map((document, index): [string, JsonObject] => [
          `${titleOf(purpose)}Policy${index + 1}`,
          {
            Type: 'AWS::IAM::ManagedPolicy',
            Properties: {
              Description: `Cordon: least privilege of the ${purpose} role.${equivalent}`,
              Roles: [{ Ref: role }],
              PolicyDocument: substituted(document),
            },
          },
        ]),
      ];
    }),
  );
}

const TRUST: JsonObject = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'CordonEngineOnly',
      Effect: 'Allow',
      Principal: { AWS: { Ref: 'EnginePrincipal' } },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      Condition: {
        StringEquals: { 'sts:ExternalId': { Ref: 'ExternalId' }, 'sts:SourceIdentity': SOURCE_IDENTITY },
      },
    },
  ],
};

/** Every sink that the function has, and the quarantine sink of its Region: a deny of the whole role leaves them open. */
function sinksOf(request: TemplateRequest, subject: TemplateRequest['subjects'][number]): readonly string[] {
  const own = ownSinkOf(request.sink, request.place ?? SELF);
  const ours = own ?? request.sinks?.find(({ region }) => region === subject.region)?.arn;
  return [...(subject.sinks ?? []), ...(ours === undefined ? [] : [ours])];
}

function quarantinesOf(request: TemplateRequest): Record<string, JsonObject> {
  const place = request.place ?? SELF;
  return Object.fromEntries(
    request.subjects.flatMap((subject) =>
      preparedQuarantines({ ...subject, ...place, sinks: sinksOf(request, subject) }).map(
        ({ kind, name, document }): [string, JsonObject] => [
          logicalName(kind, name),
          {
            Type: 'AWS::IAM::ManagedPolicy',
            Properties: {
              ManagedPolicyName: name,
              Path: QUARANTINE_PATH,
              Description: `Cordon: quarantine (${kind}) of ${subject.functionName} in ${subject.region}. Attached during an incident only.`,
              PolicyDocument: substituted(document),
            },
          },
        ],
      ),
    ),
  );
}

/** What is prepared once an account: for functions without a policy of their own, for full roles, for the sinks. */
function forEveryFunction(request: TemplateRequest): Record<string, JsonObject> {
  const place = request.place ?? SELF;
  const own = ownSinkOf(request.sink, place);
  const sinks = own === undefined ? (request.sinks ?? []) : [{ region: OWN_REGION, arn: own }];
  const grants = sinks.map(({ region, arn }) => ({
    name: sinkGrantName({ region }),
    description: 'Cordon: lets a role deliver to the quarantine sink. Attached during an incident only.',
    document: sinkGrant(arn),
  }));
  const quarantines = accountQuarantines(place).map((each) => ({
    ...each,
    description:
      'Cordon: quarantine of every function on a role, where none is prepared for one of them. Attached during an incident only.',
  }));
  return Object.fromEntries(
    [...quarantines, ...grants].map(({ name, description, document }): [string, JsonObject] => [
      logicalName('any', name),
      {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          ManagedPolicyName: substituted(name),
          Path: QUARANTINE_PATH,
          Description: description,
          PolicyDocument: substituted(document),
        },
      },
    ]),
  );
}

/** ARN of the sink that the stack makes. */
function ownSinkOf(
  sink: TemplateRequest['sink'],
  { partition, account }: { readonly partition: string; readonly account: string },
): string | undefined {
  switch (sink) {
    case 'none':
      return undefined;
    case 'bucket':
      return `arn:${partition}:s3:::cordon-quarantine-${account}-${OWN_REGION}`;
    case 'queue':
      return `arn:${partition}:sqs:${OWN_REGION}:${account}:cordon-quarantine`;
  }
}

function sinkOf(sink: TemplateRequest['sink']): Record<string, JsonObject> {
  switch (sink) {
    case 'none':
      return {};
    case 'bucket':
      return {
        QuarantineBucket: {
          Type: 'AWS::S3::Bucket',
          DeletionPolicy: 'Retain',
          UpdateReplacePolicy: 'Retain',
          Properties: {
            BucketName: {
              'Fn::Sub': `cordon-quarantine-${pseudoParameter('AccountId')}-${pseudoParameter('Region')}`,
            },
            // What arrives during an incident was written by an attacker: kept apart, unlocked, for a limited time.
            LifecycleConfiguration: {
              Rules: [{ Id: 'ExpireQuarantinedEvents', Status: 'Enabled', ExpirationInDays: 90 }],
            },
            BucketEncryption: {
              ServerSideEncryptionConfiguration: [
                { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
              ],
            },
            PublicAccessBlockConfiguration: {
              BlockPublicAcls: true,
              BlockPublicPolicy: true,
              IgnorePublicAcls: true,
              RestrictPublicBuckets: true,
            },
          },
        },
      };
    case 'queue':
      return {
        QuarantineQueue: {
          Type: 'AWS::SQS::Queue',
          DeletionPolicy: 'Retain',
          UpdateReplacePolicy: 'Retain',
          Properties: {
            QueueName: 'cordon-quarantine',
            // The longest that SQS keeps a message: 14 days.
            MessageRetentionPeriod: 1_209_600,
            SqsManagedSseEnabled: true,
          },
        },
      };
  }
}

/** Logical ids are letters and digits only, so a digest tells `a-b` and `ab` apart. */
function logicalName(kind: string, name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `Quarantine${kind.charAt(0).toUpperCase()}${kind.slice(1)}${name.replace(/[^A-Za-z0-9]/g, '').slice(-100)}${digest}`;
}

/** `Fn::Sub` for each text that names the stack's own account; IAM's own variables are kept from it. */
function substituted(value: Json): Json {
  if (typeof value === 'string') {
    if (![SELF.partition, SELF.account, OWN_REGION].some((own) => value.includes(own))) return value;
    return {
      'Fn::Sub': value
        .replaceAll('${', '${!')
        .replaceAll(SELF.partition, pseudoParameter('Partition'))
        .replaceAll(SELF.account, pseudoParameter('AccountId'))
        .replaceAll(OWN_REGION, pseudoParameter('Region')),
    };
  }
  if (Array.isArray(value)) return value.map(substituted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, item === undefined ? undefined : substituted(item)]),
  );
}

function titleOf(purpose: AwsPurpose): string {
  return purpose.charAt(0).toUpperCase() + purpose.slice(1);
}
