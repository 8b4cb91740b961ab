import type { JsonObject } from '../../../json.ts';
import type { Access, Core, Input, Operation } from '../call.ts';
import type { ManagedPolicy, Role, RolePolicies } from '../state.ts';
import { AwsRefusal } from '../world-error.ts';

export function noSuchEntity(message: string): AwsRefusal {
  return new AwsRefusal('NoSuchEntity', 404, message);
}

/** A form member that must be there. */
export function required(input: Input, member: string): string {
  const value = input.query.get(member);
  if (value === null || value === '') {
    const label = `${member[0]?.toLowerCase() ?? ''}${member.slice(1)}`;
    throw new AwsRefusal(
      'ValidationError',
      400,
      `1 validation error detected: Value at '${label}' failed to satisfy constraint: Member must not be null`,
    );
  }
  return value;
}

/** The role that a request names. Throws `NoSuchEntity`. */
export function roleOf(core: Core, input: Input): Role {
  const name = required(input, 'RoleName');
  const role = core.state.roles.get(name);
  if (role === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`);
  return role;
}

/** The managed policy that a request names. Throws `NoSuchEntity`. */
export function managedPolicyOf(core: Core, input: Input, member = 'PolicyArn'): ManagedPolicy {
  const arn = required(input, member);
  const policy = core.state.managedPolicies.get(arn);
  if (policy === undefined) throw noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
  return policy;
}

/** Access to the role that the form names, with the condition keys that IAM gives role operations. */
export function roleAccess(action: string, more?: (input: Input) => Access['context']): Operation['access'] {
  return (core, input) => {
    const name = input.query.get('RoleName') ?? '';
    const role = core.state.roles.get(name);
    const resource = role?.arn ?? `arn:${core.state.partition}:iam::${core.state.account}:role/${name}`;
    const tags = [...(role?.tags ?? [])].map(([key, value]) => [`aws:ResourceTag/${key}`, value]);
    return [
      {
        action,
        resource,
        context: {
          ...Object.fromEntries(tags),
          'iam:PermissionsBoundary': role?.policies.current.boundary,
          ...more?.(input),
        },
      },
    ];
  };
}

/** Writes some of a role's policies: read at once, in force after the propagation delay. */
export function changePolicies(role: Role, changes: Partial<RolePolicies>): void {
  role.policies.write({ ...role.policies.current, ...changes });
}

/** Documents travel percent-encoded (IAM API reference, GetRolePolicy). */
export function encodeDocument(document: JsonObject): string {
  return encodeURIComponent(JSON.stringify(document)).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function describeRole(core: Core, role: Role): JsonObject {
  const { trust, boundary } = role.policies.current;
  const tags = [...role.tags].map(([Key, Value]) => ({ Key, Value }));
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: role.createdAt,
    AssumeRolePolicyDocument: encodeDocument(trust.json),
    Description: role.description,
    MaxSessionDuration: 3600,
    ...(boundary === undefined
      ? {}
      : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary } }),
    ...(tags.length === 0 ? {} : { Tags: tags }),
    RoleLastUsed: { Region: core.state.regions[0] },
  };
}
