import { Ajv } from 'ajv';
import type { WorldSpec } from '../../src/simulation/world/spec.ts';

/** CloudFormation, as far as Cordon's templates use it: the structure it demands, and what a stack would make. */

/** A resource as written in a template. */
interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** Properties of each resource type that Cordon uses (CloudFormation resource reference); others would be refused. */
const properties = (required: readonly string[], ...optional: readonly string[]) => ({
  type: 'object',
  required,
  additionalProperties: false,
  properties: Object.fromEntries([...required, ...optional].map((name) => [name, true])),
});
const TYPES: Readonly<Record<string, object>> = {
  'AWS::IAM::Role': properties(
    ['AssumeRolePolicyDocument'],
    'RoleName',
    'Path',
    'Description',
    'MaxSessionDuration',
    'ManagedPolicyArns',
    'Policies',
    'PermissionsBoundary',
    'Tags',
  ),
  'AWS::IAM::ManagedPolicy': properties(
    ['PolicyDocument'],
    'ManagedPolicyName',
    'Path',
    'Description',
    'Roles',
  ),
  'AWS::S3::Bucket': properties(
    [],
    'BucketName',
    'LifecycleConfiguration',
    'BucketEncryption',
    'PublicAccessBlockConfiguration',
  ),
  'AWS::SQS::Queue': properties([], 'QueueName', 'MessageRetentionPeriod', 'SqsManagedSseEnabled'),
};

const alphanumeric = { type: 'string', pattern: '^[A-Za-z0-9]{1,255}$' };
const SCHEMA = {
  type: 'object',
  required: ['AWSTemplateFormatVersion', 'Resources'],
  additionalProperties: false,
  properties: {
    AWSTemplateFormatVersion: { const: '2010-09-09' },
    Description: { type: 'string', maxLength: 1024 },
    Metadata: { type: 'object' },
    Parameters: {
      type: 'object',
      propertyNames: alphanumeric,
      additionalProperties: { type: 'object', required: ['Type'] },
    },
    Resources: {
      type: 'object',
      minProperties: 1,
      maxProperties: 500,
      propertyNames: alphanumeric,
      additionalProperties: {
        type: 'object',
        required: ['Type', 'Properties'],
        additionalProperties: false,
        properties: {
          Type: { enum: Object.keys(TYPES) },
          Properties: { type: 'object' },
          DeletionPolicy: { const: 'Retain' },
          UpdateReplacePolicy: { const: 'Retain' },
        },
        allOf: Object.entries(TYPES).map(([type, schema]) => ({
          if: { properties: { Type: { const: type } } },
          // biome-ignore lint/suspicious/noThenProperty: the word of JSON Schema
          then: { properties: { Properties: schema } },
        })),
      },
    },
    Outputs: {
      type: 'object',
      maxProperties: 200,
      propertyNames: alphanumeric,
      additionalProperties: { type: 'object', required: ['Value'] },
    },
  },
};
const validate = new Ajv({ strictTypes: false }).compile(SCHEMA);

/** What is wrong with a template's structure: schema, references to nothing, intrinsic functions in wrong form. */
export function faultsOf(template: unknown): readonly string[] {
  const faults = validate(template)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  const { Resources, Parameters } = template as Template & { readonly Parameters?: object }; // looked at, not relied on
  const known = new Set([...Object.keys(Resources ?? {}), ...Object.keys(Parameters ?? {})]);
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { Ref, 'Fn::GetAtt': attribute, 'Fn::Sub': text } = value as Record<string, unknown>; // a JSON object
    if (Ref !== undefined && !known.has(String(Ref))) faults.push(`Ref to ${String(Ref)}`);
    if (attribute !== undefined && !known.has(String((attribute as string[])[0])))
      faults.push(`GetAtt of ${String(attribute)}`);
    for (const [, name] of String(text ?? '').matchAll(/\$\{([^!}][^}]*)\}/g))
      if (!/^AWS::(Partition|AccountId|Region)$/.test(name ?? '')) faults.push(`Sub of ${name}`);
    for (const item of Object.values(value)) look(item);
  };
  look(template);
  return faults;
}

/** What a stack of these templates has in an account, as the simulated account is told of it. */
export function deployed(
  templates: readonly Template[],
  stack: {
    readonly partition: string;
    readonly account: string;
    readonly parameters: Readonly<Record<string, string>>;
  },
): Pick<WorldSpec, 'roles' | 'managedPolicies'> {
  const resources = new Map(templates.flatMap(({ Resources }) => Object.entries(Resources)));
  const { partition, account, parameters } = stack;
  const resolved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolved);
    if (typeof value !== 'object' || value === null) return value;
    const { Ref, 'Fn::Sub': text } = value as Record<string, unknown>; // a JSON object
    if (typeof Ref === 'string')
      return parameters[Ref] ?? resources.get(Ref)?.Properties.RoleName ?? `unresolved ${Ref}`;
    if (typeof text === 'string')
      return text
        .replaceAll(/\$\{AWS::Partition\}/g, partition)
        .replaceAll(/\$\{AWS::AccountId\}/g, account)
        .replaceAll(/\$\{AWS::Region\}/g, 'eu-west-1')
        .replaceAll(/\$\{!/g, '${');
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item)]));
  };
  // What the simulated account reads is checked by its own schema.
  const found = [...resources].map(([id, { Type, Properties }]) => ({
    id,
    type: Type,
    is: resolved(Properties) as Record<string, never>,
  }));
  const policies = found.filter(({ type }) => type === 'AWS::IAM::ManagedPolicy');
  const nameOf = ({ id, is }: (typeof found)[number]) => String(is.ManagedPolicyName ?? `stack-${id}`);
  return {
    managedPolicies: policies.map((policy) => ({
      name: nameOf(policy),
      path: String(policy.is.Path ?? '/'),
      awsManaged: false,
      document: policy.is.PolicyDocument ?? {},
    })),
    roles: found
      .filter(({ type }) => type === 'AWS::IAM::Role')
      .map(({ is }) => ({
        name: String(is.RoleName),
        path: String(is.Path ?? '/'),
        trust: is.AssumeRolePolicyDocument ?? {},
        policies: {},
        attached: policies
          .filter((policy) => (policy.is.Roles ?? ([] as readonly unknown[])).includes(is.RoleName as never))
          .map(
            (policy) =>
              `arn:${partition}:iam::${account}:policy${String(policy.is.Path ?? '/')}${nameOf(policy)}`,
          ),
        tags: {},
        description: '',
      })),
  };
}
