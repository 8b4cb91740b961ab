import { z } from 'zod';
import { defineReadAction } from './action.ts';
import { differencesOf, manifestParts } from './manifest-parts.ts';
import { MANIFEST_PERMISSIONS, readManifest } from './read-manifest.ts';

const input = z.strictObject({});

const output = z.strictObject({
  /** False when there is no manifest from before containment to compare with. */
  compared: z.boolean(),
  /** What is not as the manifest has it; empty when everything is back. */
  differences: z.array(z.strictObject({ part: z.string(), was: z.string(), now: z.string() })),
  /** Parts that could not be read, now or then. */
  unread: z.array(z.string()),
});

export const compareManifest = defineReadAction<z.infer<typeof input>, z.infer<typeof output>>({
  id: 'target.compare-manifest',
  title: 'Compare the function with its manifest',
  description:
    'Reads the function, its triggers and roles again after release and compares them with the manifest from before ' +
    'containment, part by part. What differs is listed: nothing, or what was changed on purpose. Writes nothing.',
  effect: 'read',
  lane: 'verify',
  permissions: MANIFEST_PERMISSIONS,
  input,
  output,

  async run(context) {
    const { manifest, unknown } = await readManifest(context);
    const unread = unknown.map(({ part }) => part);
    if (context.manifest === undefined) return { compared: false, differences: [], unread };
    const differences = differencesOf(context.manifest, manifestParts(manifest));
    return { compared: true, differences: differences.map((each) => ({ ...each })), unread };
  },
});
