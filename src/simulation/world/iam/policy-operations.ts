import type { Operation } from '../call.ts';
import { encodeDocument, managedPolicyOf, noSuchEntity, required } from './role.ts';

const VERSION = 'v1';

function policyAccess(action: string): Operation['access'] {
  return (_core, input) => [{ action, resource: input.query.get('PolicyArn') ?? '*' }];
}

/** Managed policies; each has one version, its default. */
export const policyOperations: Readonly<Record<string, Operation>> = {
  GetPolicy: {
    service: 'iam',
    name: 'GetPolicy',
    write: false,
    access: policyAccess('iam:GetPolicy'),
    run(core, input) {
      const policy = managedPolicyOf(core, input);
      const attachments = [...core.state.roles.values()].filter((role) =>
        role.policies.current.attached.includes(policy.arn),
      );
      return {
        body: {
          Policy: {
            PolicyName: policy.name,
            PolicyId: policy.id,
            Arn: policy.arn,
            Path: '/',
            DefaultVersionId: VERSION,
            AttachmentCount: attachments.length,
            PermissionsBoundaryUsageCount: 0,
            IsAttachable: true,
            CreateDate: policy.createdAt,
            UpdateDate: policy.createdAt,
          },
        },
      };
    },
  },
  GetPolicyVersion: {
    service: 'iam',
    name: 'GetPolicyVersion',
    write: false,
    access: policyAccess('iam:GetPolicyVersion'),
    run(core, input) {
      const policy = managedPolicyOf(core, input);
      const version = required(input, 'VersionId');
      if (version !== VERSION) throw noSuchEntity(`Policy ${policy.arn} version ${version} does not exist.`);
      return {
        body: {
          PolicyVersion: {
            Document: encodeDocument(policy.document.json),
            VersionId: VERSION,
            IsDefaultVersion: true,
            CreateDate: policy.createdAt,
          },
        },
      };
    },
  },
};
