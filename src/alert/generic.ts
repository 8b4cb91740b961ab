import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { abusedApis } from './abused-api.ts';
import type { AlertTarget } from './alert.ts';
import {
  formatFunctionArn,
  isAccountId,
  isQualifier,
  isRegion,
  parseFunctionArn,
  parseRoleArn,
} from './arn.ts';
import { cleanText } from './clean-text.ts';
import { type Document, isObject } from './envelope.ts';
import { type Format, type FormatReading, utcInstant, wrongFields } from './format.ts';
import { rejected, type Unread, unsupported } from './reading.ts';
import { remoteAddresses } from './remote-address.ts';

/** Cordon's own alert: what a detector without a format of its own sends. Documented in docs/alerts.md. */
export const generic: Format = {
  id: 'generic',
  title: 'Cordon alert',
  recognises: (document) => isObject(document.value) && document.value.cordon !== undefined,
  read,
};

/** The version that this file reads; a change that breaks a sender gets the next number. */
const GENERIC_VERSION = 1;

const instant = z.iso.datetime({ offset: true });

/** Strict: a misspelt field would otherwise be an alert that says less than its sender meant. */
const genericSchema = z
  .strictObject({
    cordon: z.literal(GENERIC_VERSION).describe('Version of this format: 1.'),
    id: z
      .string()
      .regex(/^[\x21-\x7e]{1,256}$/, 'expected 1 to 256 printable ASCII characters without spaces')
      .describe(
        'Identity of the finding: the same id is the same finding, from whichever sender, so begin it with the detector’s name. 1 to 256 printable ASCII characters, no spaces.',
      ),
    revision: z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/, 'expected 1 to 128 printable ASCII characters without spaces')
      .optional()
      .describe('Changes when the same finding is sent again with news. Default: `lastSeenAt`.'),
    type: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9 ._:/&()-]{0,127}$/,
        'expected 1 to 128 letters, digits, spaces or ._:/&()-',
      )
      .describe('The detector’s own type of finding, e.g. `egress:unknown-host`. Playbooks may match on it.'),
    category: z
      .enum(['function-compromise', 'credential-compromise', 'other'])
      .describe('What kind of thing is wrong. A `function-compromise` names its `function`.'),
    title: z.string().min(1).max(300).describe('One line for people, at most 300 characters.'),
    description: z.string().max(4000).optional().describe('More for people, at most 4,000 characters.'),
    severity: z
      .number()
      .min(0)
      .max(10)
      .describe('0 to 10, as in GuardDuty: 4.0 is medium, 7.0 high, 9.0 critical.'),
    confidence: z.number().min(0).max(1).optional().describe('0 to 1: how sure the detector is. Default: 1.'),
    function: z
      .strictObject({
        arn: z.string().describe('ARN of the function, with or without a version or alias.'),
        roleArn: z.string().optional().describe('ARN of its execution role, when the detector knows it.'),
        qualifier: z
          .string()
          .refine(isQualifier, 'expected a version, an alias or $LATEST')
          .optional()
          .describe('Version or alias, when it is not part of the ARN.'),
        tags: z
          .record(z.string().min(1).max(128), z.string().max(256))
          .refine((tags) => Object.keys(tags).length <= 50, 'expected at most 50 tags')
          .optional()
          .describe('Tags of the function, at most 50.'),
      })
      .optional()
      .describe(
        'The function that the alert is about. Only an alert with a function can lead to containment.',
      ),
    account: z
      .string()
      .refine(isAccountId, 'expected 12 digits')
      .optional()
      .describe('Account id, 12 digits. Needed without `function`; with it, it must agree with the ARN.'),
    region: z
      .string()
      .refine(isRegion, 'expected the name of a Region')
      .optional()
      .describe('Region. Needed without `function`; with it, it must agree with the ARN.'),
    remoteAddresses: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .max(20)
      .optional()
      .describe(
        'IP addresses of the other side, at most 20. Incidents that share a public one are led together.',
      ),
    firstSeenAt: instant
      .optional()
      .describe('When it began: ISO 8601 with offset or `Z`. Default: `lastSeenAt`.'),
    lastSeenAt: instant.describe('When it was last seen: ISO 8601 with offset or `Z`.'),
    calls: z
      .array(
        z.strictObject({
          service: z.string().min(1).max(100).describe('Event source: `s3.amazonaws.com`.'),
          api: z.string().min(1).max(130).describe('Name of the call: `GetObject`.'),
        }),
      )
      .max(20)
      .optional()
      .describe(
        'AWS calls that the function is abused for, as CloudTrail names them: the mildest rung denies these. At most 20.',
      ),
    sample: z
      .boolean()
      .optional()
      .describe('True for a test: a sample never contains anything outside an exercise. Default: false.'),
  })
  .refine((alert) => alert.category !== 'function-compromise' || alert.function !== undefined, {
    path: ['function'],
    message: 'expected it for the category function-compromise',
  })
  .refine((alert) => alert.function !== undefined || alert.account !== undefined, {
    path: ['account'],
    message: 'expected it when there is no function',
  })
  .refine((alert) => alert.function !== undefined || alert.region !== undefined, {
    path: ['region'],
    message: 'expected it when there is no function',
  });

type GenericAlert = z.infer<typeof genericSchema>;

/** The JSON Schema of the generic alert, generated from what the reader checks. */
export function genericAlertJsonSchema(): JsonObject {
  // toJSONSchema returns plain JSON; its declared type also covers boolean schemas inside.
  return z.toJSONSchema(genericSchema, { io: 'input' }) as JsonObject;
}

function read(document: Document): FormatReading {
  if (isObject(document.value) && document.value.cordon !== GENERIC_VERSION) {
    return typeof document.value.cordon === 'number'
      ? unsupported(
          'cordon_alert_unknown_version',
          `Expected a Cordon alert of version ${GENERIC_VERSION}; found another version. Upgrade Cordon, or send version ${GENERIC_VERSION}.`,
        )
      : rejected(
          'cordon_alert_wrong_shape',
          `Expected the field cordon to be the number ${GENERIC_VERSION}; found another type. Correct the sender.`,
        );
  }
  const parsed = genericSchema.safeParse(document.value);
  if (!parsed.success) return wrongFields(generic.title, parsed.error);
  const alert = parsed.data;
  const target = alert.function === undefined ? null : readTarget(alert, alert.function);
  if (target !== null && target.kind !== 'target') return target;
  const lastSeenAt = utcInstant(alert.lastSeenAt);
  return {
    kind: 'alert',
    alert: {
      source: 'generic',
      // The prefix keeps a generic sender from claiming the ARN of a GuardDuty finding as its own identity.
      dedupeKey: `generic:${alert.id}`,
      revision: alert.revision ?? lastSeenAt,
      category: alert.category,
      findingType: alert.type,
      title: cleanText(alert.title, 300),
      description: cleanText(alert.description ?? '', 4000),
      severity: alert.severity,
      confidence: alert.confidence ?? 1,
      // The schema demands account and region wherever there is no target.
      account: target?.target.account ?? alert.account ?? '',
      region: target?.target.region ?? alert.region ?? '',
      ...(target === null ? {} : { target: target.target }),
      ...abusedApis(alert.calls ?? []),
      firstSeenAt: alert.firstSeenAt === undefined ? lastSeenAt : utcInstant(alert.firstSeenAt),
      lastSeenAt,
      ...remoteAddresses(alert.remoteAddresses ?? []),
      sample: alert.sample ?? false,
    },
  };
}

function readTarget(
  alert: GenericAlert,
  named: NonNullable<GenericAlert['function']>,
): { readonly kind: 'target'; readonly target: AlertTarget } | Unread {
  const arn = parseFunctionArn(named.arn);
  if (arn === null) return notAnArn('function.arn', 'a Lambda function');
  const { partition, region, account, functionName } = arn;
  if ((alert.account ?? account) !== account) return mismatch('account');
  if ((alert.region ?? region) !== region) return mismatch('region');
  if (arn.qualifier !== undefined && (named.qualifier ?? arn.qualifier) !== arn.qualifier) {
    return mismatch('function.qualifier');
  }
  if (named.roleArn !== undefined) {
    const role = parseRoleArn(named.roleArn);
    if (role === null) return notAnArn('function.roleArn', 'an IAM role');
    if (role.account !== account || role.partition !== partition) return mismatch('function.roleArn');
  }
  const qualifier = named.qualifier ?? arn.qualifier;
  return {
    kind: 'target',
    target: {
      functionArn: formatFunctionArn({ partition, region, account, functionName }),
      functionName,
      partition,
      account,
      region,
      ...(qualifier === undefined ? {} : { qualifier }),
      ...(named.roleArn === undefined ? {} : { roleArn: named.roleArn }),
      tags: Object.fromEntries(
        Object.entries(named.tags ?? {}).map(([key, value]) => [cleanText(key, 128), cleanText(value, 256)]),
      ),
    },
  };
}

function notAnArn(field: string, what: string): Unread {
  return rejected(
    'cordon_alert_wrong_shape',
    `Expected the field ${field} to be the ARN of ${what}; it does not parse as one. Correct the sender.`,
  );
}

function mismatch(field: string): Unread {
  return rejected(
    'cordon_alert_mismatch',
    `Expected the field ${field} to agree with the function's ARN; they differ. Nothing is contained on a contradiction: correct the sender.`,
  );
}
