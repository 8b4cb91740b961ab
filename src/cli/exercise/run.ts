import type { ExerciseOptions } from '../../main/exercise/exercise.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../error.ts';
import { shown } from '../output.ts';
import { terminalPlayer } from './player.ts';
import { createScreen, renderLine, type Screen, type StoryLine } from './screen.ts';
import {
  type ExerciseResult,
  printNextSteps,
  printScore,
  printSummary,
  summaryData,
  wentWell,
} from './summary.ts';

/**
 * Runs an exercise live and shows it as it happens; with `--json` one line an event and the summary last.
 * `interactive`: the person at the terminal answers. Says no when it was not closed, the evidence does not
 * verify, or the attacker was not stopped.
 */
export async function runLive(
  context: Context,
  id: string,
  options: { readonly interactive: boolean } & Pick<ExerciseOptions, 'transcript'>,
): Promise<ExitCode> {
  const { io, out, clock } = context;
  const screen = out.json ? undefined : await createScreen({ io, out, clock });
  const player =
    options.interactive && screen !== undefined ? terminalPlayer({ io, out, screen }) : undefined;
  let result: ExerciseResult;
  try {
    result = await run(context, id, 'live', {
      ...(player === undefined ? {} : { player }),
      ...(options.transcript === undefined ? {} : { transcript: options.transcript }),
      onBegin: () => {
        if (out.json) out.data({ type: 'begin', exercise: id, at: clock.now().toISOString() });
        screen?.waits('an attacker is at work');
      },
      onLine: (line) => {
        if (out.json) out.data({ type: 'event', ...line });
        screen?.show(line);
        const next = waitsFor(line);
        if (next !== undefined) screen?.waits(next);
      },
      screen,
    });
  } finally {
    await screen?.end();
  }
  const config = await context.config();
  out.result(summaryData(result), () => {
    printSummary(out, result);
    printScore(out, result);
    printNextSteps(out, result, config);
  });
  return wentWell(result) ? EXIT.ok : EXIT.no;
}

/** Runs an exercise on a virtual clock, in seconds. Says no when it was not passed. */
export async function runHeadless(
  context: Context,
  id: string,
  options: Pick<ExerciseOptions, 'transcript'> = {},
): Promise<ExitCode> {
  const { out } = context;
  const lines: StoryLine[] = [];
  const result = await run(context, id, 'virtual', { ...options, onLine: (line) => void lines.push(line) });
  out.result(summaryData(result), () => {
    lines.sort((a, b) => a.elapsedMs - b.elapsedMs);
    for (const line of lines) for (const text of renderLine(line, out.paint)) out.line(text);
    printSummary(out, result);
    printScore(out, result);
  });
  return result.score.passed && wentWell(result) ? EXIT.ok : EXIT.no;
}

/** Lists the exercises that can be run. */
export async function listAll(context: Context): Promise<ExitCode> {
  const { out } = context;
  const { listExercises } = await import('../../main/exercise/library.ts');
  const exercises = await listExercises();
  out.result(exercises, () =>
    out.table(
      ['exercise', 'difficulty', 'title', 'ATT&CK'],
      exercises.map((each) => [
        out.paint.bold(each.id),
        each.difficulty,
        shown(each.title, 60),
        each.attack.join(' '),
      ]),
    ),
  );
  return EXIT.ok;
}

async function run(
  context: Context,
  id: string,
  speed: ExerciseOptions['speed'],
  more: Pick<ExerciseOptions, 'player' | 'onBegin' | 'onLine' | 'transcript'> & {
    readonly screen?: Screen | undefined;
  },
): Promise<ExerciseResult> {
  const { io, out, clock, ids } = context;
  const config = await context.config();
  const { loadExercise } = await import('../../main/exercise/library.ts');
  const loaded = await loadExercise(id);
  const { scenario } = loaded;
  if (!out.json) {
    out.line(out.paint.bold(shown(scenario.title)));
    out.line(out.paint.yellow(`${shown(scenario.drill.banner)}`));
    out.line(wrapped(shown(scenario.summary, 1000), Math.min(100, io.stdout.columns ?? 100)));
    out.line();
  }
  more.screen?.waits('starting the engine, an account, and Slack (the first start takes some seconds)');
  const { exercise } = await import('../../main/exercise/exercise.ts');
  const { screen: _, ...rest } = more;
  return exercise({ config, exercise: loaded, speed, clock, ids, log: await context.log(), ...rest });
}

/** What everybody waits for after a line, for the spinner. */
function waitsFor(line: StoryLine): string | undefined {
  switch (line.event) {
    case 'alert.accepted':
      return 'containing, and collecting evidence beside it';
    case 'containment.level':
      if (line.text.startsWith('CONTAINED')) return 'contained; a person decides how it ends';
      if (line.text.startsWith('Released')) return 'writing the postmortem';
      return 'accepted is not contained: an IAM change takes seconds to spread; proving it after 10 s';
    case 'incident.closed':
      return 'watching whether the attacker gets in again after the release';
    default:
      return undefined;
  }
}

function wrapped(text: string, columns: number): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > columns) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
}
