import { z } from 'zod';
import type { Json, JsonObject } from '../json.ts';
import { defineReadAction } from './action.ts';
import { evidenceFolder } from './arn.ts';
import type { FunctionConfiguration, FunctionDescription } from './ports.ts';
import { readRole, type Unreadable } from './read-role.ts';
import { ANY, FUNCTIONS } from './resources.ts';
import { READ_ROLE_PERMISSIONS } from './role-permissions.ts';
import { type Found, tolerant } from './tolerant.ts';

const input = z.strictObject({});

const output = z.strictObject({
  /** Distinct execution roles of all versions that could be read, with those known before. */
  roles: z.array(z.string()),
  /** Other functions of the Region on one of these roles; -1 when they could not be listed. */
  sharedWith: z.number().int().min(-1),
  codeSha256: z.string().nullable(),
  unknown: z.array(z.strictObject({ part: z.string(), code: z.string(), reason: z.string() })),
});

type Output = z.infer<typeof output>;

export const captureManifest = defineReadAction<z.infer<typeof input>, Output>({
  id: 'target.capture-manifest',
  title: 'Capture what the function is now',
  description:
    'Reads the function, its versions, aliases, concurrency, triggers, URLs, resource policy and roles side by side, and ' +
    'stores them as the manifest. A part that cannot be read is recorded as unknown with its reason and holds nothing up. ' +
    'Environment values are left out. Writes nothing.',
  effect: 'read',
  lane: 'prepare',
  permissions: [
    {
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'configuration, concurrency, tags',
    },
    {
      action: 'lambda:ListVersionsByFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'each version carries its own role',
    },
    {
      action: 'lambda:ListAliases',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'which version takes traffic',
    },
    {
      action: 'lambda:ListProvisionedConcurrencyConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'must be gone before concurrency 0',
    },
    {
      action: 'lambda:GetFunctionConcurrency',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'what release restores',
    },
    { action: 'lambda:ListEventSourceMappings', purpose: 'read', resource: ANY, why: 'triggers that pull' },
    {
      action: 'lambda:ListFunctionEventInvokeConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'where asynchronous events go',
    },
    {
      action: 'lambda:ListFunctionUrlConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'doors from outside',
    },
    {
      action: 'lambda:GetPolicy',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'triggers that push, and grants',
    },
    {
      action: 'lambda:ListFunctions',
      purpose: 'read',
      resource: ANY,
      why: 'who shares the role: the blast radius',
    },
    ...READ_ROLE_PERMISSIONS,
  ],
  input,
  output,

  async run(context) {
    const { lambda, iam } = context.aws('read');
    const { target } = context;
    const arn = target.functionArn;
    // Only of the function that the alert is about: a target that was added later has other versions.
    const about = context.alert.target;
    const qualifier = about?.functionArn === arn ? about.qualifier : undefined;
    const named = qualifier !== undefined && qualifier !== '$LATEST' ? qualifier : undefined;
    const capturedAt = context.clock.now().toISOString();

    const [
      latest,
      version,
      versions,
      aliases,
      provisioned,
      reserved,
      mappings,
      invokeConfigs,
      urls,
      policy,
      all,
    ] = await Promise.all([
      tolerant(() => lambda.getFunction(arn)),
      tolerant(async () => (named === undefined ? null : await lambda.getFunction(arn, named))),
      tolerant(() => lambda.listVersions(arn)),
      tolerant(() => lambda.listAliases(arn)),
      tolerant(() => lambda.listProvisionedConcurrency(arn)),
      tolerant(() => lambda.getReservedConcurrency(arn)),
      tolerant(() => lambda.listEventSourceMappings(arn)),
      tolerant(() => lambda.listEventInvokeConfigs(arn)),
      tolerant(() => lambda.listFunctionUrls(arn)),
      tolerant(() => lambda.getPolicy(arn)),
      tolerant(() => lambda.listFunctions()),
    ]);

    const unknown: Unreadable[] = [];
    const part = <Value>(name: string, found: Found<Value>, show: (value: Value) => Json): Json => {
      if (found.kind === 'found') return show(found.value);
      unknown.push({ part: name, code: found.code, reason: found.reason });
      return null;
    };
    // The download begins elsewhere, in its own time: containment does not wait for it.
    if (latest.kind === 'found') context.codeLinks.offer(context.incidentId, latest.value);
    if (version.kind === 'found' && version.value !== null) {
      context.codeLinks.offer(context.incidentId, version.value);
    }
    const configurations: readonly FunctionConfiguration[] = [
      ...(latest.kind === 'found' ? [latest.value.configuration] : []),
      ...(version.kind === 'found' && version.value !== null ? [version.value.configuration] : []),
      ...(versions.kind === 'found' ? versions.value : []),
    ];
    const roles = [...new Set([...configurations.map((item) => item.roleArn), ...target.roles])].sort();
    const readRoles = await Promise.all(roles.map((role) => readRole(iam, target, role)));
    const siblings =
      all.kind === 'found'
        ? all.value.filter((item) => roles.includes(item.roleArn) && item.functionArn !== arn)
        : null;

    const manifest: JsonObject = {
      target: { ...target },
      capturedAt,
      function: part('function', latest, describe),
      alertedVersion: part('alerted version', version, (value) => (value === null ? null : describe(value))),
      versions: part('versions', versions, (value) => value.map((item) => item.raw)),
      aliases: part('aliases', aliases, (value) => value),
      provisionedConcurrency: part('provisioned concurrency', provisioned, (value) =>
        value.map((item) => ({ ...item })),
      ),
      // Unset is null here, and unreadable is named in `unknown`: the two are never the same.
      reservedConcurrency: part('reserved concurrency', reserved, (value) => value),
      eventSourceMappings: part('event source mappings', mappings, (value) => value),
      eventInvokeConfigs: part('event invoke configs', invokeConfigs, (value) => value),
      functionUrls: part('function URLs', urls, (value) => value),
      resourcePolicy: part('resource policy', policy, (value) => value),
      roles: readRoles.map((item) => item.document),
      sharedWith: part('functions on the same role', all, () =>
        (siblings ?? []).map((item) => ({ functionArn: item.functionArn, roleArn: item.roleArn })),
      ),
    };
    for (const item of readRoles) unknown.push(...item.unknown);

    // The evidence copy follows; it must not make the manifest fail (reference, 1.8.8).
    const stored = await tolerant(() =>
      context.evidence.put({
        name: `${evidenceFolder(target)}/manifest.json`,
        artifact: 'manifest',
        sourceArn: arn,
        apiCall: 'lambda:GetFunction and the reads of the manifest',
        mediaType: 'application/json',
        secret: false,
        content: JSON.stringify({ ...manifest, unknown }, null, 2),
      }),
    );
    if (stored.kind === 'unreadable') {
      unknown.push({ part: 'manifest.json in the evidence', code: stored.code, reason: stored.reason });
    }
    return {
      roles,
      sharedWith: siblings === null ? -1 : siblings.length,
      codeSha256: latest.kind === 'found' ? latest.value.configuration.codeSha256 : null,
      unknown: unknown.map(({ part: name, code, reason }) => ({ part: name, code, reason })),
    };
  },
});

/** A function as the manifest shows it: without environment values, and without the presigned link. */
export function describe(found: FunctionDescription): JsonObject {
  return {
    configuration: found.configuration.raw,
    reservedConcurrency: found.reservedConcurrency,
    tags: found.tags,
    imageUri: found.imageUri ?? null,
  };
}
