/** One setting, for people: never its value when it is secret. */
export interface Setting {
  readonly name: string;
  readonly secret: boolean;
  readonly fallback: string;
  readonly purpose: string;
}

/** What `cordon doctor` shows, and what the page of settings is generated from; `config.ts` reads the values. */
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
    purpose:
      'JSON file with the bot tokens of several workspaces, in place of SLACK_BOT_TOKEN (docs/slack.md)',
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
