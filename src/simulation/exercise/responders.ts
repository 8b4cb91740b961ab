import type { Clock } from '../../clock.ts';
import type { JsonObject } from '../../json.ts';
import type { FormField, FormId } from '../../playbook/forms.ts';
import { FORM_IDS, FORMS } from '../../playbook/forms.ts';
import type { Delivered } from '../slack-double/dispatcher.ts';
import type { SlackDouble } from '../slack-double/double.ts';
import { asObject, type SlackMessageState } from '../slack-double/state.ts';
import { ExerciseError } from './error.ts';
import type { ExerciseRecord, SlackSeen } from './record.ts';
import type { Matcher, ResponderStep } from './scenario.ts';
import { buttonsOf } from './slack-text.ts';

/** What a message asks of people. */
export type Asked =
  | { readonly kind: 'question'; readonly form: FormId }
  /** `about`: what the message says of it, line by line. */
  | { readonly kind: 'approval'; readonly about: string };

/** What a person does about a message: presses a button, by its label, perhaps with words. */
export interface Choice {
  readonly label: string;
  /** Values of the form that the button opens, by the field's label. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Types what the form asks to be typed: the name at the end of the field's label. */
  readonly confirms?: true;
}

/** Somebody at a terminal, in place of the script. */
export interface Player {
  /** Resolves to the label of a button, with words where it asks for some; `undefined`: no answer will come. */
  choose(prompt: {
    readonly who: string;
    readonly lines: readonly string[];
    readonly labels: readonly string[];
    /** Labels of buttons that ask for words. */
    readonly wordy: readonly string[];
    /** Aborts when the exercise is over. */
    readonly signal: AbortSignal;
  }): Promise<{ readonly label: string; readonly words?: string } | undefined>;
}

export interface Responders {
  /** Resolves when nobody has anything left to do, which `signal` brings about. Rejects when an act failed. */
  run(signal: AbortSignal): Promise<void>;
}

const MORE = 'More …';
// Slack's own limit: a form that has not opened by then never will.
const FORM_MS = 3_000;
const FORM_LOOKS = 30;
const APPROVAL_HEADER = 'Approval needed';

/** People who read what the app posts and press its buttons: by script, or by a person at the terminal. */
export function createResponders(options: {
  readonly script: readonly ResponderStep[];
  /** Slack user ids by responder. */
  readonly slackIds: ReadonlyMap<string, string>;
  readonly slack: SlackDouble;
  readonly clock: Clock;
  readonly record: ExerciseRecord;
  readonly player?: Player;
}): Responders {
  const { script, slack, clock, record, player } = options;

  const userOf = (who: string): string => options.slackIds.get(who) ?? who;

  /** The message as it is now; `undefined` once it asks nothing any more. */
  const stillAsking = (seen: SlackSeen): SlackMessageState | undefined => {
    const message = slack.people.messages(seen.channel).find((each) => each.ts === seen.ts);
    return message !== undefined && buttonsOf(message).length > 0 ? message : undefined;
  };

  const press = async (who: string, seen: SlackSeen, choice: Choice): Promise<void> => {
    const message = stillAsking(seen);
    const button =
      message === undefined
        ? undefined
        : buttonsOf(message).find(({ label }) => label === choice.label || label === `${choice.label} …`);
    // Somebody else was faster, or the playbook has moved on: there is nothing to press any more.
    if (message === undefined || button === undefined) return;
    const user = userOf(who);
    taken(await slack.people.press(user, (each) => each.ts === seen.ts, button.actionId), choice.label);
    const fillsIn = choice.fields !== undefined || choice.confirms === true;
    if (!fillsIn || !button.label.endsWith('…')) return;
    const view = await formOf(user);
    if (view === undefined) {
      throw new ExerciseError(
        'cordon_exercise_script',
        `expected the button "${choice.label}" to open a form for ${who}; none is open`,
      );
    }
    const values =
      choice.confirms === true ? confirmed(view.content) : valuesOf(view.content, choice.fields ?? {});
    taken(await slack.people.submitView(user, values), choice.label);
  };

  /** The form that opens for the person, a moment after the press. */
  const formOf = async (user: string) => {
    for (let looks = 0; looks < FORM_LOOKS && slack.people.openView(user) === undefined; looks += 1) {
      await clock.sleep(FORM_MS / FORM_LOOKS);
    }
    return slack.people.openView(user);
  };

  const play = async (
    step: ResponderStep,
    seen: SlackSeen,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<void> => {
    if (step.needs !== undefined) await record.until(step.needs, signal);
    await clock.sleep(step.delay, signal);
    if (signal.aborted || stillAsking(seen) === undefined) return;
    if (step.says !== undefined) slack.people.say(userOf(step.who), seen.channel, step.says);
    await press(step.who, seen, scripted(step, asked));
  };

  const askPlayer = async (
    who: string,
    seen: SlackSeen,
    from: Player,
    signal: AbortSignal,
  ): Promise<void> => {
    const message = stillAsking(seen);
    if (message === undefined) return;
    const labels = buttonsOf(message)
      .map((button) => button.label)
      .filter((label) => label !== MORE);
    const wordy = labels.filter((label) => label.endsWith('…'));
    const choice = await from.choose({ who, lines: seen.lines, labels, wordy, signal });
    if (choice === undefined || signal.aborted) return;
    const { label, words } = choice;
    await press(who, seen, words === undefined ? { label } : { label, fields: { '*': words } });
  };

  /** What somebody does of their own accord, once what they wait for has happened. */
  const actUnasked = async (step: ResponderStep, happens: Matcher, signal: AbortSignal): Promise<void> => {
    await record.until(happens, signal);
    if (step.needs !== undefined) await record.until(step.needs, signal);
    await clock.sleep(step.delay, signal);
    const user = userOf(step.who);
    const channel = slack.people.channels().find((each) => each.members.has(user));
    if (signal.aborted || channel === undefined) return;
    if (step.says !== undefined) slack.people.say(user, channel.id, step.says);
    if (step.command !== undefined)
      taken(await slack.people.runCommand(user, step.command, channel.id), step.command);
  };

  return {
    run: (signal) =>
      new Promise((resolve, reject) => {
        const under = new Set<Promise<void>>();
        const over = () => void Promise.all(under).then(() => resolve(), reject);
        if (signal.aborted) {
          over();
          return;
        }
        signal.addEventListener('abort', over, { once: true });
        for (const step of player === undefined ? script : []) {
          if (!('happens' in step.when)) continue;
          const work = actUnasked(step, step.when.happens, signal);
          under.add(work);
          work.catch(reject);
        }
        record.subscribe((observed) => {
          if (observed.kind !== 'slack' || signal.aborted) return;
          const seen = observed.message;
          const asked = seen.fromBot && !seen.edited ? askedBy(seen) : undefined;
          if (asked === undefined) return;
          const step = script.find((each) => concerns(each, asked));
          const who = step?.who ?? script[0]?.who;
          const work =
            player !== undefined && who !== undefined
              ? askPlayer(who, seen, player, signal)
              : step === undefined
                ? Promise.resolve()
                : play(step, seen, asked, signal);
          under.add(work);
          work.catch(reject);
        });
      }),
  };
}

/** What a message asks, as a person reads it off its first lines; `undefined` when it asks nothing. */
function askedBy(seen: Pick<SlackSeen, 'lines' | 'buttons'>): Asked | undefined {
  if (seen.buttons.length === 0) return undefined;
  const at = seen.lines.findIndex((line) => line.includes(APPROVAL_HEADER));
  if (at >= 0) return { kind: 'approval', about: seen.lines.slice(at + 1).join('\n') };
  const form = FORM_IDS.find((each) =>
    seen.lines.some((line) => line.startsWith(`${FORMS[each].title}: ${FORMS[each].question}`)),
  );
  return form === undefined ? undefined : { kind: 'question', form };
}

function concerns(step: ResponderStep, asked: Asked): boolean {
  if ('question' in step.when) return asked.kind === 'question' && asked.form === step.when.question;
  if ('happens' in step.when || asked.kind !== 'approval') return false;
  const { approval } = step.when;
  return approval === 'any' || asked.about.includes(approval);
}

function scripted(step: ResponderStep, asked: Asked): Choice {
  if (asked.kind === 'approval') {
    return step.approve === true
      ? { label: 'Approve', confirms: true }
      : { label: 'Deny …', fields: { '*': step.reason ?? '' } };
  }
  const { fields } = FORMS[asked.form];
  const given: JsonObject = step.answer ?? {};
  const pressed = fields.find((field) => field.kind === 'choice' && field.required);
  const named = fields.filter((field) => given[field.name] !== undefined);
  if (pressed !== undefined && named.length === 1 && named[0] === pressed) {
    return { label: optionLabel(pressed, given[pressed.name]) };
  }
  return {
    label: MORE,
    fields: Object.fromEntries(named.map((field) => [field.label, String(given[field.name])])),
  };
}

function optionLabel(field: FormField, value: unknown): string {
  const option = field.kind === 'choice' ? field.options.find((each) => each.value === value) : undefined;
  return option?.label ?? String(value);
}

/** Values by block, found by the label that a person reads; `*` fills in the only field there is. */
function valuesOf(
  view: JsonObject,
  fields: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const blocks = Array.isArray(view.blocks) ? view.blocks.map((block) => asObject(block)) : [];
  const values: Record<string, string> = {};
  for (const block of blocks) {
    if (block?.type !== 'input' || typeof block.block_id !== 'string') continue;
    const label = asObject(block.label)?.text;
    const value = fields['*'] ?? (typeof label === 'string' ? fields[label] : undefined);
    if (value !== undefined) values[block.block_id] = value;
  }
  return values;
}

/** Values of a form that asks for a name to be typed, read off the label as a person does. */
function confirmed(view: JsonObject): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const item of Array.isArray(view.blocks) ? view.blocks : []) {
    const block = asObject(item);
    if (block?.type !== 'input' || typeof block.block_id !== 'string') continue;
    const label = asObject(block.label)?.text;
    if (typeof label === 'string') values[block.block_id] = label.slice(label.lastIndexOf(': ') + 2);
  }
  return values;
}

function taken(delivered: Delivered, label: string): void {
  if (delivered.status === 200) return;
  throw new ExerciseError(
    'cordon_exercise_script',
    `expected the Slack app to take "${label}" within 3 s; it answered ${delivered.status ?? 'nothing'}`,
  );
}
