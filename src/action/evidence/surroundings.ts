import type { FunctionConfiguration } from '../ports.ts';
import type { Desk } from './desk.ts';
import { pointersOf } from './raw.ts';

/** What stands around a function: its network, traces of its calls, secrets in reach, and an independent history. */

export async function collectNetwork(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
): Promise<void> {
  const { target } = desk.context;
  const vpcs = configurations.flatMap((item) => {
    const vpc = pointersOf(item.raw).VpcConfig;
    return (vpc?.SubnetIds ?? []).length > 0 ? [vpc?.VpcId] : [];
  });
  if (vpcs.length === 0) {
    desk.coverage.note('network', 'No version runs in a VPC of the account.');
    return;
  }
  const base = { artifact: 'network', sourceArn: target.functionArn };
  await desk.listing(
    { ...base, name: 'network-interfaces.ndjson' },
    {
      call: 'ec2:DescribeNetworkInterfaces',
      input: {
        Filters: [
          { Name: 'interface-type', Values: ['lambda'] },
          { Name: 'description', Values: [`AWS Lambda VPC ENI-${target.functionName}*`] },
        ],
      },
    },
    'NetworkInterfaces',
  );
  for (const vpc of new Set(vpcs.flatMap((id) => id ?? []))) {
    await desk.listing(
      { ...base, name: `flow-logs-${encodeURIComponent(vpc)}.ndjson` },
      { call: 'ec2:DescribeFlowLogs', input: { Filter: [{ Name: 'resource-id', Values: [vpc] }] } },
      'FlowLogs',
    );
  }
  desk.coverage.note('network', 'Where flow logs go is recorded; their content stays there.');
}

/** The longest window of `GetTraceSummaries` (X-Ray API reference). */
const TRACE_WINDOW_MS = 6 * 3_600_000;

export async function collectTraces(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
  window: { readonly fromMs: number; readonly toMs: number },
): Promise<void> {
  const { target } = desk.context;
  if (!configurations.some((item) => pointersOf(item.raw).TracingConfig?.Mode === 'Active')) {
    desk.coverage.note('traces', 'No version traces by itself.');
    return;
  }
  const fromMs = Math.max(window.fromMs, window.toMs - TRACE_WINDOW_MS);
  await desk.listing(
    { name: 'traces.ndjson', artifact: 'traces', sourceArn: target.functionArn },
    {
      call: 'xray:GetTraceSummaries',
      input: {
        StartTime: new Date(fromMs).toISOString(),
        EndTime: new Date(window.toMs).toISOString(),
        // A function's name holds letters, digits, hyphens and underscores, and so nothing that ends the string.
        FilterExpression: `service("${target.functionName}")`,
      },
    },
    'TraceSummaries',
  );
}

/** Names and dates of secrets: never a value, for which there is no call here and no permission. */
export async function collectSecretMetadata(desk: Desk): Promise<void> {
  const { target } = desk.context;
  await desk.listing(
    { name: 'secrets.ndjson', artifact: 'secret-metadata', sourceArn: target.functionArn },
    { call: 'secretsmanager:ListSecrets', input: { IncludePlannedDeletion: true } },
    'SecretList',
  );
}

/** What AWS Config saw, where it records: it may hold environment values, so it is kept as a secret. */
export async function collectConfigHistory(desk: Desk): Promise<void> {
  const { target } = desk.context;
  await desk.listing(
    {
      name: 'config-history.ndjson',
      artifact: 'config-history',
      sourceArn: target.functionArn,
      secret: true,
    },
    {
      call: 'config:GetResourceConfigHistory',
      input: { resourceType: 'AWS::Lambda::Function', resourceId: target.functionName, limit: 100 },
    },
    'configurationItems',
  );
}
