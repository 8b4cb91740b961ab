import {
  AttachRolePolicyCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { z } from 'zod';
import { AwsError } from '../action/failure.ts';
import type { IamPort } from '../action/ports.ts';
import type { JsonObject } from '../json.ts';
import type { Caller } from './call.ts';
import { checked } from './checked.ts';
import { badResponse } from './classify.ts';
import type { Operation } from './operations.ts';
import { allOf, pages } from './pages.ts';
import { parseDocument, plain } from './plain.ts';

const role = z.object({
  Arn: z.string(),
  RoleName: z.string(),
  AssumeRolePolicyDocument: z.string(),
  PermissionsBoundary: z.object({ PermissionsBoundaryArn: z.string().optional() }).optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional(),
});
const attached = z.object({ PolicyName: z.string(), PolicyArn: z.string() });
const evaluation = z.object({ EvalActionName: z.string(), EvalDecision: z.string() });

/** The IAM port over one client. Times and failures are the caller's (see `call.ts`). */
export function iamPort(client: IAMClient, call: Caller): IamPort {
  return {
    async getRole(roleName) {
      const operation = 'iam:GetRole';
      const command = new GetRoleCommand({ RoleName: roleName });
      const answer = await call(operation, (options) => client.send(command, options));
      const found = checked(role, answer.Role, operation);
      const trustPolicy = decodeDocument(found.AssumeRolePolicyDocument, operation);
      return {
        roleArn: found.Arn,
        roleName: found.RoleName,
        trustPolicy,
        permissionsBoundaryArn: found.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
        tags: Object.fromEntries((found.Tags ?? []).map((tag) => [tag.Key, tag.Value])),
        raw: { ...plain(answer.Role), AssumeRolePolicyDocument: trustPolicy },
      };
    },
    async listInlinePolicies(roleName) {
      const operation = 'iam:ListRolePolicies';
      return allOf(
        pages(operation, async (Marker) => {
          const command = new ListRolePoliciesCommand({ RoleName: roleName, Marker });
          const answer = await call(operation, (options) => client.send(command, options));
          return {
            page: checked(z.array(z.string()), answer.PolicyNames ?? [], operation),
            next: nextOf(answer),
          };
        }),
      );
    },
    async getInlinePolicy(roleName, policyName) {
      const operation = 'iam:GetRolePolicy';
      const command = new GetRolePolicyCommand({ RoleName: roleName, PolicyName: policyName });
      try {
        const answer = await call(operation, (options) => client.send(command, options));
        const { PolicyDocument } = checked(z.object({ PolicyDocument: z.string() }), answer, operation);
        return decodeDocument(PolicyDocument, operation);
      } catch (error) {
        if (error instanceof AwsError && error.code === 'cordon_aws_not_found') return null;
        throw error;
      }
    },
    async putInlinePolicy(roleName, policyName, document) {
      const command = new PutRolePolicyCommand({
        RoleName: roleName,
        PolicyName: policyName,
        PolicyDocument: JSON.stringify(document),
      });
      await call('iam:PutRolePolicy', (options) => client.send(command, options));
    },
    async deleteInlinePolicy(roleName, policyName) {
      const command = new DeleteRolePolicyCommand({ RoleName: roleName, PolicyName: policyName });
      await call('iam:DeleteRolePolicy', (options) => client.send(command, options));
    },
    async attachPolicy(roleName, policyArn) {
      const command = new AttachRolePolicyCommand({ RoleName: roleName, PolicyArn: policyArn });
      await call('iam:AttachRolePolicy', (options) => client.send(command, options));
    },
    async detachPolicy(roleName, policyArn) {
      const command = new DetachRolePolicyCommand({ RoleName: roleName, PolicyArn: policyArn });
      await call('iam:DetachRolePolicy', (options) => client.send(command, options));
    },
    async putBoundary(roleName, policyArn) {
      const command = new PutRolePermissionsBoundaryCommand({
        RoleName: roleName,
        PermissionsBoundary: policyArn,
      });
      await call('iam:PutRolePermissionsBoundary', (options) => client.send(command, options));
    },
    async deleteBoundary(roleName) {
      const command = new DeleteRolePermissionsBoundaryCommand({ RoleName: roleName });
      await call('iam:DeleteRolePermissionsBoundary', (options) => client.send(command, options));
    },
    async listAttachedPolicies(roleName) {
      const operation = 'iam:ListAttachedRolePolicies';
      const found = await allOf(
        pages(operation, async (Marker) => {
          const command = new ListAttachedRolePoliciesCommand({ RoleName: roleName, Marker });
          const answer = await call(operation, (options) => client.send(command, options));
          return { page: answer.AttachedPolicies ?? [], next: nextOf(answer) };
        }),
      );
      return found.map((item) => {
        const { PolicyName, PolicyArn } = checked(attached, item, operation);
        return { name: PolicyName, arn: PolicyArn };
      });
    },
    async getManagedPolicy(policyArn) {
      const described = await call('iam:GetPolicy', (options) =>
        client.send(new GetPolicyCommand({ PolicyArn: policyArn }), options),
      );
      const { DefaultVersionId } = checked(
        z.object({ DefaultVersionId: z.string() }),
        described.Policy,
        'iam:GetPolicy',
      );
      const answer = await call('iam:GetPolicyVersion', (options) =>
        client.send(
          new GetPolicyVersionCommand({ PolicyArn: policyArn, VersionId: DefaultVersionId }),
          options,
        ),
      );
      const { Document } = checked(
        z.object({ Document: z.string() }),
        answer.PolicyVersion,
        'iam:GetPolicyVersion',
      );
      return decodeDocument(Document, 'iam:GetPolicyVersion');
    },
    async simulate({ roleArn, actions, resourceArns, sourceFunctionArn, context = {} }) {
      const operation = 'iam:SimulatePrincipalPolicy';
      const keys = {
        ...context,
        ...(sourceFunctionArn === undefined ? {} : { 'lambda:SourceFunctionArn': sourceFunctionArn }),
      };
      const ContextEntries = Object.entries(keys).map(([ContextKeyName, value]) => ({
        ContextKeyName,
        ContextKeyType: 'string' as const,
        ContextKeyValues: [value],
      }));
      const results = await allOf(
        pages(operation, async (Marker) => {
          const command = new SimulatePrincipalPolicyCommand({
            PolicySourceArn: roleArn,
            ActionNames: [...actions],
            Marker,
            ...(resourceArns.length === 0 ? {} : { ResourceArns: [...resourceArns] }),
            ...(ContextEntries.length === 0 ? {} : { ContextEntries }),
          });
          const answer = await call(operation, (options) => client.send(command, options));
          return { page: answer.EvaluationResults ?? [], next: nextOf(answer) };
        }),
      );
      const read = results.map((item) => checked(evaluation, item, operation));
      const unanswered = actions.filter(
        (action) => !read.some((item) => sameAction(item.EvalActionName, action)),
      );
      if (unanswered.length > 0) {
        throw badResponse(
          operation,
          `expected an answer for each action, found none for ${unanswered.join(', ')}`,
        );
      }
      return read.map((item) => ({ action: item.EvalActionName, allowed: item.EvalDecision === 'allowed' }));
    },
  };
}

// IAM says `IsTruncated`; a marker without it means nothing.
function nextOf(answer: {
  IsTruncated?: boolean | undefined;
  Marker?: string | undefined;
}): string | undefined {
  return answer.IsTruncated === true ? answer.Marker : undefined;
}

// Action names are matched without regard to case, as IAM does.
function sameAction(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

// IAM returns policy documents URL-encoded (RFC 3986).
function decodeDocument(text: string, operation: Operation): JsonObject {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch (error) {
    throw badResponse(operation, 'expected a URL-encoded policy document', error);
  }
  return parseDocument(decoded, operation);
}
