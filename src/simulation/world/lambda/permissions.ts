import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { AwsRefusal } from '../world-error.ts';
import {
  type FunctionReference,
  findFunction,
  functionNotFound,
  invalid,
  isVersionNumber,
  notFound,
  readReference,
  validation,
} from './reference.ts';
import { functionAccess } from './resource.ts';
import type { LambdaFunction } from './state.ts';

/** A resource policy may be this long (Lambda quotas). */
const MAXIMUM_BYTES = 20_480;

const permission = z.object({
  StatementId: z.string(),
  Action: z.string(),
  Principal: z.string(),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
  EventSourceToken: z.string().optional(),
  FunctionUrlAuthType: z.string().optional(),
  InvokedViaFunctionUrl: z.boolean().optional(),
  PrincipalOrgID: z.string().optional(),
  RevisionId: z.string().optional(),
});
type Permission = z.output<typeof permission>;

function principalOf(core: Core, value: string): JsonObject | '*' {
  if (value === '*') return '*';
  if (/^\d{12}$/.test(value)) return { AWS: `arn:${core.state.partition}:iam::${value}:root` };
  if (/^arn:aws[a-z-]*:(iam|sts)::\d{12}:/.test(value)) return { AWS: value };
  if (/^[a-z0-9.-]+\.(amazonaws\.com|amazon\.com)(\.cn)?$/.test(value)) return { Service: value };
  throw invalid(
    'InvalidParameterValueException',
    400,
    'The provided principal was invalid. Please check the principal and try again.',
  );
}

function conditionOf(wanted: Permission): JsonObject | undefined {
  const equals = {
    ...(wanted.SourceAccount === undefined ? {} : { 'AWS:SourceAccount': wanted.SourceAccount }),
    ...(wanted.FunctionUrlAuthType === undefined
      ? {}
      : { 'lambda:FunctionUrlAuthType': wanted.FunctionUrlAuthType }),
    ...(wanted.PrincipalOrgID === undefined ? {} : { 'aws:PrincipalOrgID': wanted.PrincipalOrgID }),
    ...(wanted.EventSourceToken === undefined ? {} : { 'lambda:EventSourceToken': wanted.EventSourceToken }),
  };
  const condition = {
    ...(Object.keys(equals).length === 0 ? {} : { StringEquals: equals }),
    ...(wanted.SourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': wanted.SourceArn } }),
    ...(wanted.InvokedViaFunctionUrl === undefined
      ? {}
      : { Bool: { 'lambda:InvokedViaFunctionUrl': String(wanted.InvokedViaFunctionUrl) } }),
  };
  return Object.keys(condition).length === 0 ? undefined : condition;
}

function checkQualifier(target: LambdaFunction, reference: FunctionReference): void {
  const { qualifier, arn } = reference;
  if (qualifier === undefined) return;
  if (qualifier === '$LATEST') {
    throw invalid(
      'InvalidParameterValueException',
      400,
      'We currently do not support adding policies for $LATEST.',
    );
  }
  if (isVersionNumber(qualifier)) {
    if (!target.versions.has(qualifier)) throw functionNotFound(`${arn}:${qualifier}`);
  } else if (!target.aliases.has(qualifier)) {
    throw notFound(`Cannot find alias arn: ${arn}:${qualifier}`);
  }
}

function checkRevision(given: string | undefined | null, current: string | undefined): void {
  if (given === undefined || given === null || given === current) return;
  throw invalid(
    'PreconditionFailedException',
    412,
    'The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id',
  );
}

/** GetPolicy, AddPermission, RemovePermission. */
export const permissionOperations: Readonly<Record<string, Operation>> = {
  GetPolicy: {
    service: 'lambda',
    name: 'GetPolicy',
    write: false,
    access: functionAccess('lambda:GetPolicy'),
    run(core, input) {
      const { arn, qualifier } = readReference(core, input);
      const policy = core.state.functions.get(arn)?.resourcePolicies.get(qualifier ?? '');
      if (policy === undefined) throw notFound('The resource you requested does not exist.');
      const document = { Version: '2012-10-17', Id: 'default', Statement: policy.statements };
      return { body: { Policy: JSON.stringify(document), RevisionId: policy.revisionId } };
    },
  },
  AddPermission: {
    service: 'lambda',
    name: 'AddPermission',
    write: true,
    status: 201,
    access: functionAccess('lambda:AddPermission'),
    run(core, input) {
      const reference = readReference(core, input);
      const wanted = readMembers(permission, input.body);
      if (!/^[a-zA-Z0-9_-]+$/.test(wanted.StatementId)) {
        throw validation(
          wanted.StatementId,
          'statementId',
          'Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)',
        );
      }
      const target = findFunction(core, reference);
      checkQualifier(target, reference);
      const key = reference.qualifier ?? '';
      const before = target.resourcePolicies.get(key);
      checkRevision(wanted.RevisionId, before?.revisionId);
      const condition = conditionOf(wanted);
      const statement: JsonObject = {
        Sid: wanted.StatementId,
        Effect: 'Allow',
        Principal: principalOf(core, wanted.Principal),
        Action: wanted.Action,
        Resource: reference.qualifiedArn,
        ...(condition === undefined ? {} : { Condition: condition }),
      };
      if (before?.statements.some((one) => one.Sid === wanted.StatementId) === true) {
        throw invalid(
          'ResourceConflictException',
          409,
          `The statement id (${wanted.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        );
      }
      const statements = [...(before?.statements ?? []), statement];
      if (JSON.stringify(statements).length > MAXIMUM_BYTES) {
        throw new AwsRefusal(
          'PolicyLengthExceededException',
          400,
          'The final policy size is bigger than the limit.',
        );
      }
      target.resourcePolicies.set(key, { revisionId: core.names.uuid(), statements });
      return { body: { Statement: JSON.stringify(statement) } };
    },
  },
  RemovePermission: {
    service: 'lambda',
    name: 'RemovePermission',
    write: true,
    status: 204,
    access: functionAccess('lambda:RemovePermission'),
    run(core, input) {
      const reference = readReference(core, input);
      const target = core.state.functions.get(reference.arn);
      if (target === undefined) throw notFound(`No policy found for: ${reference.arn}`);
      checkQualifier(target, reference);
      const key = reference.qualifier ?? '';
      const before = target.resourcePolicies.get(key);
      if (before === undefined) throw notFound('No policy is associated with the given resource.');
      checkRevision(input.query.get('RevisionId'), before.revisionId);
      const sid = input.path.StatementId ?? '';
      const statements = before.statements.filter((one) => one.Sid !== sid);
      if (statements.length === before.statements.length) {
        throw notFound(`Statement ${sid} is not found in resource policy.`);
      }
      if (statements.length === 0) target.resourcePolicies.delete(key);
      else target.resourcePolicies.set(key, { revisionId: core.names.uuid(), statements });
      return {};
    },
  },
};
