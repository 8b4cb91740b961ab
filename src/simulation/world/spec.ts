import { parseDocument } from 'yaml';
import { z } from 'zod';
import { functionSpec } from './function-spec.ts';
import { files, functionName, name, policy, qualifier, region, tags } from './spec-terms.ts';
import { WorldError } from './world-error.ts';

/**
 * `world.yaml`: the account as it is before anything happens. Names are resolved when the world is
 * built, so a typing error is an error at load and not a surprise in an exercise.
 */

const roleSpec = z
  .object({
    name,
    path: z.string().startsWith('/').endsWith('/').default('/'),
    /** Who may assume it; absent: the Lambda service. */
    trust: policy.optional(),
    /** Inline policies by name. */
    policies: z.record(name, policy).default({}),
    /** ARNs of attached managed policies. */
    attached: z.array(z.string()).default([]),
    /** ARN of a managed policy. */
    boundary: z.string().optional(),
    tags,
    description: z.string().default(''),
  })
  .strict();

const worldSpec = z
  .object({
    account: z.string().regex(/^\d{12}$/),
    partition: z.enum(['aws', 'aws-cn', 'aws-us-gov']).default('aws'),
    /** The first one is where things are that name no Region. */
    regions: z.array(region).min(1),
    organisation: z
      .object({
        id: z.string().regex(/^o-[a-z0-9]{10,32}$/),
        /** One list of documents per level (root, unit, account); every level must allow. */
        serviceControlPolicies: z.array(z.array(policy).min(1)).default([]),
      })
      .strict()
      .optional(),
    /** How long an IAM write takes to bite; reads see it at once. 3 to 4 s were measured (OffensAI/notyet). */
    iamPropagationMs: z.number().int().min(0).default(4_000),
    /** How late a call is found by CloudTrail's LookupEvents; about five minutes on the average (CloudTrail user guide). */
    trailDelayMs: z.number().int().min(0).default(300_000),
    /** Time of one call, half of it before it takes effect and half after. */
    latencyMs: z.number().min(0).default(0),
    /** AWS's limits on the control plane: 15 Lambda calls a second together, GetFunction 100, GetPolicy 15. */
    rateLimits: z.boolean().default(true),
    /** Managed policies that a role may have: 10, or up to 20 where AWS has raised it. */
    attachedPoliciesPerRole: z.number().int().min(1).max(20).default(10),
    /** Concurrency of the account per Region, and how much of it must stay unreserved. */
    concurrency: z
      .object({ limit: z.number().int().default(1_000), unreservedMinimum: z.number().int().default(100) })
      .strict()
      .prefault({}),
    /** Layers, of this account or another; versions are numbered 1, 2, 3 … */
    layers: z
      .array(
        z
          .object({
            name: functionName,
            account: z
              .string()
              .regex(/^\d{12}$/)
              .optional(),
            region: region.optional(),
            versions: z
              .array(
                z
                  .object({
                    files,
                    description: z.string().default(''),
                    /** Its owner deleted it: functions that use it keep it, nobody reads it any more. */
                    deleted: z.boolean().default(false),
                  })
                  .strict(),
              )
              .min(1),
          })
          .strict(),
      )
      .default([]),
    codeSigningConfigs: z
      .array(
        z
          .object({
            name,
            region: region.optional(),
            enforce: z.boolean().default(true),
            publishers: z.array(z.string()),
          })
          .strict(),
      )
      .default([]),
    /** Provisioned concurrency that Application Auto Scaling manages. */
    scalableTargets: z
      .array(
        z
          .object({
            function: functionName,
            qualifier,
            region: region.optional(),
            min: z.number().int().min(0),
            max: z.number().int().min(0),
            /** All three activities suspended from the beginning. */
            suspended: z.boolean().default(false),
            policies: z
              .array(z.object({ name: z.string(), targetValue: z.number().default(0.7) }).strict())
              .default([]),
            scheduled: z.array(z.object({ name: z.string(), schedule: z.string() }).strict()).default([]),
          })
          .strict(),
      )
      .default([]),
    /** Long-lived principals: an engine's own identity, a deploy user. Keys are invented. */
    users: z
      .array(
        z
          .object({
            name,
            /** Where the user lives; absent: in this account. A user of another account may assume roles here. */
            account: z
              .string()
              .regex(/^\d{12}$/)
              .optional(),
            accessKeyId: z.string().regex(/^AKIA[A-Z0-9]{12,16}$/),
            secretAccessKey: z.string().min(16),
            policies: z.record(name, policy).default({}),
          })
          .strict(),
      )
      .default([]),
    roles: z.array(roleSpec).default([]),
    managedPolicies: z
      .array(
        z
          .object({
            name,
            path: z.string().startsWith('/').endsWith('/').default('/'),
            /** True for a policy of AWS itself (`arn:aws:iam::aws:policy/…`). */
            awsManaged: z.boolean().default(false),
            document: policy,
          })
          .strict(),
      )
      .default([]),
    functions: z.array(functionSpec).default([]),
    eventSourceMappings: z
      .array(
        z
          .object({
            uuid: z.uuid().optional(),
            function: functionName,
            qualifier: qualifier.optional(),
            region: region.optional(),
            /** ARN of the queue or stream. */
            source: z.string(),
            enabled: z.boolean().default(true),
            batchSize: z.number().int().min(1).default(10),
            /** For streams; -1 is without limit. */
            maximumRecordAgeSeconds: z.number().int().min(-1).default(-1),
            maximumRetryAttempts: z.number().int().min(-1).default(-1),
            onFailure: z.string().optional(),
          })
          .strict(),
      )
      .default([]),
    logs: z
      .array(
        z
          .object({
            group: z.string(),
            region: region.optional(),
            streams: z.array(
              z
                .object({
                  name: z.string(),
                  /** Seconds before the world begins. */
                  events: z.array(z.object({ secondsAgo: z.number().min(0), message: z.string() }).strict()),
                })
                .strict(),
            ),
          })
          .strict(),
      )
      .default([]),
    queues: z
      .array(
        z
          .object({
            name: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
            region: region.optional(),
            visibilityTimeoutSeconds: z.number().int().min(0).default(30),
            retentionSeconds: z.number().int().min(60).default(345_600),
            /** After `maxReceiveCount` receptions a message moves to the queue `to`. */
            redrive: z
              .object({ to: z.string(), maxReceiveCount: z.number().int().min(1) })
              .strict()
              .optional(),
            policy: policy.optional(),
            /** Name of the key that encrypts it. */
            key: name.optional(),
            messages: z.array(z.string()).default([]),
          })
          .strict(),
      )
      .default([]),
    topics: z
      .array(
        z
          .object({ name, region: region.optional(), key: name.optional(), policy: policy.optional() })
          .strict(),
      )
      .default([]),
    /** Besides `default`, which every Region has. */
    eventBuses: z.array(z.object({ name, region: region.optional() }).strict()).default([]),
    /** Kinesis and DynamoDB streams, by ARN, with the records that they hold. */
    streams: z
      .array(
        z
          .object({
            source: z.string().regex(/^arn:aws[a-z-]*:(kinesis|dynamodb):/),
            retentionSeconds: z.number().int().min(3_600).default(86_400),
            records: z.array(z.string()).default([]),
          })
          .strict(),
      )
      .default([]),
    secrets: z
      .array(z.object({ name: z.string(), region: region.optional(), value: z.string() }).strict())
      .default([]),
    buckets: z
      .array(
        z
          .object({
            name: z.string(),
            region: region.optional(),
            versioned: z.boolean().default(false),
            /** Object Lock, which brings versions with it. */
            objectLock: z.boolean().default(false),
            /** What a new object gets that names no retention. */
            retention: z
              .object({ mode: z.enum(['COMPLIANCE', 'GOVERNANCE']), days: z.number().int().min(1) })
              .strict()
              .optional(),
            policy: policy.optional(),
            /** Name of the key that encrypts it. */
            key: name.optional(),
            objects: z.record(z.string(), z.string()).default({}),
          })
          .strict(),
      )
      .default([]),
    /** Keys of KMS; each has the alias `alias/<name>`. */
    keys: z
      .array(
        z
          .object({
            name,
            region: region.optional(),
            spec: z
              .enum(['SYMMETRIC_DEFAULT', 'ECC_NIST_P256', 'ECC_NIST_EDWARDS25519'])
              .default('SYMMETRIC_DEFAULT'),
            /** Absent: the account may use it as its identity policies say. */
            policy: policy.optional(),
          })
          .strict(),
      )
      .default([]),
  })
  .strict();

export type WorldSpec = z.output<typeof worldSpec>;

/**
 * Validates a world given as data; `fileOf` knows where something of it was written. Throws
 * `cordon_world_invalid` with the path of the first problem.
 */
export function readWorldSpec(raw: unknown, fileOf?: (path: readonly PropertyKey[]) => string): WorldSpec {
  const parsed = worldSpec.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  // A member that is unknown is named beside the path.
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const file = fileOf === undefined ? '' : `in ${fileOf([...(issue?.path ?? []), ...unknown])}: `;
  throw new WorldError(
    'cordon_world_invalid',
    `expected a world; ${file}at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'invalid'}`,
    { cause: parsed.error },
  );
}

/** Reads `world.yaml`. Throws `cordon_world_invalid` with line and column, or the path of the problem. */
export function loadWorld(yamlText: string): WorldSpec {
  return readWorldSpec(readWorldText(yamlText));
}

/** The data of a world's file, not checked. Throws `cordon_world_invalid` where it is no YAML. */
export function readWorldText(yamlText: string): unknown {
  const document = parseDocument(yamlText, { uniqueKeys: true });
  const problem = document.errors[0];
  if (problem !== undefined) {
    throw new WorldError('cordon_world_invalid', `expected YAML: ${problem.message}`, { cause: problem });
  }
  return document.toJS({ maxAliasCount: 100 });
}
