import { resolve } from 'node:path';
import { z } from 'zod';
import { CodedError } from './error.ts';
import type { LogLevel } from './log.ts';
import { SETTINGS } from './settings.ts';

/** Everything that the environment says, read once. */
export interface Config {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly enrolmentFile: string | undefined;
  readonly ownersFile: string | undefined;
  readonly playbooksDir: string | undefined;
  readonly guardrailsDir: string | undefined;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly webhookSecrets: Readonly<Record<string, readonly string[]>>;
  readonly sqsQueueUrl: string | undefined;
  readonly slack: SlackConfig | undefined;
  readonly paging: PagingConfig;
  readonly custody: CustodyConfig;
  readonly logLevel: LogLevel;
  readonly drainMs: number;
  /** Share of AWS's rate limits that is left for the customer's own deploys; 0 to 0.9. */
  readonly headroom: number;
  /** Who the person at this terminal is, for the responders of the enrolment file. */
  readonly cliIdentity: string;
}

/** Where evidence is kept and what seals it, when not this machine and its key file. */
export interface CustodyConfig {
  readonly bucket: string | undefined;
  /** Of every key; ends in `/` or is empty. */
  readonly prefix: string;
  readonly region: string | undefined;
  readonly roleArn: string | undefined;
  readonly kmsKeyArn: string | undefined;
  readonly lock: 'COMPLIANCE' | 'GOVERNANCE';
  readonly lockDays: number;
  readonly endpoint: string | undefined;
  /** KMS key that signs, in place of the key file. */
  readonly sealKey: string | undefined;
  /** Bucket for what an attacker wrote; without one it is kept in the data folder. */
  readonly quarantineBucket: string | undefined;
  /** Who puts the time on seals (RFC 3161), and the file of the certificates that it must lead to. */
  readonly timestamps: { readonly url: string; readonly certificates: string } | undefined;
}

export interface SlackConfig {
  /** Of the one workspace, or the file with those of several. */
  readonly tokens:
    | { readonly kind: 'one'; readonly botToken: string }
    | { readonly kind: 'several'; readonly file: string };
  /** Socket Mode when set; else HTTP with the signing secret. */
  readonly appToken: string | undefined;
  readonly signingSecret: string | undefined;
  readonly port: number;
  readonly apiUrl: string | undefined;
}

/** How people are paged beside Slack; all of them when several are set. */
export interface PagingConfig {
  readonly pagerdutyRoutingKey: string | undefined;
  readonly pagerdutyUrl: string;
  /** Of its webhook subscription: acknowledgements come back with it. */
  readonly pagerdutyWebhookSecret: string | undefined;
  readonly webhookUrl: string | undefined;
  readonly webhookSecret: string | undefined;
  readonly snsTopicArn: string | undefined;
}

export class ConfigError extends CodedError<'cordon_config_invalid'> {}

const optional = z.string().min(1).optional();
const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const isUrl = (protocols: readonly string[]) => (text: string) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);
const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine(isUrl(protocols), {
      message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    })
    .optional();

const environment = z
  .object({
    CORDON_DATA_DIR: z.string().min(1).default('./.cordon'),
    DATABASE_URL: url(['postgres:', 'postgresql:']),
    REDIS_URL: url(['redis:', 'rediss:']),
    CORDON_ENROLMENT: optional,
    CORDON_OWNERS: optional,
    CORDON_PLAYBOOKS: optional,
    CORDON_GUARDRAILS: optional,
    CORDON_HTTP_HOST: z.string().min(1).default('127.0.0.1'),
    CORDON_HTTP_PORT: port(8080),
    CORDON_WEBHOOK_SECRETS: z
      .string()
      .default('{}')
      .transform((text, context) => {
        const parsed = z.record(z.string(), z.array(z.string())).safeParse(parseJson(text));
        if (parsed.success) return parsed.data;
        context.addIssue({ code: 'custom', message: 'must be JSON like {"guardduty": ["<secret>"]}' });
        return z.NEVER;
      }),
    CORDON_SQS_QUEUE_URL: url(['https:', 'http:']),
    SLACK_BOT_TOKEN: optional,
    CORDON_SLACK_INSTALLATIONS: optional,
    SLACK_SIGNING_SECRET: optional,
    SLACK_APP_TOKEN: optional,
    CORDON_SLACK_PORT: port(3000),
    CORDON_SLACK_API_URL: url(['https:', 'http:']),
    CORDON_PAGERDUTY_KEY: optional,
    CORDON_PAGERDUTY_URL: z
      .string()
      .refine(isUrl(['https:', 'http:']), { message: 'must be a URL that begins with https://' })
      .default('https://events.pagerduty.com/v2/enqueue'),
    CORDON_PAGERDUTY_WEBHOOK_SECRET: z.string().min(16, 'must be 16 bytes or more').optional(),
    CORDON_PAGE_WEBHOOK_URL: url(['https:', 'http:']),
    CORDON_PAGE_WEBHOOK_SECRET: z.string().min(32, 'must be 32 bytes or more').optional(),
    CORDON_PAGE_SNS_TOPIC_ARN: z
      .string()
      .regex(
        /^arn:(aws|aws-cn|aws-us-gov):sns:[a-z0-9-]+:[0-9]{12}:[\w-]{1,256}$/,
        'must be the ARN of an SNS topic',
      )
      .optional(),
    CORDON_EVIDENCE_BUCKET: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
      .optional(),
    CORDON_EVIDENCE_PREFIX: z
      .string()
      .regex(/^[A-Za-z0-9!_.*'()/-]*\/$/, 'must end in / and hold only characters that are safe in keys')
      .default('cordon/'),
    CORDON_EVIDENCE_REGION: optional,
    CORDON_EVIDENCE_ROLE: optional,
    CORDON_EVIDENCE_KMS_KEY: optional,
    CORDON_EVIDENCE_LOCK: z.enum(['compliance', 'governance']).default('compliance'),
    CORDON_EVIDENCE_LOCK_DAYS: z.coerce.number().int().min(1).max(36_500).default(30),
    CORDON_EVIDENCE_ENDPOINT: url(['https:', 'http:']),
    CORDON_SEAL_KMS_KEY: optional,
    CORDON_QUARANTINE_BUCKET: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
      .optional(),
    CORDON_TSA_URL: url(['https:', 'http:']),
    CORDON_TSA_CERTIFICATES: optional,
    CORDON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    CORDON_DRAIN_MS: z.coerce.number().int().min(0).max(600_000).default(10_000),
    CORDON_HEADROOM: z.coerce.number().min(0).max(0.9).default(0.2),
    CORDON_USER: optional,
    USER: optional,
    LOGNAME: optional,
  })
  .refine(
    (env) => env.CORDON_PAGE_WEBHOOK_URL === undefined || env.CORDON_PAGE_WEBHOOK_SECRET !== undefined,
    {
      path: ['CORDON_PAGE_WEBHOOK_SECRET'],
      message: 'must be set with CORDON_PAGE_WEBHOOK_URL: a page is signed',
    },
  )
  .refine((env) => env.SLACK_BOT_TOKEN === undefined || env.CORDON_SLACK_INSTALLATIONS === undefined, {
    path: ['CORDON_SLACK_INSTALLATIONS'],
    message: 'must not be set with SLACK_BOT_TOKEN: the file names the token of each workspace',
  })
  .refine(
    (env) =>
      env.CORDON_QUARANTINE_BUCKET === undefined ||
      env.CORDON_QUARANTINE_BUCKET !== env.CORDON_EVIDENCE_BUCKET,
    {
      path: ['CORDON_QUARANTINE_BUCKET'],
      message: 'must be another bucket than CORDON_EVIDENCE_BUCKET: what an attacker wrote is under no lock',
    },
  )
  .refine((env) => env.CORDON_TSA_URL === undefined || env.CORDON_TSA_CERTIFICATES !== undefined, {
    path: ['CORDON_TSA_CERTIFICATES'],
    message: 'must be set with CORDON_TSA_URL: a time stamp is worth what its certificate is',
  });

/**
 * Reads the configuration. An empty variable counts as unset. Throws `cordon_config_invalid`, naming
 * every variable that is wrong and never its value.
 */
export function readConfig(variables: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new ConfigError(
      'cordon_config_invalid',
      `the environment is not as expected: ${problems.join('; ')}; see "cordon doctor"`,
    );
  }
  const env = parsed.data;
  const tokens = slackTokens(env.SLACK_BOT_TOKEN, env.CORDON_SLACK_INSTALLATIONS);
  return {
    dataDir: resolve(env.CORDON_DATA_DIR),
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    enrolmentFile: env.CORDON_ENROLMENT,
    ownersFile: env.CORDON_OWNERS,
    playbooksDir: env.CORDON_PLAYBOOKS,
    guardrailsDir: env.CORDON_GUARDRAILS,
    httpHost: env.CORDON_HTTP_HOST,
    httpPort: env.CORDON_HTTP_PORT,
    webhookSecrets: env.CORDON_WEBHOOK_SECRETS,
    sqsQueueUrl: env.CORDON_SQS_QUEUE_URL,
    slack:
      tokens === undefined
        ? undefined
        : {
            tokens,
            appToken: env.SLACK_APP_TOKEN,
            signingSecret: env.SLACK_SIGNING_SECRET,
            port: env.CORDON_SLACK_PORT,
            apiUrl: env.CORDON_SLACK_API_URL,
          },
    paging: {
      pagerdutyRoutingKey: env.CORDON_PAGERDUTY_KEY,
      pagerdutyUrl: env.CORDON_PAGERDUTY_URL,
      pagerdutyWebhookSecret: env.CORDON_PAGERDUTY_WEBHOOK_SECRET,
      webhookUrl: env.CORDON_PAGE_WEBHOOK_URL,
      webhookSecret: env.CORDON_PAGE_WEBHOOK_SECRET,
      snsTopicArn: env.CORDON_PAGE_SNS_TOPIC_ARN,
    },
    custody: {
      bucket: env.CORDON_EVIDENCE_BUCKET,
      prefix: env.CORDON_EVIDENCE_PREFIX,
      region: env.CORDON_EVIDENCE_REGION,
      roleArn: env.CORDON_EVIDENCE_ROLE,
      kmsKeyArn: env.CORDON_EVIDENCE_KMS_KEY,
      lock: env.CORDON_EVIDENCE_LOCK === 'governance' ? 'GOVERNANCE' : 'COMPLIANCE',
      lockDays: env.CORDON_EVIDENCE_LOCK_DAYS,
      endpoint: env.CORDON_EVIDENCE_ENDPOINT,
      sealKey: env.CORDON_SEAL_KMS_KEY,
      quarantineBucket: env.CORDON_QUARANTINE_BUCKET,
      timestamps:
        env.CORDON_TSA_URL === undefined || env.CORDON_TSA_CERTIFICATES === undefined
          ? undefined
          : { url: env.CORDON_TSA_URL, certificates: resolve(env.CORDON_TSA_CERTIFICATES) },
    },
    logLevel: env.CORDON_LOG_LEVEL,
    drainMs: env.CORDON_DRAIN_MS,
    headroom: env.CORDON_HEADROOM,
    cliIdentity: env.CORDON_USER ?? env.USER ?? env.LOGNAME ?? '',
  };
}

function slackTokens(
  botToken: string | undefined,
  file: string | undefined,
): SlackConfig['tokens'] | undefined {
  if (file !== undefined) return { kind: 'several', file: resolve(file) };
  return botToken === undefined ? undefined : { kind: 'one', botToken };
}

/** Names of the settings that the environment gives, never their values: for `cordon doctor`. */
export function settingsGiven(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): ReadonlySet<string> {
  return new Set(SETTINGS.map(({ name }) => name).filter((name) => (variables[name] ?? '') !== ''));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
