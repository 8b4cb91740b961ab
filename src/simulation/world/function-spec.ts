import { z } from 'zod';
import { files, functionName, name, qualifier, region, tags } from './spec-terms.ts';

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
  /** ARNs of layer versions; those of this account are in `layers`. */
  layers: z.array(z.string()).default([]),
  files: files.default({ 'handler.py': 'def handler(event, context):\n    return {}\n' }),
};

/** What one invocation does, besides writing its START, END and REPORT lines. */
export const behaviour = z
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

export const functionSpec = z
  .object({
    name: functionName,
    region: region.optional(),
    /** Name of the execution role. */
    role: name,
    ...configuration,
    logGroup: z.string().optional(),
    tags,
    /** A container image instead of a package: its URI with a tag, and the digest that the tag meant. */
    image: z
      .object({ uri: z.string(), digest: z.string().startsWith('sha256:') })
      .strict()
      .optional(),
    vpc: z
      .object({ id: z.string(), subnets: z.array(z.string()).min(1), securityGroups: z.array(z.string()) })
      .strict()
      .optional(),
    snapStart: z.boolean().default(false),
    /** ARNs of EFS access points. */
    fileSystems: z.array(z.string()).default([]),
    /** Key that encrypts the environment; absent: AWS's own. */
    environmentKey: z.string().optional(),
    /** Makes it a durable function: its executions so far. */
    durable: z
      .object({
        retentionDays: z.number().int().min(1).max(90).default(30),
        executions: z
          .array(
            z
              .object({
                name: z.string(),
                status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'STOPPED']),
                startedSecondsAgo: z.number().min(0),
                input: z.json().default({}),
                /** Names of the steps that were done. */
                steps: z.array(z.string()).default([]),
              })
              .strict(),
          )
          .default([]),
      })
      .strict()
      .optional(),
    /** Makes it run on managed instances: reserved concurrency has no say, environments are bounded per version. */
    managedInstances: z
      .object({
        capacityProvider: z.string(),
        scaling: z
          .array(z.object({ qualifier, min: z.number().int().min(0), max: z.number().int().min(0) }).strict())
          .default([]),
      })
      .strict()
      .optional(),
    /** Name of one of `codeSigningConfigs`. */
    codeSigning: name.optional(),
    recursiveLoop: z.enum(['Terminate', 'Allow']).default('Terminate'),
    updateRuntimeOn: z.enum(['Auto', 'FunctionUpdate', 'Manual']).default('Auto'),
    /** Published versions, oldest first: what differs from `$LATEST`. They are numbered 1, 2, 3 … */
    versions: z
      .array(
        z
          .object({
            role: name.optional(),
            description: z.string().optional(),
            environment: configuration.environment,
            layers: configuration.layers.optional(),
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

export type FunctionSpec = z.output<typeof functionSpec>;
export type Behaviour = z.output<typeof behaviour>;
