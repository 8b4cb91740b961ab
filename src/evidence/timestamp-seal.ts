import { join } from 'node:path';
import { z } from 'zod';
import type { SealStamp } from '../action/ports.ts';
import type { JsonObject } from '../json.ts';
import { canonicalJson, sha256Hex } from '../timeline/canonical.ts';
import { IN_TOTO_PAYLOAD_TYPE, IN_TOTO_STATEMENT_TYPE, type Signer, signEnvelope } from '../timeline/dsse.ts';
import { type Disk, publishFile } from './disk.ts';
import { envelopeFile } from './manifest.ts';
import type { CasePlace } from './place.ts';
import { readCanonical } from './record.ts';
import type { TimestampAuthority } from './timestamp-authority.ts';

/**
 * The time stamp of a seal is of its signature's file, and lies beside it in an envelope of our own: the response of an
 * authority has bytes that its signature does not cover, and every byte of a case is covered by one.
 */

const TIMESTAMP_PREDICATE = 'urn:cordon:evidence-timestamp:v1';

/** `manifest.timestamp.dsse.json`, then `manifest-2.timestamp.dsse.json` …. */
export function timestampFile(number: number): string {
  return envelopeFile(number).replace(/dsse[.]json$/, 'timestamp.dsse.json');
}

/**
 * Asks for a time stamp of every seal up to `seals` that has none, the newest first: what an authority refused before is
 * asked for again. What it refuses now is said and holds nothing up.
 */
export async function stampSeals(options: {
  readonly disk: Disk;
  readonly place: CasePlace;
  readonly signer: Signer;
  readonly authority: TimestampAuthority;
  readonly seals: number;
  temporary(): string;
}): Promise<SealStamp> {
  let newest: SealStamp | undefined;
  for (let number = options.seals; number >= 1; number -= 1) {
    const stamp = await stampOne(options, number);
    newest ??= stamp;
    // Whoever refused one refuses the others too, ten seconds each.
    if (stamp.kind === 'refused') break;
  }
  return newest ?? { kind: 'refused', reason: 'there is no seal' };
}

async function stampOne(options: Parameters<typeof stampSeals>[0], number: number): Promise<SealStamp> {
  const { disk, place, signer, authority } = options;
  const path = join(place.folder, timestampFile(number));
  const known = await disk.read(path);
  if (known !== null) return knownStamp(known);
  const name = envelopeFile(number);
  const sealed = await disk.read(join(place.folder, name));
  if (sealed === null) return { kind: 'refused', reason: 'the seal has no signature yet' };
  const stamped = await authority.stamp(sealed);
  if (stamped.kind === 'refused') return stamped;
  const statement: JsonObject = {
    _type: IN_TOTO_STATEMENT_TYPE,
    subject: [{ name, digest: { sha256: sha256Hex(sealed) } }],
    predicateType: TIMESTAMP_PREDICATE,
    predicate: { at: stamped.at, response: Buffer.from(stamped.response).toString('base64') },
  };
  const payload = Buffer.from(canonicalJson(statement), 'utf8');
  const envelope = await signEnvelope(signer, IN_TOTO_PAYLOAD_TYPE, payload);
  const text = canonicalJson({ ...envelope, signatures: envelope.signatures.map((each) => ({ ...each })) });
  if (await publishFile(disk, options.temporary(), path, Buffer.from(text), 0o400)) {
    return { kind: 'stamped', at: stamped.at };
  }
  return knownStamp((await disk.read(path)) ?? new Uint8Array()); // another process was faster
}

function knownStamp(bytes: Uint8Array): SealStamp {
  const payload = z.object({ payload: z.string() }).safeParse(readCanonical(bytes)).data?.payload ?? '';
  const read = readTimestampStatement(Buffer.from(payload, 'base64'));
  return read === null
    ? { kind: 'refused', reason: 'its time stamp is damaged' }
    : { kind: 'stamped', at: read.at };
}

const statementSchema = z.strictObject({
  _type: z.literal(IN_TOTO_STATEMENT_TYPE),
  subject: z.tuple([z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string() }) })]),
  predicateType: z.literal(TIMESTAMP_PREDICATE),
  predicate: z.strictObject({ at: z.iso.datetime({ precision: 3 }), response: z.base64() }),
});

/** Reads the payload of a time stamp's envelope; null when it is none. */
export function readTimestampStatement(payload: Uint8Array): {
  readonly name: string;
  readonly sha256: string;
  readonly at: string;
  readonly response: Uint8Array;
} | null {
  const read = statementSchema.safeParse(readCanonical(payload));
  if (!read.success) return null;
  const [subject] = read.data.subject;
  const { at, response } = read.data.predicate;
  return {
    name: subject.name,
    sha256: subject.digest.sha256,
    at,
    response: Buffer.from(response, 'base64'),
  };
}
