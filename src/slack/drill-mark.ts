import type { Reply } from './perform.ts';
import type { SlackDrills } from './port.ts';
import { EXERCISE_MARK } from './text.ts';

/** What tells a drill apart in what people say and press: its ids (`drillIds`), its names, its channels. */

/** What is said about something of a drill that this process does not run. */
export const NOT_HERE =
  'This is of a drill that is over, or that another process of Cordon runs: a drill is answered by the process that started it. Nothing was done';

/** True when what a button or a form carries names something of a drill. */
export function namesDrill(carried: unknown): boolean {
  return typeof carried === 'string' && /"[a-z]{3}-drill[0-9a-z]+"/.test(carried);
}

/** True when typed words name something of a drill. */
export function speaksOfDrill(words: string): boolean {
  return /(?:^|\s)(?:drill-(?:inc|cmp)-|[a-z]{3}-drill)[0-9a-z]/i.test(words);
}

/** True for the channel of a drill that runs here. */
export function inDrill(drills: SlackDrills | undefined, channel: string | undefined): boolean {
  return channel !== undefined && drills?.holds(channel) === true;
}

/** The reply with the mark of an exercise before its words, where it is about one. */
export function marked<R extends Reply>(send: R, exercise: boolean): Reply {
  return exercise ? (text, shown) => send(`${EXERCISE_MARK}${text}`, shown) : send;
}

/** The name of an incident or a campaign as its own engine knows it, with what tells whose it is left out. */
export function undrilled(name: string): string {
  return name.replace(/^drill-/i, '');
}

const REAL_NAME = /^(?:cmp|inc)-(?!drill)[0-9a-z]+$/i;

/**
 * What a person in a drill's channel means by a name: a bare number is the drill's. `undefined` for the name of a real
 * incident, which is never acted on from there, since in a drill everybody says INC-1 and means the drill's.
 */
export function referenceInDrill(word: string): string | undefined {
  const name = word.replace(/^#/, '');
  if (/^\d+$/.test(name)) return `drill-inc-${name}`;
  return REAL_NAME.test(name) ? undefined : name;
}

/** What somebody is told who names a real incident in a drill's channel. */
export const REAL_NAME_IN_DRILL =
  'This is the channel of a drill: name its incidents with `drill-` before them, and act on a real one anywhere else. Nothing was done.';

/** What somebody is told who declares an incident in a drill's channel. */
export const DECLARED_IN_DRILL =
  'This is the channel of a drill, so that nothing was declared. If something real is happening: declare it in any other channel, or stop the drill first (*STOP – real incident*, or `/cordon drill stop`) and declare it then.';
