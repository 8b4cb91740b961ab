import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { codeIs, systemWord } from '../error.ts';
import type { Disk } from '../evidence/disk.ts';
import { casePlace, objectPath } from '../evidence/place.ts';
import { readCase } from '../evidence/read-case.ts';
import type { ItemRecord } from '../evidence/record.ts';
import { recordName } from '../evidence/record.ts';
import type { Json } from '../json.ts';
import { type CaseFindings, type CaseItem, caseFindings, isFinding } from '../postmortem/case-findings.ts';

// CloudTrail answers a hundred events a second at most, so a list of a day is far below this; a larger one is not ours to load.
const LARGEST_ITEM = 64 * 1024 * 1024;

/**
 * What the evidence of an incident says about reach and cost. Only bytes with the digest of their record are used: what
 * cannot be read, or is not what was sealed, is named. `null` for a case whose records are no chain: nothing is to be taken
 * from it, and its verification says what is wrong.
 */
export async function readCaseFindings(options: {
  readonly disk: Disk;
  readonly folder: string;
  readonly incident: string;
}): Promise<CaseFindings | null> {
  const { disk, folder, incident } = options;
  const records = await recordsOf(disk, folder, incident);
  if (records === null) return null;
  const items: CaseItem[] = [];
  const unread: { item: string; reason: string }[] = [];
  for (const { record } of records) {
    if (record.kind !== 'item' || !isFinding(record.item)) continue;
    const rows = await rowsOf(disk, folder, record);
    if (typeof rows === 'string') {
      unread.push({ item: recordName(record), reason: rows });
      continue;
    }
    const { artifact, sourceArn } = record.item;
    items.push({
      name: recordName(record),
      artifact,
      sourceArn,
      collectedAt: record.custody.collectedAt,
      rows,
    });
  }
  return caseFindings(items, unread);
}

async function recordsOf(disk: Disk, folder: string, incident: string) {
  try {
    return (await readCase(disk, casePlace(folder, incident))).records;
  } catch (error) {
    if (codeIs(error, 'cordon_evidence_case_damaged')) return null;
    throw error;
  }
}

/** The values of an item, or why there are none. */
async function rowsOf(disk: Disk, folder: string, { item }: ItemRecord): Promise<readonly Json[] | string> {
  if (item.secret) return 'encrypted to the case';
  if (item.objectSize > LARGEST_ITEM) return `larger than ${LARGEST_ITEM} bytes`;
  const hash = createHash('sha256');
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of disk.chunks(join(folder, objectPath(item.sha256)))) {
      hash.update(chunk);
      chunks.push(chunk);
    }
  } catch (error) {
    return `could not be read${systemWord(error)}`; // retention may have removed it: the report says so too
  }
  if (hash.digest('hex') !== item.sha256) return 'not the bytes that were sealed';
  const content = Buffer.concat(chunks).toString('utf8');
  try {
    return item.mediaType === 'application/x-ndjson'
      ? content
          .split('\n')
          .filter((line) => line !== '')
          .map((line): Json => JSON.parse(line))
      : [JSON.parse(content) as Json]; // what JSON.parse gives
  } catch {
    return 'not the JSON that it should be';
  }
}
