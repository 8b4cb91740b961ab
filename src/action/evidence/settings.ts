import { z } from 'zod';
import type { Json } from '../../json.ts';
import type { FunctionConfiguration } from '../ports.ts';
import type { SurveyCall } from '../survey-port.ts';
import type { Desk } from './desk.ts';
import { pointersOf } from './raw.ts';

const named = z.object({ Name: z.string() });
const signing = z.object({ CodeSigningConfigArn: z.string() });

/** What decides how the function is called and run. */
export interface Settings {
  readonly aliases: readonly string[];
  /** Documents that may name queues. */
  readonly routes: Json;
}

export async function collectSettings(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
): Promise<Settings> {
  const { lambda } = desk.aws;
  const { functionArn: arn, functionName } = desk.context.target;
  const base = { artifact: 'function-settings', sourceArn: arn };
  const request = { FunctionName: arn };
  const list = <Value extends Json>(name: string, apiCall: string, read: () => Promise<Value>) =>
    desk.keep({ ...base, name, apiCall: `lambda:${apiCall}`, request }, read, (value) => value);

  const aliases = await list('aliases.json', 'ListAliases', () => lambda.listAliases(arn));
  const mappings = await list('event-source-mappings.json', 'ListEventSourceMappings', () =>
    lambda.listEventSourceMappings(arn),
  );
  const invokes = await list('event-invoke-configs.json', 'ListFunctionEventInvokeConfigs', () =>
    lambda.listEventInvokeConfigs(arn),
  );
  await list('function-urls.json', 'ListFunctionUrlConfigs', () => lambda.listFunctionUrls(arn));
  await list('provisioned-concurrency.json', 'ListProvisionedConcurrencyConfigs', async () =>
    (await lambda.listProvisionedConcurrency(arn)).map((item) => ({ ...item })),
  );

  const ask = (name: string, call: SurveyCall, absent = true) =>
    desk.answer({ ...base, name }, { call, input: { FunctionName: functionName } }, { absent });
  await ask('recursion.json', 'lambda:GetFunctionRecursionConfig');
  await ask('runtime-management.json', 'lambda:GetRuntimeManagementConfig');
  const signed = signing.safeParse(await ask('code-signing.json', 'lambda:GetFunctionCodeSigningConfig'));
  if (signed.success) {
    await desk.answer(
      { ...base, name: 'code-signing-config.json' },
      { call: 'lambda:GetCodeSigningConfig', input: { ...signed.data } },
    );
  }
  if (configurations.some((item) => pointersOf(item.raw).CapacityProviderConfig !== undefined)) {
    await desk.answer(
      { ...base, name: 'scaling-config.json' },
      {
        call: 'lambda:GetFunctionScalingConfig',
        input: { FunctionName: functionName, Qualifier: '$LATEST' },
      },
      { absent: true },
    );
  }
  await collectScaling(desk, functionName);
  const names = (aliases ?? []).flatMap((alias) => named.safeParse(alias).data?.Name ?? []);
  return {
    aliases: names,
    routes: [mappings ?? [], invokes ?? [], ...configurations.map((item) => item.raw)],
  };
}

/** Auto scaling can put provisioned concurrency back, so what it would do belongs to the picture. */
async function collectScaling(desk: Desk, functionName: string): Promise<void> {
  const ours = (row: Json) =>
    typeof row === 'object' && row !== null && 'ResourceId' in row
      ? String(row.ResourceId).startsWith(`function:${functionName}:`)
      : false;
  const input = { ServiceNamespace: 'lambda' };
  const base = { artifact: 'function-settings', sourceArn: desk.context.target.functionArn };
  await desk.listing(
    { ...base, name: 'scaling-targets.ndjson' },
    { call: 'application-autoscaling:DescribeScalableTargets', input },
    'ScalableTargets',
    ours,
  );
  await desk.listing(
    { ...base, name: 'scaling-policies.ndjson' },
    { call: 'application-autoscaling:DescribeScalingPolicies', input },
    'ScalingPolicies',
    ours,
  );
}
