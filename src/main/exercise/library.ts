import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root.ts';
import { ExerciseError } from '../../simulation/exercise/error.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import { readScenario } from '../../simulation/exercise/read-scenario.ts';

/** An exercise that can be run, as a list shows it. */
export interface ListedExercise {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly difficulty: string;
  readonly attack: readonly string[];
  readonly objectives: number;
}

/** Where the scenarios that ship lie: one folder each, named by the scenario's id. */
const SIMULATIONS = join(PACKAGE_ROOT, 'simulations');

/** Loads one scenario and everything beside it. Throws `cordon_scenario_not_found`, `cordon_scenario_invalid`. */
export async function loadExercise(id: string, folder = SIMULATIONS): Promise<LoadedScenario> {
  const known = await scenarioIds(folder);
  if (!known.includes(id)) {
    throw new ExerciseError(
      'cordon_scenario_not_found',
      `expected one of ${known.join(', ') || 'the scenarios that ship, of which there are none'}; found another name`,
    );
  }
  const loaded = await readScenario('scenario.yaml', (name) => textOf(join(folder, id, name)));
  if (loaded.scenario.id === id) return loaded;
  throw new ExerciseError(
    'cordon_scenario_invalid',
    `expected the scenario in simulations/${id} to have the id ${id}, found ${loaded.scenario.id}; rename one of them`,
  );
}

/** Lists the scenarios that ship, by id. Throws `cordon_scenario_invalid` when one does not load. */
export async function listExercises(folder = SIMULATIONS): Promise<readonly ListedExercise[]> {
  const loaded = await Promise.all((await scenarioIds(folder)).map((id) => loadExercise(id, folder)));
  return loaded.map(({ scenario }) => ({
    id: scenario.id,
    title: scenario.title,
    summary: scenario.summary,
    difficulty: scenario.difficulty,
    attack: scenario.attack,
    objectives: scenario.objectives.length,
  }));
}

/** What scenarios share lies beside them, and is none. */
const SHARED = 'common';

async function scenarioIds(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== SHARED)
    .map((entry) => entry.name)
    .sort();
}

/** The text of a file; `undefined` when there is none. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined; // whoever asked says which file it was
  }
}
