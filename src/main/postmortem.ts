import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeIs } from '../error.ts';
import type { CaseFindings } from '../postmortem/case-findings.ts';
import { draftPostmortem, type PostmortemIncident } from '../postmortem/draft.ts';
import type { EvidenceSummary } from '../postmortem/evidence-summary.ts';
import { mergePostmortem } from '../postmortem/merge.ts';
import { savedSections } from '../postmortem/sections.ts';
import type { Entry } from '../timeline/entry.ts';
import { type TimelineMetrics, timelineMetrics } from '../timeline/metrics.ts';

/** An incident in a list, as far as earlier ones are told apart. */
interface Listed {
  readonly id: string;
  readonly number: number;
  readonly status: string;
  readonly exercise: boolean;
}

/** How many earlier incidents a postmortem compares with. */
const EARLIER = 20;

/** The metrics of the closed incidents before this one, drills beside drills and real ones beside real ones. */
export async function earlierMetrics(
  incident: Listed,
  all: readonly Listed[],
  entriesOf: (id: string) => Promise<readonly Entry[]>,
): Promise<readonly TimelineMetrics[]> {
  const before = all
    .filter(
      (each) => isOver(each.status) && each.exercise === incident.exercise && each.number < incident.number,
    )
    .sort((a, b) => b.number - a.number)
    .slice(0, EARLIER);
  const metrics: TimelineMetrics[] = [];
  for (const each of before) metrics.push(timelineMetrics(await entriesOf(each.id)));
  return metrics;
}

/** The response is over, with or without its postmortem. */
function isOver(status: string): boolean {
  return status === 'closed' || status === 'in-review';
}

/** Where the engine keeps the postmortem that people write in. */
export function postmortemPath(dataDir: string, incident: string): string {
  return join(dataDir, 'postmortems', `${incident}.md`);
}

/** Renders a postmortem; what people wrote into `previous`, or saved, stays. */
export function renderPostmortem(
  input: {
    readonly incident: PostmortemIncident;
    readonly privilege: string | null;
    readonly entries: readonly Entry[];
    readonly evidence: EvidenceSummary | null;
    readonly findings: CaseFindings | null;
    readonly earlier: readonly TimelineMetrics[];
  },
  previous: string | undefined,
): string {
  return mergePostmortem(draftPostmortem(input), { previous, saved: savedSections(input.entries) });
}

/** The text of a file, or nothing when there is none yet. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeIs(error, 'ENOENT') || codeIs(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Writes a postmortem so that a reader sees the old one or the new one, and returns its digest in hex. */
export async function writePostmortem(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const sha256 = createHash('sha256').update(text).digest('hex');
  // Named for its content: two who write the same at once do no harm, and others have another name.
  const beside = `${path}.${sha256.slice(0, 16)}.part`;
  await writeFile(beside, text);
  await rename(beside, path);
  return sha256;
}
