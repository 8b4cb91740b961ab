import type { JsonObject } from '../../../json.ts';
import type { Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readPolicy } from '../policy/document.ts';
import type { WrittenPolicy } from '../policy/written.ts';
import { AwsRefusal, WorldError } from '../world-error.ts';
import {
  changePolicies,
  describeRole,
  encodeDocument,
  managedPolicyOf,
  noSuchEntity,
  required,
  roleAccess,
  roleOf,
} from './role.ts';

/** All inline policies of a role together, white space not counted (IAM quotas). */
const INLINE_LIMIT = 10_240;

function sizeOf(policies: ReadonlyMap<string, WrittenPolicy>): number {
  return [...policies.values()].reduce(
    (sum, policy) => sum + JSON.stringify(policy.json).replace(/\s/g, '').length,
    0,
  );
}

function readDocument(text: string, kind: 'identity' | 'trust' = 'identity'): WrittenPolicy {
  try {
    const parsed = readPolicy(text, kind);
    return { json: JSON.parse(text) as JsonObject, parsed }; // readPolicy has parsed the same text as an object
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    throw new AwsRefusal('MalformedPolicyDocument', 400, `Syntax errors in policy. (${error.message})`);
  }
}

const policyArnContext = (input: Input) => ({ 'iam:PolicyARN': input.query.get('PolicyArn') ?? undefined });
const boundaryContext = (input: Input) => ({
  'iam:PermissionsBoundary': input.query.get('PermissionsBoundary') ?? undefined,
});

function read(name: string, run: Operation['run']): Operation {
  return { service: 'iam', name, write: false, access: roleAccess(`iam:${name}`), run };
}

/** A service-linked role is AWS's own: nobody else changes it (reference, section 1.4). */
function refuseServiceLinked(input: Input, path: string): void {
  if (!path.startsWith('/aws-service-role/')) return;
  throw new AwsRefusal(
    'UnmodifiableEntity',
    400,
    `Cannot perform the operation on the protected role '${input.query.get('RoleName') ?? ''}' - this role is only modifiable by AWS`,
  );
}

function write(name: string, run: Operation['run'], more?: Parameters<typeof roleAccess>[1]): Operation {
  return {
    service: 'iam',
    name,
    write: true,
    access: roleAccess(`iam:${name}`, more),
    run(core, input, caller) {
      refuseServiceLinked(input, roleOf(core, input).path);
      return run(core, input, caller);
    },
  };
}

/** Roles and their policies: read at once, evaluated after the propagation delay. */
export const roleOperations: Readonly<Record<string, Operation>> = {
  GetRole: read('GetRole', (core, input) => ({ body: { Role: describeRole(core, roleOf(core, input)) } })),
  ListRoles: {
    service: 'iam',
    name: 'ListRoles',
    write: false,
    access: () => [{ action: 'iam:ListRoles', resource: '*' }],
    run(core, input) {
      const prefix = input.query.get('PathPrefix') ?? '/';
      const all = [...core.state.roles.values()].filter((role) => role.path.startsWith(prefix));
      const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 100);
      return {
        body: {
          Roles: page.items.map((role) => describeRole(core, role)),
          IsTruncated: page.next !== undefined,
          ...(page.next === undefined ? {} : { Marker: page.next }),
        },
      };
    },
  },
  UpdateAssumeRolePolicy: write('UpdateAssumeRolePolicy', (core, input) => {
    changePolicies(roleOf(core, input), { trust: readDocument(required(input, 'PolicyDocument'), 'trust') });
    return {};
  }),
  ListRolePolicies: read('ListRolePolicies', (core, input) => ({
    body: { PolicyNames: [...roleOf(core, input).policies.current.inline.keys()].sort(), IsTruncated: false },
  })),
  GetRolePolicy: read('GetRolePolicy', (core, input) => {
    const role = roleOf(core, input);
    const name = required(input, 'PolicyName');
    const policy = role.policies.current.inline.get(name);
    if (policy === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
    return { body: { RoleName: role.name, PolicyName: name, PolicyDocument: encodeDocument(policy.json) } };
  }),
  PutRolePolicy: write('PutRolePolicy', (core, input) => {
    const role = roleOf(core, input);
    const name = required(input, 'PolicyName');
    const document = readDocument(required(input, 'PolicyDocument'));
    const inline = new Map(role.policies.current.inline).set(name, document);
    if (sizeOf(inline) > INLINE_LIMIT) {
      throw new AwsRefusal(
        'LimitExceeded',
        409,
        `Maximum policy size of ${INLINE_LIMIT} bytes exceeded for role ${role.name}`,
      );
    }
    changePolicies(role, { inline });
    return {};
  }),
  DeleteRolePolicy: write('DeleteRolePolicy', (core, input) => {
    const role = roleOf(core, input);
    const name = required(input, 'PolicyName');
    const inline = new Map(role.policies.current.inline);
    if (!inline.delete(name)) throw noSuchEntity(`The role policy with name ${name} cannot be found.`);
    changePolicies(role, { inline });
    return {};
  }),
  ListAttachedRolePolicies: read('ListAttachedRolePolicies', (core, input) => ({
    body: {
      AttachedPolicies: roleOf(core, input).policies.current.attached.map((arn) => ({
        PolicyName: core.state.managedPolicies.get(arn)?.name ?? arn,
        PolicyArn: arn,
      })),
      IsTruncated: false,
    },
  })),
  AttachRolePolicy: write(
    'AttachRolePolicy',
    (core, input) => {
      const role = roleOf(core, input);
      const { arn } = managedPolicyOf(core, input);
      const { attached } = role.policies.current;
      if (attached.includes(arn)) return {};
      const { attachedPoliciesPerRole: most } = core.state;
      if (attached.length >= most) {
        throw new AwsRefusal('LimitExceeded', 409, `Cannot exceed quota for PoliciesPerRole: ${most}`);
      }
      changePolicies(role, { attached: [...attached, arn] });
      return {};
    },
    policyArnContext,
  ),
  DetachRolePolicy: write(
    'DetachRolePolicy',
    (core, input) => {
      const role = roleOf(core, input);
      const arn = required(input, 'PolicyArn');
      const { attached } = role.policies.current;
      if (!attached.includes(arn)) throw noSuchEntity(`Policy ${arn} was not found.`);
      changePolicies(role, { attached: attached.filter((one) => one !== arn) });
      return {};
    },
    policyArnContext,
  ),
  PutRolePermissionsBoundary: write(
    'PutRolePermissionsBoundary',
    (core, input) => {
      const role = roleOf(core, input);
      changePolicies(role, { boundary: managedPolicyOf(core, input, 'PermissionsBoundary').arn });
      return {};
    },
    boundaryContext,
  ),
  DeleteRolePermissionsBoundary: write('DeleteRolePermissionsBoundary', (core, input) => {
    const role = roleOf(core, input);
    if (role.policies.current.boundary === undefined) {
      throw noSuchEntity(`Role ${role.name} does not have a permissions boundary.`);
    }
    changePolicies(role, { boundary: undefined });
    return {};
  }),
  ListRoleTags: read('ListRoleTags', (core, input) => ({
    body: {
      Tags: [...roleOf(core, input).tags].map(([Key, Value]) => ({ Key, Value })),
      IsTruncated: false,
    },
  })),
};
