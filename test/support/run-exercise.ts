import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { loadGuardrails, loadPlaybooks } from '../../src/definitions.ts';
import { randomIds } from '../../src/id.ts';
import { silentLog } from '../../src/log.ts';
import { exercise } from '../../src/main/exercise/exercise.ts';
import { loadExercise } from '../../src/main/exercise/library.ts';
import type { ExerciseResult } from '../../src/simulation/exercise/result.ts';
import type { Scenario } from '../../src/simulation/exercise/scenario.ts';

export interface Played {
  readonly result: ExerciseResult;
  /** The after-action report, as it was written. */
  readonly report: string;
}

// Read once: each run would compile the same playbooks again.
const definitions = Promise.all([loadPlaybooks(), loadGuardrails()]);

/** Plays an exercise that ships on a virtual clock, in a folder of its own; `script` in place of its people's. */
export async function runExercise(id: string, script?: Scenario['script']): Promise<Played> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cordon-exercise-'));
  try {
    const loaded = await loadExercise(id);
    const [playbooks, guardrails] = await definitions;
    const result = await exercise({
      config: readConfig({ CORDON_DATA_DIR: dataDir }),
      exercise:
        script === undefined ? loaded : { ...loaded, scenario: { ...loaded.scenario, script: [...script] } },
      speed: 'virtual',
      clock: systemClock,
      ids: randomIds,
      log: silentLog,
      definitions: { playbooks, guardrails },
    });
    return { result, report: await readFile(result.report, 'utf8') };
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
  }
}
