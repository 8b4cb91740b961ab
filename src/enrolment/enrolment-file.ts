import { z } from 'zod';
import { CodedError } from '../error.ts';
import { type Diagnostic, formatDiagnostic } from '../guardrail/diagnostic.ts';
import { readYaml } from '../guardrail/read-yaml.ts';
import { RESPONDER_ROLES } from '../playbook/roles.ts';

export type EnrolmentErrorCode = 'cordon_enrolment_invalid';

/** An enrolment file that does not load. Each problem is a line of the message. */
class EnrolmentError extends CodedError<EnrolmentErrorCode> {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(
      'cordon_enrolment_invalid',
      [
        'expected an enrolment file as docs/enrolment.md describes it; mend each of these:',
        ...diagnostics.map(formatDiagnostic),
      ].join('\n'),
    );
    this.diagnostics = diagnostics;
  }
}

const mode = z.enum(['observe', 'ask', 'act']);
const name = z.string().trim().min(1).max(200);
const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and hyphens, at most 63');
/** Free, since every team has its own; the default guardrails treat one they do not know as production. */
const tier = slug;

const accountId = z
  .string('expected 12 digits in quotes: YAML reads a bare number and drops its leading zeros')
  .regex(/^[0-9]{12}$/, 'expected an AWS account id, 12 digits');
const region = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+){1,3}-[0-9]{1,2}$/, 'expected a Region such as eu-central-1');
const roleArn = z
  .string()
  .regex(
    /^arn:(aws|aws-cn|aws-us-gov):iam::[0-9]{12}:role\/[\w+=,.@/-]{1,512}$/,
    'expected the ARN of an IAM role: arn:aws:iam::111122223333:role/cordon-read',
  );
const arn = z
  .string()
  .regex(
    /^arn:(aws|aws-cn|aws-us-gov):[^\s*?]+$/,
    'expected a whole ARN, without wildcards (an exclusion may end in *)',
  );
const functionArn = z
  .string()
  .regex(
    /^arn:(aws|aws-cn|aws-us-gov):lambda:[a-z0-9-]+:[0-9]{12}:function:[\w-]{1,140}$/,
    'expected the ARN of a function without version or alias',
  );
const arnPattern = z
  .string()
  .regex(
    /^arn:(aws|aws-cn|aws-us-gov):[^\s*?]+\*?$/,
    'expected an ARN, or the beginning of one and a single * at the very end',
  );

const sinkArn = z
  .string()
  .regex(
    /^arn:(aws|aws-cn|aws-us-gov):(s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]|sqs:[a-z0-9-]+:[0-9]{12}:[\w-]{1,80})$/,
    'expected the ARN of an S3 bucket or of a standard SQS queue, which is all that Lambda takes failed events to',
  );

const retentionDays = z.int().min(1).max(36_500);

const containmentsPerHour = z.int().min(0).max(10_000);

const accountSchema = z
  .strictObject({
    id: accountId,
    name,
    partition: z.enum(['aws', 'aws-cn', 'aws-us-gov']).default('aws'),
    regions: z.array(region).min(1, 'expected at least one Region'),
    mode: mode.default('observe'),
    /** Automatic containments an hour in this account; beyond it people are asked. 0 asks always. */
    containmentsPerHour: containmentsPerHour.default(10),
    tier: tier.default('production'),
    roles: z
      .strictObject({ read: roleArn.optional(), contain: roleArn.optional(), release: roleArn.optional() })
      .default({}),
    /** Sent with AssumeRole. Not a secret to AWS, but never shown by Cordon. */
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'expected 2 to 1224 of the characters that STS allows')
      .optional(),
    owner: name.optional(),
    /**
     * How roles are quarantined: `static` attaches policies that were made beforehand, `dynamic` writes
     * inline ones, which is administrator power (reference, 1.8.6).
     */
    profile: z.enum(['static', 'dynamic']).default('static'),
    /** How long one invocation at a time is watched on release before everybody may call the function again. */
    canarySeconds: z.int().min(0).max(3600).default(60),
    /**
     * How long nobody calls a published version before a release lets it run again after its sessions were revoked: then
     * its warm environments, which hold such sessions, are surely reaped. Lambda promises no figure; a quarter of an
     * hour is what is seen, so twice that.
     */
    reapSeconds: z.int().min(0).max(7200).default(1800),
    /** Where asynchronous events go that a contained function would lose: one bucket, one queue per Region. */
    quarantineSinks: z.array(sinkArn).default([]),
    /** Code signing configuration with UntrustedArtifactOnDeployment Enforce and no signer that deploys. */
    codeSigningConfig: z
      .string()
      .regex(
        /^arn:(aws|aws-cn|aws-us-gov):lambda:[a-z0-9-]+:[0-9]{12}:code-signing-config:csc-[a-z0-9]{17}$/,
        'expected the ARN of a code signing configuration',
      )
      .optional(),
  })
  .superRefine((account, issues) => {
    for (const [purpose, role] of Object.entries(account.roles)) {
      const expected = `arn:${account.partition}:iam::${account.id}:role/`;
      if (role !== undefined && !role.startsWith(expected))
        issues.addIssue({
          code: 'custom',
          path: ['roles', purpose],
          message: `expected a role of this account and partition, beginning with ${expected}`,
        });
    }
    account.regions.forEach((entry, index) => {
      const expected = partitionOf(entry);
      if (expected !== account.partition)
        issues.addIssue({
          code: 'custom',
          path: ['regions', index],
          message: `${entry} is in partition ${expected}, and the account in ${account.partition}`,
        });
    });
    const refuseSink = (index: number, message: string) =>
      issues.addIssue({ code: 'custom', path: ['quarantineSinks', index], message });
    const places = new Set<string>();
    account.quarantineSinks.forEach((sink, index) => {
      const [, partition, service, sinkRegion = '', sinkAccount] = sink.split(':');
      if (partition !== account.partition)
        refuseSink(index, `expected a sink in partition ${account.partition}, found one in ${partition}`);
      // A destination queue is in the function's own Region; another account's would be another's to read.
      if (service === 'sqs' && (sinkAccount !== account.id || !account.regions.includes(sinkRegion)))
        refuseSink(index, `expected a queue of account ${account.id} in one of its enrolled Regions`);
      const place = `${service} ${sinkRegion}`;
      if (places.has(place))
        refuseSink(index, 'expected one bucket, and one queue a Region; which one counts would be a guess');
      places.add(place);
    });
  });

const responderSchema = z.strictObject({
  id: slug,
  name,
  slack: z
    .string()
    .regex(
      /^(?:T[A-Z0-9]{2,30}\/)?[UW][A-Z0-9]{2,30}$/,
      'expected a Slack member id such as U0123ABCD, not a display name; T0123ABCD/U0123ABCD in another workspace than that of the incidents',
    )
    .optional(),
  /** PagerDuty user id: whose acknowledgement of a page counts as theirs. */
  pagerduty: z
    .string()
    .regex(
      /^P[A-Z0-9]{4,20}$/,
      'expected a PagerDuty user id such as PLH1HKV, as in the address of the user’s page',
    )
    .optional(),
  /** Operating system user, or the name that the CLI is told; compared exactly. */
  cli: z.string().min(1).max(100).optional(),
  /** ARNs of the IAM users, roles and role sessions that act for this person; compared exactly, a path included. */
  principals: z.array(arn).max(50).optional(),
  roles: z.array(z.enum(RESPONDER_ROLES)).min(1, 'expected at least one role'),
});

const targetSchema = z.strictObject({
  arn: functionArn,
  tier: tier.optional(),
  mode: mode.optional(),
});

/** What holds for every target of one tier, or for every incident of one playbook. */
const tierSchema = z.strictObject({
  mode: mode.optional(),
  containmentsPerHour: containmentsPerHour.optional(),
});
const playbookSchema = z.strictObject({ mode: mode.optional() });

/** Who must be told of an incident, and within how long: law, or a contract. */
const notificationSchema = z.strictObject({
  id: slug.refine((id) => id !== 'postmortem' && !/^a[0-9]+$/.test(id), {
    message: 'postmortem, a1, a2 … are kept for other duties; choose another id',
  }),
  title: name,
  /** The article or the clause, for whoever decides at night. */
  why: name.optional(),
  hours: z
    .int()
    .min(1)
    .max(24 * 365),
  /** `opened`: from the moment the engine knew, the careful reading. `confirmed`: from a person's verdict that it is real. */
  from: z.enum(['opened', 'confirmed']).default('opened'),
  /** Incidents of this severity or worse: 1 critical to 4 low. */
  severity: z.int().min(1).max(4).default(2),
  /** Only incidents in these accounts; none named: in any. */
  accounts: z.array(accountId).default([]),
  owner: slug.optional(),
  /** Reminders, so many hours before it is due; when it is due, and daily for three days after, come by themselves. */
  remindHours: z
    .array(
      z
        .int()
        .min(1)
        .max(24 * 90),
    )
    .max(10)
    .default([24, 4, 1]),
});

/** Who is told how an incident stands, and where: a Slack channel that the app is in. */
const stakeholderSchema = z.strictObject({
  id: slug.refine((id) => id !== 'all', { message: 'all means every one of them; choose another id' }),
  title: name,
  slack: z
    .string()
    .regex(/^[CG][A-Z0-9]{2,30}$/, 'expected the id of a Slack channel such as C0123ABCD, not its name'),
  /** Guardrails ask before customers are told. */
  audience: z.enum(['internal', 'executive', 'customers']),
});

// Regulation (EU) 2016/679, article 33: the supervisory authority within 72 hours of becoming aware.
const GDPR = {
  id: 'gdpr-72h',
  title: 'Decide whether the supervisory authority must be told of a breach of personal data, and tell it',
  why: 'Regulation (EU) 2016/679, article 33',
  hours: 72,
};

const enrolmentSchema = z
  .strictObject({
    accounts: z.array(accountSchema).default([]),
    tiers: z.record(tier, tierSchema).default({}),
    playbooks: z.record(slug, playbookSchema).default({}),
    unenrolled: z.enum(['refuse', 'observe']).default('refuse'),
    exclusions: z.array(arnPattern).default([]),
    self: z.array(arn).default([]),
    responders: z.array(responderSchema).default([]),
    targets: z.array(targetSchema).default([]),
    slack: z
      .strictObject({
        channelPrefix: z
          .string()
          .regex(
            /^(?!drill-)[a-z0-9][a-z0-9_-]{0,19}$/,
            'expected at most 20 of a-z, 0-9, - and _; drill- is kept for exercises',
          )
          .default('inc-'),
        /** Links above each incident's channel. */
        bookmarks: z
          .array(
            z.strictObject({
              title: z.string().min(1).max(80),
              link: z
                .string()
                .max(2000)
                .refine(
                  (link) =>
                    /^https:\/\//.test(link) && URL.canParse(link) && !/\{(?!number\}|id\})/.test(link),
                  'expected an address that begins with https://, with {number} or {id} where those of the incident are to stand',
                ),
            }),
          )
          .max(20)
          .default([]),
        /** Days after closing until the channel is archived; `null` leaves it to people. Never at once. */
        archiveAfterDays: z.int().min(1).max(365).nullable().default(7),
      })
      .prefault({}),
    /** Who is called when nobody takes an incident; without tiers nobody is. */
    escalation: z
      .strictObject({
        /** One after another within a tier, one tier after the other, then everybody at once. */
        tiers: z.array(z.array(slug).min(1)).max(5).default([]),
        afterMinutes: z.int().min(1).max(120).default(5),
        /** Only incidents of this severity or worse: 1 critical to 4 low. */
        severity: z.int().min(1).max(4).default(2),
      })
      .prefault({}),
    stakeholders: z.array(stakeholderSchema).max(50).default([]),
    notifications: z.array(notificationSchema).max(20).prefault([GDPR]),
    postmortem: z
      .strictObject({
        /** Incidents of this severity or worse are closed once their postmortem is reviewed or waived; 0: none. */
        reviewSeverity: z.int().min(0).max(4).default(2),
        /** Stands at the head of every postmortem, such as "Privileged and confidential: prepared for counsel". */
        privilege: name.optional(),
      })
      .prefault({}),
    /** Days that evidence is kept after its incident was closed, by what the incident was. A lock may keep it longer. */
    retention: z
      .strictObject({
        exercise: retentionDays.default(30),
        /** False positives and what was benign. */
        falsePositive: retentionDays.default(90),
        /** Nobody gave a verdict. */
        unconfirmed: retentionDays.default(365),
        confirmed: retentionDays.default(1095),
      })
      .prefault({}),
    budgets: z
      .strictObject({
        /** Automatic containments an hour in all accounts together; beyond it people are asked. 0 asks always. */
        containmentsPerHour: containmentsPerHour.default(20),
      })
      .prefault({}),
  })
  .superRefine((file, issues) => {
    const refuse = (path: PropertyKey[], message: string) =>
      issues.addIssue({ code: 'custom', path, message });
    unique(
      file.accounts.flatMap((account, index) =>
        account.regions.map((entry, at) => ({
          key: `${account.id} ${entry}`,
          path: ['accounts', index, 'regions', at],
        })),
      ),
      (path, key) => refuse(path, `${key} is enrolled twice; which entry counts would be a guess`),
    );
    for (const field of ['id', 'slack', 'pagerduty', 'cli'] as const) {
      unique(
        file.responders.flatMap((responder, index) => {
          const key = responder[field];
          return key === undefined ? [] : [{ key, path: ['responders', index, field] }];
        }),
        (path, key) =>
          refuse(path, `${key} is another responder's; one person twice could approve their own request`),
      );
    }
    const ids = new Set(file.responders.map((responder) => responder.id));
    file.escalation.tiers.forEach((tier, index) => {
      tier.forEach((name, at) => {
        if (!ids.has(name))
          refuse(['escalation', 'tiers', index, at], `expected the id of a responder; there is no ${name}`);
      });
    });
    unique(
      file.notifications.map((rule, index) => ({ key: rule.id, path: ['notifications', index, 'id'] })),
      (path, key) => refuse(path, `${key} is listed twice`),
    );
    unique(
      file.stakeholders.map(({ id }, index) => ({ key: id, path: ['stakeholders', index, 'id'] })),
      (path, key) => refuse(path, `${key} is listed twice`),
    );
    file.notifications.forEach(({ owner }, index) => {
      if (owner !== undefined && !ids.has(owner))
        refuse(['notifications', index, 'owner'], `expected the id of a responder; there is no ${owner}`);
    });
    unique(
      file.targets.map((target, index) => ({ key: target.arn, path: ['targets', index, 'arn'] })),
      (path, key) => refuse(path, `${key} is listed twice`),
    );
  });

/** The enrolment file as read. */
export type EnrolmentFile = z.infer<typeof enrolmentSchema>;
export type EnrolledAccount = EnrolmentFile['accounts'][number];
export type NotificationRule = EnrolmentFile['notifications'][number];
export type Responder = EnrolmentFile['responders'][number];

/** Reads and checks the text of an enrolment file. Throws `cordon_enrolment_invalid` with every problem's place. */
export function readEnrolmentFile(yamlText: string, file: string): EnrolmentFile {
  const read = readYaml(yamlText, file, enrolmentSchema);
  if (read.kind === 'read') return read.value;
  throw new EnrolmentError(read.diagnostics);
}

/** What an empty mapping would give: every default. */
export function defaultEnrolmentFile(): EnrolmentFile {
  return enrolmentSchema.parse({});
}

function partitionOf(regionName: string): EnrolledAccount['partition'] {
  if (regionName.startsWith('cn-')) return 'aws-cn';
  return regionName.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function unique(
  entries: readonly { readonly key: string; readonly path: PropertyKey[] }[],
  report: (path: PropertyKey[], key: string) => void,
): void {
  const seen = new Set<string>();
  for (const { key, path } of entries) {
    if (seen.has(key)) report(path, key);
    seen.add(key);
  }
}
