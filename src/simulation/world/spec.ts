import { parseDocument } from 'yaml';
import { z } from 'zod';
import { WorldError } from './world-error.ts';

/**
 * `world.yaml`: the account as it is before anything happens. Names are resolved when the world is
 * built, so a typing error is an error at load and not a surprise in an exercise.
 */

/** A policy document: the JSON as an object, or as text (`|` blocks). */
const policy = z.union([z.string().min(2), z.record(z.string(), z.json())]);
const tags = z.record(z.string(), z.string()).default({});
/** Path in the package -> text of the file. The zip is real, and so is its `CodeSha256`. */
const files = z.record(z.string().min(1), z.string());
const name = z.string().regex(/^[A-Za-z0-9_+=,.@-]{1,128}$/);
const functionName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const qualifier = z.string().regex(/^(\$LATEST|[A-Za-z0-9_-]{1,128})$/);
const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/);

const configuration = {
  runtime: z.string().default('python3.12'),
  handler: z.string().default('handler.handler'),
  description: z.string().default(''),
  timeoutSeconds: z.number().int().min(1).max(900).default(30),
  memoryMb: z.number().int().min(128).max(10_240).default(128),
  /** Environment variables; values that look like secrets are invented. */
  environment: z.record(z.string(), z.string()).optional(),
  /** Where a failed asynchronous event goes: an ARN. Locked in a published version. */
  deadLetterArn: z.string().optional(),
  files: files.default({ 'handler.py': 'def handler(event, context):\n    return {}\n' }),
};

/** What one invocation does, besides writing its START, END and REPORT lines. */
const behaviour = z
  .object({
    durationMs: z.number().min(0).default(12),
    /** Log lines that the code prints. */
    prints: z.array(z.string()).default([]),
    /** API calls that the code makes with the credentials of its environment. */
    calls: z.array(z.object({ action: z.string(), resource: z.string() }).strict()).default([]),
    /** What it returns, when it does not fail. */
    returns: z.json().default(null),
    /** Every invocation ends in this error. */
    fails: z.string().optional(),
  })
  .strict();

const functionSpec = z
  .object({
    name: functionName,
    region: region.optional(),
    /** Name of the execution role. */
    role: name,
    ...configuration,
    logGroup: z.string().optional(),
    tags,
    /** Published versions, oldest first: what differs from `$LATEST`. They are numbered 1, 2, 3 … */
    versions: z
      .array(
        z
          .object({
            role: name.optional(),
            description: z.string().optional(),
            environment: configuration.environment,
            files: files.optional(),
          })
          .strict(),
      )
      .default([]),
    aliases: z
      .array(
        z
          .object({
            name: qualifier,
            version: z.string(),
            description: z.string().default(''),
            /** Weighted routing: version -> share of the traffic. */
            weights: z.record(z.string(), z.number()).optional(),
          })
          .strict(),
      )
      .default([]),
    /** Absent is unset, which is not 0. */
    reservedConcurrency: z.number().int().min(0).optional(),
    provisionedConcurrency: z
      .array(z.object({ qualifier, requested: z.number().int().min(1) }).strict())
      .default([]),
    eventInvoke: z
      .array(
        z
          .object({
            qualifier: qualifier.default('$LATEST'),
            maximumRetryAttempts: z.number().int().min(0).max(2).optional(),
            maximumEventAgeSeconds: z.number().int().min(60).max(21_600).optional(),
            onFailure: z.string().optional(),
            onSuccess: z.string().optional(),
          })
          .strict(),
      )
      .default([]),
    urls: z
      .array(z.object({ alias: qualifier.optional(), authType: z.enum(['NONE', 'AWS_IAM']) }).strict())
      .default([]),
    /** Statements of the resource policy, per qualifier (`''` is the function itself); Resource is filled in. */
    permissions: z
      .array(
        z
          .object({
            qualifier: qualifier.optional(),
            sid: z.string().regex(/^[A-Za-z0-9_-]+$/),
            principal: z.union([
              z.literal('*'),
              z.object({ Service: z.string() }).strict(),
              z.object({ AWS: z.string() }).strict(),
            ]),
            action: z.string().default('lambda:InvokeFunction'),
            condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
          })
          .strict(),
      )
      .default([]),
    behaviour: behaviour.prefault({}),
  })
  .strict();

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
    /** Concurrency of the account per Region, and how much of it must stay unreserved. */
    concurrency: z
      .object({ limit: z.number().int().default(1_000), unreservedMinimum: z.number().int().default(100) })
      .strict()
      .prefault({}),
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
            messages: z.array(z.string()).default([]),
          })
          .strict(),
      )
      .default([]),
    secrets: z
      .array(z.object({ name: z.string(), region: region.optional(), value: z.string() }).strict())
      .default([]),
    buckets: z
      .array(z.object({ name: z.string(), objects: z.record(z.string(), z.string()).default({}) }).strict())
      .default([]),
  })
  .strict();

export type WorldSpec = z.output<typeof worldSpec>;
export type FunctionSpec = z.output<typeof functionSpec>;
export type Behaviour = z.output<typeof behaviour>;

/** Validates a world given as data. Throws `cordon_world_invalid` with the path of the first problem. */
export function readWorldSpec(raw: unknown): WorldSpec {
  const parsed = worldSpec.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new WorldError(
    'cordon_world_invalid',
    `expected a world; at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'invalid'}`,
    { cause: parsed.error },
  );
}

/** Reads `world.yaml`. Throws `cordon_world_invalid` with line and column, or the path of the problem. */
export function loadWorld(yamlText: string): WorldSpec {
  const document = parseDocument(yamlText, { uniqueKeys: true });
  const problem = document.errors[0];
  if (problem !== undefined) {
    throw new WorldError('cordon_world_invalid', `expected YAML: ${problem.message}`, { cause: problem });
  }
  return readWorldSpec(document.toJS({ maxAliasCount: 100 }));
}
