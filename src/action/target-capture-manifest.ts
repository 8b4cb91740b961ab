import { z } from 'zod';
import { defineReadAction } from './action.ts';
import { evidenceFolder } from './arn.ts';
import { manifestParts } from './manifest-parts.ts';
import { MANIFEST_PERMISSIONS, readManifest } from './read-manifest.ts';
import { tolerant } from './tolerant.ts';
import { PERSONAL_VARIANTS } from './variant.ts';

const input = z.strictObject({});

const output = z.strictObject({
  /** Distinct execution roles of all versions that could be read, with those known before. */
  roles: z.array(z.string()),
  /** Other functions of the Region on one of these roles; -1 when they could not be listed. */
  sharedWith: z.number().int().min(-1),
  /** Those functions, as far as they could be listed; at most 50. */
  siblings: z.array(z.string()).max(50),
  codeSha256: z.string().nullable(),
  /** Hashes of the code of `$LATEST` and of the published versions; a function that is put right runs one of these again. */
  codes: z.array(z.string()),
  /** The longest that an invocation which was running at containment may go on; `null` when it could not be read. */
  timeoutSeconds: z.number().nullable(),
  /** What release has to put back, part by part in short: compared with what is there after it. */
  parts: z.record(z.string(), z.string()),
  /** Roles that nothing but this function can use: no other function, and trusted by Lambda alone. */
  exclusive: z.array(z.string()),
  /** Roles that others than Lambda may assume: a deny of this function's own calls misses them. */
  outside: z.array(z.string()),
  /** Sinks of failed events that a whole-role deny leaves open: in this account, and older than the suspicion. */
  sinks: z.array(z.string()),
  /** Log groups besides the default one. */
  logGroups: z.array(z.string()),
  /** Published qualifiers of a function on Managed Instances; empty for others. */
  published: z.array(z.string()),
  /** What about the function needs a person, because an automatic step would mishandle it. */
  forPeople: z.array(z.enum(PERSONAL_VARIANTS)),
  /** Qualifiers whose URL anybody may call. */
  openUrls: z.array(z.string()),
  /** Statements of the resource policy that let others than this account invoke it, as `lambda.remove-permission` takes them. */
  strangers: z.array(z.string()),
  /** Whether deployments can be frozen: the enrolment names how, and the code is a package. */
  freezes: z.boolean(),
  unknown: z.array(z.strictObject({ part: z.string(), code: z.string(), reason: z.string() })),
});

type Output = z.infer<typeof output>;

export const captureManifest = defineReadAction<z.infer<typeof input>, Output>({
  id: 'target.capture-manifest',
  title: 'Capture what the function is now',
  description:
    'Reads the function, its versions, aliases, concurrency, triggers, URLs, resource policy and roles side by side, and ' +
    'stores them as the manifest. A part that cannot be read is recorded as unknown with its reason and holds nothing up. ' +
    'Environment values are left out. Writes nothing.',
  effect: 'read',
  lane: 'prepare',
  permissions: MANIFEST_PERMISSIONS,
  input,
  output,

  async run(context) {
    const { manifest, roles, siblings, latest, described, facts, unknown } = await readManifest(context);
    // The download begins elsewhere, in its own time: containment does not wait for it.
    for (const each of described) context.codeLinks.offer(context.incidentId, each);
    const arn = context.target.functionArn;

    // The evidence copy follows; it must not make the manifest fail (reference, 1.8.8).
    const stored = await tolerant(() =>
      context.evidence.put({
        name: `${evidenceFolder(context.target)}/manifest.json`,
        artifact: 'manifest',
        sourceArn: arn,
        apiCall: 'lambda:GetFunction and the reads of the manifest',
        mediaType: 'application/json',
        secret: false,
        content: JSON.stringify({ ...manifest, unknown }, null, 2),
      }),
    );
    if (stored.kind === 'unreadable') {
      unknown.push({ part: 'manifest.json in the evidence', code: stored.code, reason: stored.reason });
    }
    return {
      roles: [...roles],
      sharedWith: siblings === null ? -1 : new Set(siblings.map((item) => item.functionArn)).size,
      siblings: [...new Set((siblings ?? []).map((item) => item.functionArn))].slice(0, 50),
      codeSha256: latest === null ? null : latest.configuration.codeSha256,
      timeoutSeconds: latest === null ? null : latest.configuration.timeoutSeconds,
      parts: manifestParts(manifest),
      ...facts,
      freezes:
        (context.target.means?.codeSigningConfig ?? null) !== null &&
        latest !== null &&
        latest.configuration.packageType !== 'Image',
      unknown: unknown.map(({ part: name, code, reason }) => ({ part: name, code, reason })),
    };
  },
});
