import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { loadGuardrails, loadPlaybooks } from '../../definitions.ts';
import { type Ids, seededIds } from '../../id.ts';
import type { Log } from '../../log.ts';
import { playedPeople } from '../../simulation/exercise/people.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import type { Player } from '../../simulation/exercise/responders.ts';
import type { ExerciseResult } from '../../simulation/exercise/result.ts';
import { createStoryteller, type StoryLine } from '../../simulation/exercise/story.ts';
import { opening } from '../closing.ts';
import type { Definitions } from '../engine-parts.ts';
import { loadExercise } from './library.ts';
import { openLiveGround } from './live-ground.ts';
import { type RunOptions, runScenario } from './run.ts';
import { openVirtualGround } from './virtual-ground.ts';

export interface ExerciseOptions {
  readonly config: Config;
  /** Id of the scenario, when it is not loaded yet. */
  readonly exercise: string | LoadedScenario;
  readonly speed: ExerciseResult['speed'];
  /** The clock and ids of this machine: a virtual run uses its own inside. */
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** In place of the playbooks and guardrails of the configuration. */
  readonly definitions?: Pick<Definitions, 'playbooks' | 'guardrails'>;
  /** Somebody who answers in place of the script; live only. */
  readonly player?: Player;
  /** A file that gets what people saw in Slack, as HTML; `timeZone` is its reader's, an IANA name. */
  readonly transcript?: Pick<NonNullable<RunOptions['transcript']>, 'file' | 'timeZone'>;
  /** Told of what happens, as it happens, in lines for people. */
  readonly onLine?: (line: StoryLine) => void;
  /** Told when everything stands and the exercise begins. */
  readonly onBegin?: () => void;
}

/**
 * Runs an exercise. Live, it is an incident of the data folder like any other, with `drill-` on what people
 * see; on a virtual clock it has a database of its own, in memory, and leaves its run's folder.
 */
export async function exercise(options: ExerciseOptions): Promise<ExerciseResult> {
  const { config, clock, ids, log, speed } = options;
  const loaded =
    typeof options.exercise === 'string' ? await loadExercise(options.exercise) : options.exercise;
  const definitions = options.definitions ?? {
    playbooks: await loadPlaybooks(config.playbooksDir),
    guardrails: await loadGuardrails(config.guardrailsDir),
  };
  const { run, folder } = await newRun(config.dataDir, loaded.scenario.id, clock);
  return opening(async (closing) => {
    const ground =
      speed === 'live'
        ? await openLiveGround({ config, loaded, definitions, clock, ids, log, closing })
        : await openVirtualGround({ loaded, definitions, dataDir: folder, log, closing });
    const names = new Map(loaded.enrolment.responders.map((each) => [each.slack, each.id]));
    const teller = createStoryteller({
      startMs: ground.clock.now().getTime(),
      nameOf: (user) => names.get(user) ?? user,
    });
    options.onBegin?.();
    const result = await runScenario({
      loaded,
      ground,
      speed,
      run,
      runHex: hex(speed === 'live' ? ids : seededIds(loaded.scenario.seed)),
      folder,
      people: playedPeople({
        loaded,
        slack: ground.slack,
        clock: ground.clock,
        ...(options.player === undefined ? {} : { player: options.player }),
      }),
      ...(options.transcript === undefined
        ? {}
        : { transcript: { ...options.transcript, slack: ground.slack } }),
      onObserved: (observed) => {
        for (const line of teller.tell(observed)) options.onLine?.(line);
      },
    });
    await closing.close();
    return result;
  });
}

/** A run's name, which is its folder's: `c2-callback-20261124T030000Z`, with a number when it is taken. */
export async function newRun(
  dataDir: string,
  scenario: string,
  clock: Clock,
): Promise<{ readonly run: string; readonly folder: string }> {
  const at = clock.now().toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const parent = join(dataDir, 'exercises');
  await mkdir(parent, { recursive: true, mode: 0o700 });
  for (let tries = 1; ; tries += 1) {
    const run = `${scenario}-${at}${tries === 1 ? '' : `-${tries}`}`;
    const folder = join(parent, run);
    if (existsSync(folder)) continue;
    await mkdir(folder);
    return { run, folder };
  }
}

/** 32 hex digits out of a source of ids. */
export function hex(ids: Ids): string {
  return Array.from({ length: 32 }, () => Math.floor(ids.random() * 16).toString(16)).join('');
}
