import type { Clock } from '../../clock.ts';
import type { ExerciseOptions } from '../../main/exercise/exercise.ts';
import type { Io } from '../io.ts';
import type { Output } from '../output.ts';

export type StoryLine = Parameters<NonNullable<ExerciseOptions['onLine']>>[0];
type Lane = StoryLine['lane'];
type Tone = StoryLine['tone'];

/** Where the story of an exercise is shown as it happens. */
export interface Screen {
  /** What it waits for; shown beside a spinner, on a terminal only. */
  waits(text: string): void;
  show(line: StoryLine): void;
  /** Shows what has happened so far, then nothing more until `resume`: somebody types. */
  pause(): Promise<void>;
  resume(): void;
  /** Shows what is left. */
  end(): Promise<void>;
}

const LANES: Readonly<Record<Lane, string>> = {
  attacker: 'ATTACKER',
  response: 'CORDON',
  people: 'PEOPLE',
  exercise: 'EXERCISE',
};

const MARKS: Readonly<Record<Tone, string>> = {
  plain: '·',
  good: '✓',
  bad: '✗',
  warning: '!',
  milestone: '★',
};

// The account's journal is seen at once, the timeline at the next look: lines wait so long for earlier ones.
const HOLD_MS = 300;
const FLUSH_MS = 100;

/** A screen for people. `live`: lines come while one looks, so they are held until their order is known. */
export async function createScreen(options: {
  readonly io: Io;
  readonly out: Output;
  readonly clock: Clock;
}): Promise<Screen> {
  const { io, out, clock } = options;
  const { paint } = out;
  const spinner = io.stdout.isTerminal ? await startSpinner() : undefined;
  const stopping = new AbortController();
  let held: StoryLine[] = [];
  let paused = false;

  const flush = (untilMs: number) => {
    held.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    const ready = held.filter((line) => Date.parse(line.at) <= untilMs);
    held = held.filter((line) => Date.parse(line.at) > untilMs);
    for (const line of ready) for (const text of renderLine(line, paint)) out.line(text);
  };
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(FLUSH_MS, stopping.signal);
      if (!paused) flush(clock.now().getTime() - HOLD_MS);
    }
  })();

  return {
    waits: (text) => spinner?.say(text),
    show: (line) => void held.push(line),
    async pause() {
      await clock.sleep(HOLD_MS + FLUSH_MS);
      spinner?.stop();
      flush(clock.now().getTime());
      paused = true;
    },
    resume() {
      paused = false;
    },
    async end() {
      stopping.abort();
      await loop;
      flush(Number.POSITIVE_INFINITY);
      spinner?.stop();
    },
  };
}

/** One line of the story: time, whose doing, what; an attacker's stands out from the response. */
export function renderLine(line: StoryLine, paint: Output['paint']): readonly string[] {
  const time = paint.dim(`${(line.elapsedMs / 1000).toFixed(2).padStart(7)} s`);
  const label = LANES[line.lane].padEnd(8);
  const lane =
    line.lane === 'attacker'
      ? paint.red(label)
      : line.lane === 'response'
        ? paint.cyan(label)
        : line.lane === 'people'
          ? paint.yellow(label)
          : paint.dim(label);
  return [
    `${time}  ${lane}  ${toned(line.tone, `${MARKS[line.tone]} ${line.text}`, paint)}`,
    ...line.details.map((detail) => `${' '.repeat(21)}${paint.dim('│')} ${detail}`),
  ];
}

function toned(tone: Tone, text: string, paint: Output['paint']): string {
  switch (tone) {
    case 'plain':
      return text;
    case 'good':
      return paint.green(text);
    case 'bad':
      return paint.red(text);
    case 'warning':
      return paint.yellow(text);
    case 'milestone':
      return paint.bold(paint.green(text));
  }
}

interface Spinner {
  say(text: string): void;
  stop(): void;
}

async function startSpinner(): Promise<Spinner> {
  const { default: ora } = await import('ora');
  // What else is written to the same stream while it spins appears above it: ora sees to that.
  const spinner = ora({ stream: process.stdout, discardStdin: false, color: 'cyan' });
  return {
    say(text) {
      spinner.text = text;
      if (!spinner.isSpinning) spinner.start();
    },
    stop: () => void spinner.stop(),
  };
}
