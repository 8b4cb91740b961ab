import { ACTS } from '../command/acts.ts';
import { nearestWord } from '../command/nearest.ts';
import { usageOf } from '../command/read-act.ts';

/** One line of help under `/cordon`; what each does is in `slash.ts`. */
export interface Verb {
  readonly verb: string;
  readonly usage: string;
  readonly help: string;
  /** `incident`: it needs an incident, named or that of the channel. */
  readonly where: 'anywhere' | 'incident';
}

/** Verbs that are made of more than words, or that only look. */
const OWN = [
  { verb: 'help', usage: 'help', help: 'what can be typed here', where: 'anywhere' },
  {
    verb: 'list',
    usage: 'list [mine | stale]',
    help: 'open incidents; yours, or those in which nobody has done anything for an hour',
    where: 'anywhere',
  },
  { verb: 'oncall', usage: 'oncall', help: 'who is called when nobody takes it', where: 'anywhere' },
  {
    verb: 'declare',
    usage: 'declare FUNCTION_ARN [1-3] WHAT YOU SAW',
    help: 'open an incident by hand',
    where: 'anywhere',
  },
  { verb: 'show', usage: 'show [INC]', help: 'the card of an incident', where: 'incident' },
  { verb: 'plan', usage: 'plan [INC]', help: 'what is contained, call by call', where: 'incident' },
  { verb: 'evidence', usage: 'evidence [INC]', help: 'evidence with its digests', where: 'incident' },
  { verb: 'tasks', usage: 'tasks [INC]', help: 'open tasks of an incident', where: 'incident' },
  {
    verb: 'campaign',
    usage: 'campaign [list|show|take|approve|triage|split|merge] …',
    help: 'incidents that are led as one',
    where: 'anywhere',
  },
  {
    verb: 'drill',
    usage: 'drill [list | start SCENARIO | stop]',
    help: 'an exercise for people, live in this workspace; by script: `cordon exercise run` in the terminal',
    where: 'anywhere',
  },
  {
    verb: 'approve',
    usage: 'approve ID PLAN [FUNCTION]',
    help: 'approve exactly this plan (all on the card); in production with the function’s name',
    where: 'anywhere',
  },
  { verb: 'deny', usage: 'deny ID PLAN REASON', help: 'deny exactly this plan', where: 'anywhere' },
  {
    verb: 'postmortem',
    usage: 'postmortem [INC]',
    help: 'write and check the postmortem',
    where: 'incident',
  },
] as const satisfies readonly Verb[];

export type OwnVerb = (typeof OWN)[number]['verb'];

/** Everything that can be typed, in the order of the help. */
export const VERBS: readonly Verb[] = [
  ...OWN,
  ...ACTS.map((act) => {
    const [first, ...rest] = usageOf(act).split(' ');
    const named = act.words.length === 2 ? [first, rest.shift()] : [first];
    return {
      verb: act.words.join(' '),
      usage: [...named, '[INC]', ...rest].join(' '),
      help: act.summary,
      where: 'incident' as const,
    };
  }),
];

export function findOwnVerb(word: string): OwnVerb | undefined {
  const typed = word.toLowerCase();
  // What somebody types who wants to know how it stands.
  const verb = typed === 'status' ? 'show' : typed;
  return OWN.find((entry) => entry.verb === verb)?.verb;
}

/** The verb that a person most likely meant, or `undefined` when none is near. */
export function nearestVerb(word: string): string | undefined {
  const known = [
    ...OWN.map(({ verb }) => verb),
    ...ACTS.flatMap(({ words, aliases }) => [words[0], ...aliases]),
  ];
  return nearestWord(word, known);
}
