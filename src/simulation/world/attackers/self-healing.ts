import type { JsonObject } from '../../../json.ts';
import type { HeldCredentials } from '../attacker.ts';
import type { World } from '../world.ts';
import { type PersistentAttacker, persistent } from './persistent.ts';

/** The public tool of this kind polls twice a second (OffensAI/notyet). */
export const SELF_HEALING_EVERY_MS = 500;

/**
 * An attacker who strips every restraint of the role that it runs as: inline policies, attached policies and a
 * boundary that were not there when it came, and concurrency 0 on its function. It acts with credentials from
 * the function's environment, and only as far as the role may: it is stopped by a deny that it cannot remove,
 * which is one that an organisation policy guards (reference, section 1.5).
 */
export function selfHealingAttacker(
  world: World,
  functionName: string,
  credentials: HeldCredentials = world.attacker.stealCredentials(functionName),
): PersistentAttacker {
  const target = [...world.state.functions.values()].find((one) => one.name === functionName);
  const roleArn = target?.versions.get('$LATEST')?.roleArn ?? '';
  const call = (service: string, action: string, resource: string, request: JsonObject = {}) =>
    world.attacker.callAs(credentials, { service, action, resource, request });
  const list = async (action: string, member: string): Promise<readonly unknown[]> => {
    const read = await call('iam', action, roleArn);
    const found = read.kind === 'ok' ? read.data[member] : undefined;
    return Array.isArray(found) ? found : [];
  };
  const inline = async () => (await list('ListRolePolicies', 'PolicyNames')).map(String);
  const attached = async () =>
    (await list('ListAttachedRolePolicies', 'AttachedPolicies')).flatMap((one) =>
      typeof one === 'object' && one !== null && 'PolicyArn' in one ? [String(one.PolicyArn)] : [],
    );
  const boundary = async () => {
    const read = await call('iam', 'GetRole', roleArn);
    const role = read.kind === 'ok' ? read.data.Role : undefined;
    return typeof role === 'object' && role !== null && 'PermissionsBoundary' in role;
  };

  // What it found on its first round is not a restraint: it came with the role.
  let own:
    | { readonly inline: readonly string[]; readonly attached: readonly string[]; readonly boundary: boolean }
    | undefined;
  return persistent(async (note) => {
    if (own === undefined) {
      own = { inline: await inline(), attached: await attached(), boundary: await boundary() };
      return;
    }
    for (const name of await inline()) {
      if (own.inline.includes(name)) continue;
      const { kind } = await call('iam', 'DeleteRolePolicy', roleArn, { PolicyName: name });
      note({ action: 'iam:DeleteRolePolicy', on: name, outcome: kind });
    }
    for (const arn of await attached()) {
      if (own.attached.includes(arn)) continue;
      const { kind } = await call('iam', 'DetachRolePolicy', roleArn, { PolicyArn: arn });
      note({ action: 'iam:DetachRolePolicy', on: arn, outcome: kind });
    }
    if (!own.boundary && (await boundary())) {
      const { kind } = await call('iam', 'DeleteRolePermissionsBoundary', roleArn);
      note({ action: 'iam:DeleteRolePermissionsBoundary', on: roleArn, outcome: kind });
    }
    const read = await call('lambda', 'GetFunctionConcurrency', target?.arn ?? '');
    if (read.kind === 'ok' && read.data.ReservedConcurrentExecutions === 0) {
      const { kind } = await call('lambda', 'DeleteFunctionConcurrency', target?.arn ?? '');
      note({ action: 'lambda:DeleteFunctionConcurrency', on: functionName, outcome: kind });
    }
  });
}
