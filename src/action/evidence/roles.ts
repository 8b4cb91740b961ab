import type { FunctionConfiguration } from '../ports.ts';
import { readRole } from '../read-role.ts';
import type { Desk } from './desk.ts';

/** Every role of every version: trust, policies, boundary, tags, last use. Returns their ARNs. */
export async function collectRoles(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
): Promise<readonly string[]> {
  const { target } = desk.context;
  const roles = [...new Set([...target.roles, ...configurations.map((item) => item.roleArn)])].sort();
  for (const role of roles) {
    const name = `roles/${encodeURIComponent(role)}.json`;
    if (desk.has(name)) {
      desk.coverage.collected('role');
      continue;
    }
    const source = {
      name,
      artifact: 'role',
      sourceArn: role,
      apiCall: 'iam:GetRole',
      request: { RoleName: role },
    };
    const read = await desk.keep(
      source,
      () => readRole(desk.aws.iam, target, role),
      ({ document }) => document,
      ({ unknown }) => unknown.length === 0,
    );
    for (const item of read?.unknown ?? []) {
      await desk.gap({ ...source, name: `${name}#${item.part}` }, item.reason, item.code, 1);
    }
  }
  return roles;
}
