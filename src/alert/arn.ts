/**
 * ARNs of Lambda functions, IAM roles and GuardDuty findings, as far as Cordon acts on them. What does not parse is
 * refused (`null`), never repaired: the ARN decides which account and function are contained.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */

export interface FunctionArn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly functionName: string;
  /** Version number, alias or `$LATEST`; absent in an unqualified ARN. */
  readonly qualifier?: string;
}

export interface RoleArn {
  readonly partition: string;
  readonly account: string;
  /** The role's name, without its path: what the IAM API takes. */
  readonly roleName: string;
}

export interface FindingArn {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

const ACCOUNT = /^[0-9]{12}$/;
const REGION = /^[a-z]{2,4}(?:-[a-z]{2,20}){1,3}-[0-9]{1,2}$/;
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const QUALIFIER = /^(?:\$LATEST(?:\.PUBLISHED)?|[A-Za-z0-9_-]{1,128})$/;
const ROLE_PATH_AND_NAME = /^(?:[\x21-\x2e\x30-\x7e]{1,511}\/)*[A-Za-z0-9+=,.@_-]{1,64}$/;
const FINDING = /^detector\/[A-Za-z0-9]{1,300}\/finding\/[A-Za-z0-9]{1,300}$/;

/** True for a 12-digit account id. */
export function isAccountId(text: string): boolean {
  return ACCOUNT.test(text);
}

/** True for a Region name of the three supported partitions, e.g. `eu-west-1`. */
export function isRegion(text: string): boolean {
  return REGION.test(text);
}

/** True for a version number, an alias name or `$LATEST`. */
export function isQualifier(text: string): boolean {
  return QUALIFIER.test(text);
}

/** Parses a function ARN, with or without a qualifier; `null` when it is not one. */
export function parseFunctionArn(text: string): FunctionArn | null {
  const parts = split(text, 'lambda');
  if (parts === null || !regionFits(parts.partition, parts.region)) return null;
  const [kind, functionName, qualifier, ...rest] = parts.resource.split(':');
  if (kind !== 'function' || functionName === undefined || rest.length > 0) return null;
  if (!FUNCTION_NAME.test(functionName)) return null;
  const { partition, region, account } = parts;
  if (qualifier === undefined) return { partition, region, account, functionName };
  return QUALIFIER.test(qualifier) ? { partition, region, account, functionName, qualifier } : null;
}

/** Formats a function ARN; leave the qualifier out for the unqualified ARN that names a target. */
export function formatFunctionArn(arn: FunctionArn): string {
  const base = `arn:${arn.partition}:lambda:${arn.region}:${arn.account}:function:${arn.functionName}`;
  return arn.qualifier === undefined ? base : `${base}:${arn.qualifier}`;
}

/** Parses an IAM role ARN, with or without a path; `null` when it is not one. */
export function parseRoleArn(text: string): RoleArn | null {
  const parts = split(text, 'iam');
  if (parts === null || parts.region !== '' || !parts.resource.startsWith('role/')) return null;
  const pathAndName = parts.resource.slice('role/'.length);
  // Role paths are at most 512 characters and names 64; the bound also keeps the pattern's work small.
  if (pathAndName.length > 576 || !ROLE_PATH_AND_NAME.test(pathAndName)) return null;
  const roleName = pathAndName.slice(pathAndName.lastIndexOf('/') + 1);
  return { partition: parts.partition, account: parts.account, roleName };
}

/** Parses the ARN of a GuardDuty finding; `null` when it is not one. */
export function parseFindingArn(text: string): FindingArn | null {
  const parts = split(text, 'guardduty');
  if (parts === null || !regionFits(parts.partition, parts.region) || !FINDING.test(parts.resource))
    return null;
  return { partition: parts.partition, region: parts.region, account: parts.account };
}

interface ArnParts {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** All that follows the fifth colon. */
  readonly resource: string;
}

/** The longest ARN that AWS documents is 2,048 characters. */
const MAX_ARN_LENGTH = 2048;

function split(text: string, service: string): ArnParts | null {
  if (text.length > MAX_ARN_LENGTH) return null;
  const [prefix, partition, found, region, account, ...resource] = text.split(':');
  if (prefix !== 'arn' || found !== service || resource.length === 0) return null;
  if (partition === undefined || region === undefined || account === undefined) return null;
  if (!ACCOUNT.test(account)) return null;
  if (partition !== 'aws' && partition !== 'aws-cn' && partition !== 'aws-us-gov') return null;
  return { partition, region, account, resource: resource.join(':') };
}

/** A Region belongs to one partition; an ARN that says otherwise was not written by AWS. */
function regionFits(partition: string, region: string): boolean {
  if (!REGION.test(region)) return false;
  if (region.startsWith('cn-')) return partition === 'aws-cn';
  if (region.startsWith('us-gov-')) return partition === 'aws-us-gov';
  return partition === 'aws';
}
