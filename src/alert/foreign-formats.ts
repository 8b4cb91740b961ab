import type { Json } from '../json.ts';
import { type Document, isList, isObject } from './envelope.ts';

/**
 * Formats that Cordon knows by sight and does not read. Naming them tells the person who looks at
 * the refusal what arrived; reading one means giving it a file and a row in `formats.ts`.
 */
const FOREIGN: readonly { readonly title: string; looksLike(value: Json): boolean }[] = [
  {
    title: 'a Security Hub finding (ASFF)',
    looksLike: (value) =>
      isObject(value) && (isAsff(value) || (isList(value.findings) && value.findings.some(isAsff))),
  },
  {
    title: 'an OCSF event',
    looksLike: (value) => isObject(value) && typeof value.class_uid === 'number',
  },
  {
    title: 'a CloudWatch alarm',
    looksLike: (value) =>
      isObject(value) &&
      (typeof value.AlarmName === 'string' || (typeof value.alarmName === 'string' && isObject(value.state))),
  },
  {
    title: 'a CloudTrail record',
    looksLike: (value) =>
      isCloudTrail(value) ||
      (isList(value) && value.length > 0 && value.every(isCloudTrail)) ||
      (isObject(value) &&
        isList(value.Records) &&
        value.Records.length > 0 &&
        value.Records.every(isCloudTrail)),
  },
];

/** The name of the format that a document looks like, for people; `null` when it looks like nothing known. */
export function foreignFormat(document: Document): string | null {
  return FOREIGN.find((format) => format.looksLike(document.value))?.title ?? null;
}

function isAsff(value: Json): boolean {
  return isObject(value) && typeof value.ProductArn === 'string' && typeof value.SchemaVersion === 'string';
}

function isCloudTrail(value: Json): boolean {
  return isObject(value) && typeof value.eventSource === 'string' && typeof value.eventName === 'string';
}
