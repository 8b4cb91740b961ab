import { resolve } from 'node:path';
import { z } from 'zod';
import { CodedError } from './error.ts';
import type { LogLevel } from './log.ts';

/**
 * Everything that the environment says, read once. `SETTINGS` is also what `cordon doctor` shows and
 * what the configuration page is generated from.
 */
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

/** One setting, for people: never its value when it is secret. */
export interface Setting {
  readonly name: string;
  readonly secret: boolean;
  readonly fallback: string;
  readonly purpose: string;
}

export const SETTINGS: readonly Setting[] = Object.freeze([
  {
    name: 'CORDON_DATA_DIR',
    secret: false,
    fallback: './.cordon',
    purpose: 'Folder of the embedded database, evidence, keys and reports',
  },
  {
    name: 'DATABASE_URL',
    secret: true,
    fallback: 'embedded database in the data folder',
    purpose: 'PostgreSQL server that holds the record',
  },
  {
    name: 'REDIS_URL',
    secret: true,
    fallback: 'queue on the same Postgres',
    purpose: 'Redis for the wake-up queue',
  },
  {
    name: 'CORDON_ENROLMENT',
    secret: false,
    fallback: 'none: observe everything, write nothing',
    purpose: 'Enrolment file: accounts, modes, exclusions, responders',
  },
  {
    name: 'CORDON_OWNERS',
    secret: false,
    fallback: 'none: owners come from the enrolment file and from tags',
    purpose: 'Owners file, written as CODEOWNERS is: function patterns and whom to page',
  },
  {
    name: 'CORDON_PLAYBOOKS',
    secret: false,
    fallback: 'the playbooks that ship',
    purpose: 'Folder of playbooks',
  },
  {
    name: 'CORDON_GUARDRAILS',
    secret: false,
    fallback: 'the guardrails that ship',
    purpose: 'Folder of Cedar policies with schema.cedarschema',
  },
  {
    name: 'CORDON_HTTP_HOST',
    secret: false,
    fallback: '127.0.0.1',
    purpose: 'Address that the alert webhook listens on',
  },
  { name: 'CORDON_HTTP_PORT', secret: false, fallback: '8080', purpose: 'Port of the alert webhook' },
  {
    name: 'CORDON_WEBHOOK_SECRETS',
    secret: true,
    fallback: 'none: no sender may post',
    purpose: 'JSON: {"<sender>": ["<secret of 32 bytes or more>"]}',
  },
  {
    name: 'CORDON_SQS_QUEUE_URL',
    secret: false,
    fallback: 'none',
    purpose: 'SQS queue that alerts are taken from',
  },
  {
    name: 'SLACK_BOT_TOKEN',
    secret: true,
    fallback: 'none: no Slack',
    purpose: 'Bot token (xoxb-) of the Slack app, in one workspace',
  },
  {
    name: 'CORDON_SLACK_INSTALLATIONS',
    secret: false,
    fallback: 'none: one workspace',
    purpose: 'JSON file with the bot tokens of several workspaces, in place of SLACK_BOT_TOKEN (docs/slack.md)',
  },
  {
    name: 'SLACK_SIGNING_SECRET',
    secret: true,
    fallback: 'none',
    purpose: 'Signing secret, for Slack over HTTP',
  },
  {
    name: 'SLACK_APP_TOKEN',
    secret: true,
    fallback: 'none',
    purpose: 'App token (xapp-), for Slack in Socket Mode',
  },
  {
    name: 'CORDON_SLACK_PORT',
    secret: false,
    fallback: '3000',
    purpose: 'Port that Slack posts to over HTTP',
  },
  {
    name: 'CORDON_SLACK_API_URL',
    secret: false,
    fallback: 'https://slack.com/api/',
    purpose: 'Slack Web API, for tests against another server',
  },
  {
    name: 'CORDON_PAGERDUTY_KEY',
    secret: true,
    fallback: 'none: PagerDuty is not used',
    purpose: 'Routing key (Events API v2) of the PagerDuty service that is paged',
  },
  {
    name: 'CORDON_PAGERDUTY_URL',
    secret: false,
    fallback: 'https://events.pagerduty.com/v2/enqueue',
    purpose: 'Events API v2 of PagerDuty; for its EU region https://events.eu.pagerduty.com/v2/enqueue',
  },
  {
    name: 'CORDON_PAGERDUTY_WEBHOOK_SECRET',
    secret: true,
    fallback: 'none: no acknowledgement comes back',
    purpose: 'Secret of the PagerDuty webhook subscription (V3) that posts to /pages/pagerduty',
  },
  {
    name: 'CORDON_PAGE_WEBHOOK_URL',
    secret: false,
    fallback: 'none',
    purpose: 'Where pages are posted as signed JSON, for any other service',
  },
  {
    name: 'CORDON_PAGE_WEBHOOK_SECRET',
    secret: true,
    fallback: 'none',
    purpose: 'Signs what is posted there; 32 bytes or more',
  },
  {
    name: 'CORDON_PAGE_SNS_TOPIC_ARN',
    secret: false,
    fallback: 'none',
    purpose: 'SNS topic that pages are published to',
  },
  {
    name: 'CORDON_EVIDENCE_BUCKET',
    secret: false,
    fallback: 'none: evidence is kept in the data folder',
    purpose: 'S3 bucket with Object Lock that evidence is kept in',
  },
  {
    name: 'CORDON_EVIDENCE_PREFIX',
    secret: false,
    fallback: 'cordon/',
    purpose: 'Beginning of every key in the evidence bucket',
  },
  {
    name: 'CORDON_EVIDENCE_REGION',
    secret: false,
    fallback: 'as the AWS environment says',
    purpose: 'Region of the evidence bucket and of the sealing key',
  },
  {
    name: 'CORDON_EVIDENCE_ROLE',
    secret: false,
    fallback: 'none: the credentials of the process',
    purpose: 'ARN of the role to assume for the evidence bucket and the sealing key',
  },
  {
    name: 'CORDON_EVIDENCE_KMS_KEY',
    secret: false,
    fallback: "the bucket's own encryption",
    purpose: 'ARN of the KMS key that evidence is encrypted with (SSE-KMS)',
  },
  {
    name: 'CORDON_EVIDENCE_LOCK',
    secret: false,
    fallback: 'compliance',
    purpose: 'Object Lock of evidence: compliance (nobody can lift it) or governance',
  },
  {
    name: 'CORDON_EVIDENCE_LOCK_DAYS',
    secret: false,
    fallback: '30',
    purpose: 'Days that new evidence is locked',
  },
  {
    name: 'CORDON_EVIDENCE_ENDPOINT',
    secret: false,
    fallback: "AWS's own",
    purpose: 'S3, KMS and STS of evidence, for tests against another server',
  },
  {
    name: 'CORDON_SEAL_KMS_KEY',
    secret: false,
    fallback: 'the Ed25519 key file in the data folder',
    purpose: 'Asymmetric KMS key that seals evidence and signs checkpoints',
  },
  {
    name: 'CORDON_QUARANTINE_BUCKET',
    secret: false,
    fallback: 'none: the folder quarantine in the data folder',
    purpose: 'S3 bucket without Object Lock for what arrived in quarantine sinks: written by an attacker',
  },
  {
    name: 'CORDON_TSA_URL',
    secret: false,
    fallback: "none: the engine's clock alone",
    purpose: 'Time stamp authority (RFC 3161 over HTTP) that is asked for the time of every seal',
  },
  {
    name: 'CORDON_TSA_CERTIFICATES',
    secret: false,
    fallback: 'none',
    purpose: 'PEM file of the certificates that its time stamps must lead to',
  },
  {
    name: 'CORDON_LOG_LEVEL',
    secret: false,
    fallback: 'info',
    purpose: 'debug, info, warn, error or silent',
  },
  {
    name: 'CORDON_DRAIN_MS',
    secret: false,
    fallback: '10000',
    purpose: 'How long SIGTERM waits for what is under way',
  },
  {
    name: 'CORDON_HEADROOM',
    secret: false,
    fallback: '0.2',
    purpose: "Share of AWS's rate limits left for your own deploys",
  },
  {
    name: 'CORDON_USER',
    secret: false,
    fallback: 'the operating system user',
    purpose: 'Your name among the responders, for commands in the terminal',
  },
]);

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

function slackTokens(botToken: string | undefined, file: string | undefined): SlackConfig['tokens'] | undefined {
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
