import type { JsonObject } from '../json.ts';
import { slackManifest } from '../slack/manifest.ts';

/** The Slack app's manifest, for a command that knows nothing else of Slack. */
export function manifestFor(requestUrl: string | undefined): JsonObject {
  return slackManifest(requestUrl === undefined ? {} : { requestUrl });
}
