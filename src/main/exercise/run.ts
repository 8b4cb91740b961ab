import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { responderRoles } from '../../enrolment/enrolment.ts';
import type { ExercisePeople } from '../../simulation/exercise/people.ts';
import { createExercise, type Exercise, type IncidentFeed } from '../../simulation/exercise/play.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import type { ExerciseRecord, Observed } from '../../simulation/exercise/record.ts';
import { exerciseReport } from '../../simulation/exercise/report.ts';
import {
  attackerResult,
  type ExerciseResult,
  type IncidentResult,
} from '../../simulation/exercise/result.ts';
import { score } from '../../simulation/exercise/score.ts';
import { watchTranscript } from '../../simulation/exercise/transcript.ts';
import { transcriptHtml } from '../../simulation/exercise/transcript-html.ts';
import type { SlackDouble } from '../../simulation/slack-double/double.ts';
import { readTimeline, timelineHead } from '../../store/timeline.ts';
import type { Entry } from '../../timeline/entry.ts';
import { timelineMetrics } from '../../timeline/metrics.ts';
import { verifyChain } from '../../timeline/verify.ts';
import { localCustody } from '../custody.ts';
import { verifyEvidence } from '../evidence.ts';
import type { Ground } from './ground.ts';

export interface RunOptions {
  readonly loaded: LoadedScenario;
  readonly ground: Ground;
  readonly speed: ExerciseResult['speed'];
  /** Names the run. */
  readonly run: string;
  /** 32 hex digits, new in each run that shares a database. */
  readonly runHex: string;
  /** Folder of the run; made here. */
  readonly folder: string;
  readonly people: (record: ExerciseRecord) => ExercisePeople;
  /** A file that gets what people saw in a double of Slack, as HTML, and the zone of its reader. */
  readonly transcript?: {
    readonly slack: SlackDouble;
    readonly file: string;
    readonly timeZone: string;
  };
  /** Ends it before it is over. */
  readonly stop?: AbortSignal;
  /** Told of everything as it happens. */
  readonly onObserved?: (observed: Observed) => void;
}

/** Plays a scenario on its ground to the end, scores it, and writes the report. */
export async function runScenario(options: RunOptions): Promise<ExerciseResult> {
  const { loaded, ground } = options;
  const { clock } = ground;
  const startedAt = clock.now().toISOString();
  const incidents = new Set<string>();
  const exercise = createExercise({
    loaded,
    runHex: options.runHex,
    world: ground.world,
    people: options.people,
    clock,
    feed: feedOf(ground, incidents),
    async postAlert(sender, body) {
      const answer = await ground.postAlert(sender, body);
      for (const id of incidentsIn(answer.body)) incidents.add(id);
      return answer;
    },
  });
  if (options.onObserved !== undefined) exercise.record.subscribe(options.onObserved);
  const transcript = options.transcript === undefined ? undefined : watchTranscript(options.transcript.slack);
  const look = async () => {
    transcript?.look(clock.now());
    return exercise.look();
  };
  exercise.begin();
  try {
    await playOut(exercise, ground, look, options.stop);
  } finally {
    await ended(exercise, ground);
  }
  await look();
  const result = await resultOf(options, exercise.record.all, [...incidents], startedAt);
  await mkdir(options.folder, { recursive: true });
  await writeFile(
    join(options.folder, 'record.ndjson'),
    `${exercise.record.all.map((each) => JSON.stringify(each)).join('\n')}\n`,
  );
  await writeFile(result.report, exerciseReport({ loaded, result, record: exercise.record.all }));
  if (transcript !== undefined && options.transcript !== undefined) {
    const { file, timeZone } = options.transcript;
    await writeFile(file, transcriptHtml(transcript, { title: loaded.scenario.title, timeZone }));
  }
  return result;
}

async function playOut(
  exercise: Exercise,
  ground: Ground,
  look: () => Promise<boolean>,
  stop: AbortSignal | undefined,
): Promise<void> {
  while (stop?.aborted !== true) {
    await ground.settle();
    // What is seen may be what somebody waited for: everything has its turn before time passes.
    while (await look()) await ground.settle();
    if (exercise.over()) return;
    await ground.pass();
  }
}

/** Ends the script; what is under way in it may still need time to pass. */
async function ended(exercise: Exercise, ground: Ground): Promise<void> {
  let over = false;
  const ending = exercise.end().finally(() => {
    over = true;
  });
  const passing = (async () => {
    await ground.drain();
    while (!over) {
      await ground.pass();
      await ground.drain();
    }
  })();
  await Promise.all([ending, passing]);
}

function feedOf(ground: Ground, incidents: ReadonlySet<string>): IncidentFeed {
  return {
    async entriesSince(seen) {
      const fresh: Entry[] = [];
      for (const id of incidents) fresh.push(...(await readTimeline(ground.sql, id, seen.get(id) ?? 0)));
      return fresh;
    },
  };
}

/** The incidents that the intake named in its answer. */
function incidentsIn(body: string): readonly string[] {
  const answer: { readonly alerts?: readonly { readonly incidentId?: unknown }[] } = JSON.parse(body);
  return (answer.alerts ?? []).flatMap(({ incidentId }) =>
    typeof incidentId === 'string' ? [incidentId] : [],
  );
}

async function resultOf(
  options: RunOptions,
  record: readonly Observed[],
  incidents: readonly string[],
  startedAt: string,
): Promise<ExerciseResult> {
  const { loaded, ground, folder } = options;
  const { scenario, enrolment } = loaded;
  const results: IncidentResult[] = [];
  for (const id of incidents) {
    const result = await incidentResult(ground, id);
    if (result !== undefined) results.push(result);
  }
  const statuses = results.map((each) => each.status);
  return {
    run: options.run,
    exercise: scenario.id,
    version: scenario.version,
    title: scenario.title,
    speed: options.speed,
    startedAt,
    endedAt: ground.clock.now().toISOString(),
    status: statuses.includes('halted')
      ? 'halted'
      : statuses.length === 0 || statuses.includes('open')
        ? 'open'
        : 'closed',
    incidents: results,
    attacker: attackerResult(record),
    score: score(scenario, record, (responder) => responderRoles(enrolment, responder)),
    folder,
    report: join(folder, 'report.md'),
  };
}

async function incidentResult(ground: Ground, id: string): Promise<IncidentResult | undefined> {
  const view = await ground.cordon.views.incidentView(id);
  if (view === undefined) return undefined;
  const entries = await readTimeline(ground.sql, id);
  const chain = verifyChain(id, entries, await timelineHead(ground.sql, id));
  const evidence = await verifyEvidence({
    custody: await localCustody(ground.dataDir),
    incident: id,
    entries,
  });
  return {
    id,
    number: view.number,
    title: view.title,
    // An exercise has no gate at its end: its report is its postmortem.
    status: view.status === 'in-review' ? 'closed' : view.status,
    lead: view.lead,
    metrics: timelineMetrics(entries),
    timeline: { entries: entries.length, verified: chain.kind === 'intact' },
    evidence: {
      items: evidence.items,
      missing: evidence.missing,
      verified: evidence.verified,
      problems: evidence.problems,
    },
    postmortem: postmortemOf(entries),
  };
}

function postmortemOf(entries: readonly Entry[]): string | null {
  const data = entries.findLast((entry) => entry.body?.kind === 'postmortem.drafted')?.body?.data;
  if (typeof data !== 'object' || data === null || !('path' in data)) return null;
  return typeof data.path === 'string' ? data.path : null;
}
