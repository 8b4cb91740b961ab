import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import type { LambdaFunction } from '../lambda/state.ts';
import { globMatches } from '../policy/glob.ts';

/** The filters of a form: `Filter.1.Name`, `Filter.1.Value.1`, `.2` … */
function filtersOf(form: URLSearchParams): ReadonlyMap<string, readonly string[]> {
  const filters = new Map<string, string[]>();
  for (const [key, value] of form) {
    const index = /^Filter\.(\d+)\.Value\.\d+$/.exec(key)?.[1];
    const name = index === undefined ? null : form.get(`Filter.${index}.Name`);
    if (name !== null) filters.set(name, [...(filters.get(name) ?? []), value]);
  }
  return filters;
}

/** The interface by which a function is in a subnet; the same function has the same one. */
function networkInterface(
  core: Core,
  target: LambdaFunction,
  vpc: string,
  subnet: string,
  groups: readonly string[],
) {
  const id = createHash('sha256').update(`${target.arn} ${subnet}`).digest('hex').slice(0, 17);
  return {
    networkInterfaceId: `eni-${id}`,
    description: `AWS Lambda VPC ENI-${target.name}-${id.slice(0, 8)}`,
    interfaceType: 'lambda',
    ownerId: core.state.account,
    requesterManaged: 'true',
    status: 'in-use',
    vpcId: vpc,
    subnetId: subnet,
    groupSet: groups.map((groupId) => ({ groupId, groupName: groupId })),
  };
}

function interfacesOf(core: Core, input: Input): readonly JsonObject[] {
  const filters = filtersOf(input.query);
  const all = [...core.state.functions.values()]
    .filter((target) => target.region === input.region)
    .flatMap((target) => {
      const vpc = target.versions.get('$LATEST')?.settings.vpc;
      if (vpc === undefined) return [];
      return vpc.subnets.map((subnet) => networkInterface(core, target, vpc.id, subnet, vpc.securityGroups));
    });
  return all.filter((one) =>
    [...filters].every(([name, wanted]) => {
      const found: Readonly<Record<string, readonly string[]>> = {
        'interface-type': [one.interfaceType],
        description: [one.description],
        status: [one.status],
        'vpc-id': [one.vpcId],
        'subnet-id': [one.subnetId],
        'group-id': one.groupSet.map((group) => group.groupId),
      };
      return (found[name] ?? []).some((value) => wanted.some((pattern) => globMatches(pattern, value)));
    }),
  );
}

function read(service: string, name: string, body: (core: Core, input: Input) => JsonObject): Operation {
  return {
    service,
    name,
    write: false,
    access: () => [{ action: `${service}:${name}`, resource: '*' }],
    run: (core, input) => ({ body: body(core, input) }),
  };
}

/** EC2 as far as a function is in a network: its interfaces; flow logs are not kept. */
export const ec2Operations: Readonly<Record<string, Operation>> = {
  DescribeNetworkInterfaces: read('ec2', 'DescribeNetworkInterfaces', (core, input) => ({
    networkInterfaceSet: interfacesOf(core, input),
  })),
  DescribeFlowLogs: read('ec2', 'DescribeFlowLogs', () => ({ flowLogSet: [] })),
};

/** X-Ray, by path; the world traces nothing. */
export const XRAY_PATHS: Readonly<Record<string, string>> = {
  '/TraceSummaries': 'GetTraceSummaries',
  '/Traces': 'BatchGetTraces',
};
export const xrayOperations: Readonly<Record<string, Operation>> = {
  GetTraceSummaries: read('xray', 'GetTraceSummaries', () => ({
    TraceSummaries: [],
    TracesProcessedCount: 0,
  })),
  BatchGetTraces: read('xray', 'BatchGetTraces', () => ({ Traces: [], UnprocessedTraceIds: [] })),
};
