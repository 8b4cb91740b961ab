import { z } from 'zod';
import { abusedApis } from './abused-api.ts';
import type { Alert, AlertTarget } from './alert.ts';
import {
  formatFunctionArn,
  isAccountId,
  isQualifier,
  isRegion,
  parseFindingArn,
  parseFunctionArn,
  parseRoleArn,
} from './arn.ts';
import { parseBoundedJson } from './bounded-json.ts';
import { cleanText } from './clean-text.ts';
import { type Document, isObject } from './envelope.ts';
import { type Format, type FormatReading, utcInstant, wrongFields } from './format.ts';
import { lowerKeys } from './key-case.ts';
import { rejected, type Unread, unsupported } from './reading.ts';
import { remoteAddresses } from './remote-address.ts';

/**
 * GuardDuty findings, bare or from EventBridge, in either key case.
 * https://docs.aws.amazon.com/guardduty/latest/ug/findings-lambda-protection.html
 */
export const guardDuty: Format = {
  id: 'guardduty',
  title: 'GuardDuty finding',
  recognises,
  read,
};

/** The seven types of Lambda Protection; an eighth is unknown until somebody has thought about it. */
export const LAMBDA_FINDING_TYPES = [
  'Backdoor:Lambda/C&CActivity.B',
  'CryptoCurrency:Lambda/BitcoinTool.B',
  'Trojan:Lambda/BlackholeTraffic',
  'Trojan:Lambda/DropPoint',
  'UnauthorizedAccess:Lambda/MaliciousIPCaller.Custom',
  'UnauthorizedAccess:Lambda/TorClient',
  'UnauthorizedAccess:Lambda/TorRelay',
] as const;

const KNOWN_LAMBDA_TYPES: ReadonlySet<string> = new Set(LAMBDA_FINDING_TYPES);
const IAM_TYPE = /^[A-Za-z]{1,40}:IAMUser\/[A-Za-z0-9.]{1,80}$/;

const instant = z.iso.datetime({ offset: true });
/** The other side of a connection or a call. What is no address is left out later, and refuses no finding. */
const remote = z
  .object({ ipAddressV4: z.string().max(64).nullish() })
  .nullish()
  .catch(null);

const tag = z.object({ key: z.string().min(1).max(128), value: z.string().max(256).nullish() });

/**
 * The fields that Cordon uses, and only those: AWS adds fields to findings without notice, so the
 * others are dropped, not refused. All values are attacker-controlled.
 */
const findingSchema = z.object({
  accountId: z.string().refine(isAccountId, 'expected 12 digits'),
  region: z.string().refine(isRegion, 'expected the name of a Region'),
  partition: z.string().nullish(),
  arn: z.string(),
  type: z.string().min(1).max(200),
  severity: z.number().min(0).max(10),
  createdAt: instant,
  updatedAt: instant,
  title: z.string().nullish(),
  description: z.string().nullish(),
  resource: z.object({
    resourceType: z.string().min(1).max(100),
    lambdaDetails: z
      .object({
        functionArn: z.string(),
        functionName: z.string().nullish(),
        functionVersion: z.string().refine(isQualifier, 'expected a version, an alias or $LATEST').nullish(),
        role: z.string().nullish(),
        tags: z.array(tag).max(200).nullish(),
      })
      .nullish(),
  }),
  service: z.object({
    archived: z.boolean().nullish(),
    count: z.number().int().min(1).nullish(),
    // Only AWS's own APIs have an action in IAM; of another shape it tells us nothing, and refuses nothing.
    action: z
      .object({
        awsApiCallAction: z
          .object({ api: z.string(), serviceName: z.string(), remoteIpDetails: remote })
          .nullish()
          .catch(null),
        networkConnectionAction: z.object({ remoteIpDetails: remote }).nullish().catch(null),
      })
      .nullish()
      .catch(null),
    eventFirstSeen: instant.nullish(),
    eventLastSeen: instant.nullish(),
    additionalInfo: z.looseObject({ sample: z.unknown(), value: z.unknown() }).partial().nullish(),
  }),
});

type Finding = z.infer<typeof findingSchema>;

function recognises(document: Document): boolean {
  if (document.events.some((event) => event.source === 'aws.guardduty')) return true;
  if (!isObject(document.value)) return false;
  const arn = document.value.arn ?? document.value.Arn;
  const service = document.value.service ?? document.value.Service;
  if (isObject(service) && (service.serviceName ?? service.ServiceName) === 'guardduty') return true;
  return typeof arn === 'string' && /^arn:[a-z-]{1,20}:guardduty:/.test(arn);
}

function read(document: Document): FormatReading {
  const stranger = document.events.find(
    (event) => event.source !== 'aws.guardduty' || event.detailType !== 'GuardDuty Finding',
  );
  if (stranger !== undefined) {
    const found = `"${cleanText(stranger.detailType, 100)}" from ${cleanText(stranger.source, 100)}`;
    return unsupported(
      'cordon_alert_format_not_read',
      `Expected the event "GuardDuty Finding" from aws.guardduty; found ${found}. A person has to look at it.`,
    );
  }
  const lowered = lowerKeys(document.value);
  if (lowered.kind === 'ambiguous') {
    return rejected(
      'cordon_alert_wrong_shape',
      'Expected a GuardDuty finding in one key case; found the same key twice, in both. Check what rewrites it on its way.',
    );
  }
  const parsed = findingSchema.safeParse(lowered.value);
  if (!parsed.success) return wrongFields(guardDuty.title, parsed.error);
  const finding = parsed.data;
  return checkIdentity(finding, document) ?? checkLife(finding) ?? readKind(finding);
}

/** The finding's ARN, its fields and the event must tell one story: whichever we chose, another would be wrong. */
function checkIdentity(finding: Finding, document: Document): Unread | null {
  const arn = parseFindingArn(finding.arn);
  if (arn === null) {
    return rejected(
      'cordon_alert_wrong_shape',
      'Expected the field arn to be the ARN of a GuardDuty finding; it does not parse as one. Correct the sender.',
    );
  }
  if (arn.account !== finding.accountId) return mismatch('accountId', "the finding's ARN");
  if (arn.region !== finding.region) return mismatch('region', "the finding's ARN");
  if ((finding.partition ?? arn.partition) !== arn.partition)
    return mismatch('partition', "the finding's ARN");
  // The event's account is not compared: in a delegated administrator's account, events about a member's finding
  // carry the administrator's account. GuardDuty is regional, so the event's Region has to agree.
  if (document.events.some((event) => event.region !== null && event.region !== finding.region)) {
    return mismatch('region', 'the EventBridge envelope');
  }
  return null;
}

function checkLife(finding: Finding): Unread | null {
  if (finding.service.archived !== true) return null;
  return unsupported(
    'cordon_alert_archived',
    'Expected an active finding; found an archived one: a person or a suppression rule has put it away. Unarchive it in GuardDuty if it should count.',
  );
}

function readKind(finding: Finding): FormatReading {
  const { resourceType, lambdaDetails } = finding.resource;
  if (resourceType === 'Lambda') {
    if (!KNOWN_LAMBDA_TYPES.has(finding.type)) return unknownType(finding, 'one of the seven Lambda types');
    if (lambdaDetails === null || lambdaDetails === undefined) {
      return rejected(
        'cordon_alert_wrong_shape',
        'Expected resource.lambdaDetails in a finding about a function; it is missing. Check what rewrites it on its way.',
      );
    }
    const target = readTarget(finding, lambdaDetails);
    return target.kind === 'target'
      ? { kind: 'alert', alert: { ...common(finding, 'function-compromise'), target: target.target } }
      : target;
  }
  if (resourceType === 'AccessKey') {
    if (!IAM_TYPE.test(finding.type)) return unknownType(finding, 'an IAMUser type');
    // No target, although a Lambda role's principalId ends in the function's name: that is the session name,
    // which whoever assumes the role chooses freely. Only CloudTrail's inScopeOf proves the function.
    return { kind: 'alert', alert: common(finding, 'credential-compromise') };
  }
  return unsupported(
    'cordon_alert_unsupported_resource',
    `Expected a finding about a Lambda function or an access key; found one about "${cleanText(resourceType, 100)}". A person has to look at it.`,
  );
}

function readTarget(
  finding: Finding,
  details: NonNullable<Finding['resource']['lambdaDetails']>,
): { readonly kind: 'target'; readonly target: AlertTarget } | Unread {
  const arn = parseFunctionArn(details.functionArn);
  if (arn === null) {
    return rejected(
      'cordon_alert_wrong_shape',
      'Expected resource.lambdaDetails.functionArn to be the ARN of a Lambda function; it does not parse as one. Correct the sender.',
    );
  }
  const { partition, region, account, functionName } = arn;
  if (account !== finding.accountId) return mismatch('accountId', "the function's ARN");
  if (region !== finding.region) return mismatch('region', "the function's ARN");
  if (partition !== parseFindingArn(finding.arn)?.partition)
    return mismatch('partition', "the function's ARN");
  if ((details.functionName ?? functionName) !== functionName)
    return mismatch('functionName', "the function's ARN");
  if (details.role !== null && details.role !== undefined && details.role !== '') {
    const role = parseRoleArn(details.role);
    if (role === null) {
      return rejected(
        'cordon_alert_wrong_shape',
        'Expected resource.lambdaDetails.role to be the ARN of an IAM role; it does not parse as one. Correct the sender.',
      );
    }
    // Lambda takes no role of another account, so such a finding was not written by GuardDuty.
    if (role.account !== account || role.partition !== partition)
      return mismatch('role', "the function's ARN");
  }
  // The version is the narrower statement; an alias in the ARN may have moved since.
  const qualifier = details.functionVersion ?? arn.qualifier;
  return {
    kind: 'target',
    target: {
      functionArn: formatFunctionArn({ partition, region, account, functionName }),
      functionName,
      partition,
      account,
      region,
      ...(qualifier === undefined ? {} : { qualifier }),
      ...(details.role ? { roleArn: details.role } : {}),
      tags: Object.fromEntries(
        (details.tags ?? []).map(({ key, value }) => [cleanText(key, 128), cleanText(value ?? '', 256)]),
      ),
    },
  };
}

function common(finding: Finding, category: Alert['category']): Alert {
  const updatedAt = utcInstant(finding.updatedAt);
  const call = finding.service.action?.awsApiCallAction;
  return {
    source: 'guardduty',
    dedupeKey: finding.arn,
    revision: `${updatedAt}#${finding.service.count ?? 1}`,
    category,
    findingType: finding.type,
    title: cleanText(finding.title || finding.type, 300),
    description: cleanText(finding.description ?? '', 4000),
    severity: finding.severity,
    // GuardDuty documents a confidence field and leaves it out: none given counts as sure.
    confidence: 1,
    account: finding.accountId,
    region: finding.region,
    ...abusedApis(call ? [{ service: call.serviceName, api: call.api }] : []),
    firstSeenAt: utcInstant(finding.service.eventFirstSeen ?? finding.createdAt),
    lastSeenAt: utcInstant(finding.service.eventLastSeen ?? finding.updatedAt),
    ...remoteAddresses([
      finding.service.action?.networkConnectionAction?.remoteIpDetails?.ipAddressV4,
      finding.service.action?.awsApiCallAction?.remoteIpDetails?.ipAddressV4,
    ]),
    sample: isSample(finding),
  };
}

/**
 * A sample says so as `additionalInfo.sample` (EventBridge) or inside the JSON text `additionalInfo.value`
 * (SDK output, seen in public captures); its title begins with [SAMPLE] in both.
 */
function isSample(finding: Finding): boolean {
  const info = finding.service.additionalInfo;
  if (finding.title?.startsWith('[SAMPLE]') === true || isTrue(info?.sample)) return true;
  if (typeof info?.value !== 'string') return false;
  const parsed = parseBoundedJson(info.value, 'additionalInfo.value');
  if (parsed.kind !== 'parsed' || !isObject(parsed.value)) return false;
  return isTrue(parsed.value.sample ?? parsed.value.Sample);
}

function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}

function unknownType(finding: Finding, expected: string): Unread {
  return unsupported(
    'cordon_alert_unknown_finding_type',
    `Expected ${expected}; found "${cleanText(finding.type, 200)}". A person has to decide what it calls for.`,
  );
}

function mismatch(field: string, other: string): Unread {
  return rejected(
    'cordon_alert_mismatch',
    `Expected the field ${field} to agree with ${other}; they differ. Nothing is contained on a contradiction: check what rewrites the finding on its way.`,
  );
}
