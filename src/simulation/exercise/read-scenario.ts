import type { Enrolment } from '../../enrolment/enrolment.ts';
import { parseEnrolment } from '../../enrolment/enrolment.ts';
import type { Diagnostic } from '../../guardrail/diagnostic.ts';
import { formatDiagnostic } from '../../guardrail/diagnostic.ts';
import { readYaml } from '../../guardrail/read-yaml.ts';
import { loadWorldParts } from '../world/parts.ts';
import type { WorldSpec } from '../world/spec.ts';
import { ExerciseError } from './error.ts';
import { checkReferences, checkSurroundings } from './references.ts';
import type { Inject, Scenario } from './scenario.ts';
import { SCENARIO_SHAPE } from './scenario.ts';

/** A scenario with everything that it names, read and checked. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  readonly world: WorldSpec;
  readonly enrolment: Enrolment;
  /** The alerts of the injects, as they lie in their files, by file. */
  readonly alerts: ReadonlyMap<string, string>;
}

/** A scenario that does not load. Each problem is a line of the message, with its place. */
class ScenarioError extends ExerciseError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(
      'cordon_scenario_invalid',
      [
        'expected a scenario as docs/exercises.md describes it; mend each of these:',
        ...diagnostics.map(formatDiagnostic),
      ].join('\n'),
    );
    this.diagnostics = diagnostics;
  }
}

/**
 * Reads a scenario and the files beside it. `textOf` returns the text of a file by its name, or `undefined`
 * when there is none. Throws `cordon_scenario_invalid` with line and column of each problem, and what the
 * account and the enrolment throw when they are not sound.
 */
export async function readScenario(
  file: string,
  textOf: (name: string) => Promise<string | undefined>,
): Promise<LoadedScenario> {
  const source = await textOf(file);
  if (source === undefined) throw notThere(file);
  const scenario = parse(source, file, (value) => checkReferences(value));
  const parts = [];
  for (const name of scenario.world) parts.push({ file: name, text: await needed(name, textOf) });
  const world = loadWorldParts(parts);
  const enrolment = parseEnrolment(await needed(scenario.enrolment, textOf), scenario.enrolment);
  parse(source, file, (value) => checkSurroundings(value, world, enrolment));
  const alerts = new Map<string, string>();
  for (const name of alertFiles(scenario.injects)) alerts.set(name, await needed(name, textOf));
  return { scenario, world, enrolment, alerts };
}

function parse(
  source: string,
  file: string,
  check: (scenario: Scenario) => ReturnType<typeof checkReferences>,
): Scenario {
  const checked = SCENARIO_SHAPE.superRefine((value, context) => {
    for (const { path, message } of check(value)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });
  const read = readYaml(source, file, checked);
  if (read.kind === 'invalid') throw new ScenarioError(read.diagnostics);
  return read.value;
}

function alertFiles(injects: readonly Inject[]): ReadonlySet<string> {
  return new Set(injects.flatMap(({ deliver }) => ('alert' in deliver ? [deliver.alert.file] : [])));
}

async function needed(name: string, textOf: (name: string) => Promise<string | undefined>): Promise<string> {
  const text = await textOf(name);
  if (text === undefined) throw notThere(name);
  return text;
}

function notThere(name: string): ScenarioError {
  return new ScenarioError([
    {
      file: name,
      line: 1,
      column: 1,
      message: 'expected a readable file beside the scenario; there is none',
    },
  ]);
}
