import { z } from 'zod';

/**
 * What one look at an account and Region found. Plain JSON, kept in the database and read back through this schema.
 * An unreadable part is `null` and named in `unknown`: it is never taken for empty.
 */

/** What can make a function run: an event source, a grant of its resource policy, a URL. */
const trigger = z.strictObject({
  kind: z.enum(['source', 'grant', 'url']),
  /** ARN of the source; `Sid: principal` of the grant; authentication of the URL. */
  from: z.string(),
});

const inventoryFunction = z.strictObject({
  functionArn: z.string(),
  functionName: z.string(),
  /** Distinct execution roles of all versions. */
  roles: z.array(z.string()),
  logGroups: z.array(z.string()),
  /** `null` where one of the reads behind it failed. */
  triggers: z.array(trigger).nullable(),
  /** Where asynchronous events go that fail: dead-letter queues and destinations of all versions and qualifiers. */
  sinks: z.array(z.string()).nullable(),
  tags: z.record(z.string(), z.string()).nullable(),
  reserved: z.number().int().nullable(),
  /** Profile static: whether its quarantine policy was prepared; `null` in profile dynamic, or when unknown. */
  prepared: z.boolean().nullable(),
  codeSha256: z.string(),
  lastModified: z.string(),
});

const inventoryRole = z.strictObject({
  roleArn: z.string(),
  /** Who may assume it besides Lambda: other users, whom a quarantine of the whole role would hit. */
  others: z.array(z.string()).nullable(),
  /** What its policies allow, one `action on resource` each. */
  grants: z.array(z.string()).nullable(),
  /** Characters of inline policies, of 10,240. */
  inlineSize: z.number().int().nullable(),
  attached: z.array(z.string()).nullable(),
  /** Calls with which it could undo a containment, as the IAM simulator says. */
  undoes: z.array(z.string()).nullable(),
});

/** One change of a function, from the account's own event history. */
const change = z.strictObject({
  at: z.string(),
  call: z.string(),
  by: z.string(),
  functionName: z.string(),
});

const unreadable = z.strictObject({ part: z.string(), code: z.string(), reason: z.string() });

/** One of Cordon's own roles, and which declared permissions the simulator says it lacks. */
const ownRole = z.strictObject({
  purpose: z.enum(['read', 'contain', 'release']),
  roleArn: z.string(),
  missing: z.array(z.string()).nullable(),
});

export const pictureSchema = z.strictObject({
  account: z.string(),
  region: z.string(),
  takenAt: z.string(),
  functions: z.array(inventoryFunction),
  roles: z.array(inventoryRole),
  ownRoles: z.array(ownRole),
  changes: z.array(change).nullable(),
  unknown: z.array(unreadable),
});

export type Picture = z.infer<typeof pictureSchema>;
export type InventoryFunction = z.infer<typeof inventoryFunction>;
export type InventoryRole = z.infer<typeof inventoryRole>;

/** How old a picture may be and still be believed at alert time; older is as good as unknown (reference, 1.8.10). */
export const STALE_AFTER_MS = 60 * 60_000;

/** True when the picture is too old to rely on, or from the future. */
export function isStale(picture: { readonly takenAt: string }, now: Date): boolean {
  const ageMs = now.getTime() - Date.parse(picture.takenAt);
  return !(ageMs >= 0 && ageMs <= STALE_AFTER_MS);
}

/** Who else is on the roles of a function. */
export interface BlastRadius {
  /** Other functions of the account and Region on one of its roles. */
  readonly functions: readonly string[];
  /** Principals besides Lambda that may assume one of them; `null` when a trust could not be read. */
  readonly others: readonly string[] | null;
}

/** The blast radius of denying all roles of a function; `undefined` when the picture does not have it. Pure. */
export function blastRadius(picture: Picture, functionArn: string): BlastRadius | undefined {
  const subject = picture.functions.find((each) => each.functionArn === functionArn);
  if (subject === undefined) return undefined;
  const shared = picture.functions.filter(
    (each) => each !== subject && each.roles.some((role) => subject.roles.includes(role)),
  );
  const others = subject.roles.map(
    (arn) => picture.roles.find(({ roleArn }) => roleArn === arn)?.others ?? null,
  );
  return {
    functions: shared.map((each) => each.functionArn),
    others: others.includes(null) ? null : [...new Set(others.flatMap((each) => each ?? []))].sort(),
  };
}
