import { z } from 'zod';
import type { Json } from '../json.ts';
import { defineReadAction } from './action.ts';
import { evidenceFolder } from './arn.ts';
import { collectLogs } from './collect-logs.ts';
import { type Collector, createCollector } from './collector.ts';
import type { ActionContext, FunctionConfiguration } from './ports.ts';
import { readRole } from './read-role.ts';
import { ANY, FUNCTIONS, LOG_GROUPS } from './resources.ts';
import { READ_ROLE_PERMISSIONS } from './role-permissions.ts';
import { describe } from './target-capture-manifest.ts';
import { tolerant } from './tolerant.ts';

const input = z.strictObject({});

const output = z.strictObject({
  items: z.number().int().min(0),
  missing: z.number().int().min(0),
  manifestSha256: z.string(),
});

/** Distinct code packages that one snapshot fetches, newest first; the others are stated as missing. */
const MAX_PACKAGES = 10;

export const snapshotEvidence = defineReadAction<z.infer<typeof input>, z.infer<typeof output>>({
  id: 'evidence.snapshot',
  title: 'Collect and seal the evidence',
  description:
    'Collects what disappears or changes first: the configuration of every version, the code packages (checked against ' +
    'CodeSha256), policies and triggers, the roles with their policies, and the logs from before the alert. Environment ' +
    'values are kept apart as secrets. What cannot be had is stated with the reason. Then the bundle is sealed. Writes ' +
    'nothing to the account.',
  effect: 'read',
  lane: 'evidence',
  permissions: [
    {
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'configuration and code package',
    },
    { action: 'lambda:ListVersionsByFunction', purpose: 'read', resource: FUNCTIONS, why: 'every version' },
    { action: 'lambda:GetPolicy', purpose: 'read', resource: FUNCTIONS, why: 'resource policy' },
    { action: 'lambda:ListAliases', purpose: 'read', resource: FUNCTIONS, why: 'routing' },
    { action: 'lambda:ListEventSourceMappings', purpose: 'read', resource: ANY, why: 'triggers that pull' },
    {
      action: 'lambda:ListFunctionEventInvokeConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'destinations',
    },
    {
      action: 'lambda:ListFunctionUrlConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'doors from outside',
    },
    {
      action: 'lambda:ListProvisionedConcurrencyConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'provisioned concurrency',
    },
    {
      action: 'logs:FilterLogEvents',
      purpose: 'read',
      resource: LOG_GROUPS,
      why: 'the logs of the function',
    },
    ...READ_ROLE_PERMISSIONS,
  ],
  input,
  output,

  async run(context) {
    const collector = createCollector(context.evidence, evidenceFolder(context.target));
    const configurations = await collectConfigurations(context, collector);
    await collectCode(context, collector, configurations);
    await collectSettings(context, collector);
    await collectRoles(context, collector, configurations);
    await collectLogs(context, collector, configurations);
    const sealed = await context.evidence.seal();
    return { items: sealed.items, missing: collector.missing(), manifestSha256: sealed.manifestSha256 };
  },
});

async function collectConfigurations(
  context: ActionContext,
  collector: Collector,
): Promise<readonly FunctionConfiguration[]> {
  const { lambda } = context.aws('read');
  const arn = context.target.functionArn;
  const [latest, versions] = await Promise.all([
    tolerant(() => lambda.getFunction(arn)),
    tolerant(() => lambda.listVersions(arn)),
  ]);
  if (latest.kind === 'found') {
    await collector.json({
      name: 'function.json',
      artifact: 'function-configuration',
      sourceArn: arn,
      apiCall: 'lambda:GetFunction',
      value: describe(latest.value),
    });
  } else {
    await collector.gap('function.json', 'function-configuration', arn, latest.reason);
  }
  if (versions.kind === 'unreadable') {
    await collector.gap('configuration', 'function-configuration', arn, versions.reason);
  }
  const listed = versions.kind === 'found' ? versions.value : [];
  const missingLatest = latest.kind === 'found' && !listed.some((item) => item.version === '$LATEST');
  const all = missingLatest ? [latest.value.configuration, ...listed] : listed;
  for (const item of all) {
    const file = `${item.version.replace('$', '')}.json`;
    const apiCall = 'lambda:ListVersionsByFunction';
    await collector.json({
      name: `configuration/${file}`,
      artifact: 'function-configuration',
      sourceArn: item.functionArn,
      apiCall,
      value: item.raw,
    });
    if (Object.keys(item.environment).length === 0) continue;
    await collector.json({
      name: `environment/${file}`,
      artifact: 'function-environment',
      sourceArn: item.functionArn,
      apiCall,
      value: item.environment,
      secret: true,
    });
  }
  return all;
}

async function collectCode(
  context: ActionContext,
  collector: Collector,
  configurations: readonly FunctionConfiguration[],
): Promise<void> {
  const { lambda } = context.aws('read');
  const arn = context.target.functionArn;
  const alerted = context.alert.target?.qualifier;
  const order = (item: FunctionConfiguration) =>
    item.version === '$LATEST'
      ? Number.POSITIVE_INFINITY
      : item.version === alerted
        ? Number.MAX_VALUE
        : Number(item.version);
  const distinct = new Map<string, FunctionConfiguration>();
  for (const item of [...configurations].sort((left, right) => order(right) - order(left) || 0)) {
    if (!distinct.has(item.codeSha256)) distinct.set(item.codeSha256, item);
  }
  let fetched = 0;
  for (const item of distinct.values()) {
    const name = `code/${item.version.replace('$', '')}.zip`;
    if (fetched >= MAX_PACKAGES) {
      const reason = `one snapshot fetches the ${MAX_PACKAGES} newest distinct packages; this is an older one`;
      await collector.gap(name, 'code-package', item.functionArn, reason);
      continue;
    }
    fetched += 1;
    // A fresh link for each, right before it is used: links live for ten minutes.
    const found = await tolerant(() => lambda.getFunction(arn, item.version));
    if (found.kind === 'unreadable') {
      await collector.gap(name, 'code-package', item.functionArn, found.reason);
    } else if (found.value.codeLocation === undefined || found.value.configuration.packageType === 'Image') {
      const image = found.value.imageUri ?? 'unknown';
      const reason = `the code is a container image (${image}) or has no link; images are not fetched`;
      await collector.gap(name, 'code-package', item.functionArn, reason);
    } else {
      await collector.stream({
        name,
        artifact: 'code-package',
        sourceArn: item.functionArn,
        apiCall: 'lambda:GetFunction',
        mediaType: 'application/zip',
        expectedSha256: found.value.configuration.codeSha256,
        content: lambda.downloadCode(found.value.codeLocation),
      });
    }
  }
}

async function collectSettings(context: ActionContext, collector: Collector): Promise<void> {
  const { lambda } = context.aws('read');
  const arn = context.target.functionArn;
  const aliases = await tolerant(() => lambda.listAliases(arn));
  const parts: readonly (readonly [string, string, () => Promise<Json>])[] = [
    ['policy.json', 'lambda:GetPolicy', () => lambda.getPolicy(arn)],
    [
      'event-source-mappings.json',
      'lambda:ListEventSourceMappings',
      () => lambda.listEventSourceMappings(arn),
    ],
    [
      'event-invoke-configs.json',
      'lambda:ListFunctionEventInvokeConfigs',
      () => lambda.listEventInvokeConfigs(arn),
    ],
    ['function-urls.json', 'lambda:ListFunctionUrlConfigs', () => lambda.listFunctionUrls(arn)],
    [
      'provisioned-concurrency.json',
      'lambda:ListProvisionedConcurrencyConfigs',
      async () => (await lambda.listProvisionedConcurrency(arn)).map((item) => ({ ...item })),
    ],
    // An alias may carry a resource policy of its own.
    ...aliasNames(aliases.kind === 'found' ? aliases.value : []).map(
      (alias) => [`policy/${alias}.json`, 'lambda:GetPolicy', () => lambda.getPolicy(arn, alias)] as const,
    ),
  ];
  if (aliases.kind === 'found') {
    await collector.json({
      name: 'aliases.json',
      artifact: 'function-settings',
      sourceArn: arn,
      apiCall: 'lambda:ListAliases',
      value: aliases.value,
    });
  } else {
    await collector.gap('aliases.json', 'function-settings', arn, aliases.reason);
  }
  for (const [name, apiCall, read] of parts) {
    const artifact = apiCall === 'lambda:GetPolicy' ? 'resource-policy' : 'function-settings';
    const found = await tolerant(read);
    if (found.kind === 'unreadable') await collector.gap(name, artifact, arn, found.reason);
    else await collector.json({ name, artifact, sourceArn: arn, apiCall, value: found.value });
  }
}

function aliasNames(aliases: readonly { readonly Name?: Json | undefined }[]): readonly string[] {
  return aliases.flatMap((alias) => (typeof alias.Name === 'string' ? [alias.Name] : []));
}

async function collectRoles(
  context: ActionContext,
  collector: Collector,
  configurations: readonly FunctionConfiguration[],
): Promise<void> {
  const { iam } = context.aws('read');
  const roles = new Set([...context.target.roles, ...configurations.map((item) => item.roleArn)]);
  for (const role of [...roles].sort()) {
    const { document, unknown } = await readRole(iam, context.target, role);
    const name = `roles/${encodeURIComponent(role)}.json`;
    await collector.json({
      name,
      artifact: 'role',
      sourceArn: role,
      apiCall: 'iam:GetRole',
      value: document,
    });
    for (const item of unknown) await collector.gap(`${name}#${item.part}`, 'role', role, item.reason);
  }
}
