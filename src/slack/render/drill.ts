import type { KnownBlock } from '@slack/types';
import { isDrillId } from '../../id.ts';
import { ACTION, actionValue } from '../action-value.ts';
import { LIMITS, type SlackMessage } from '../limits.ts';
import type { RunningDrill } from '../port.ts';
import { code, person, prose, when } from '../text.ts';
import { button, buttons, context, exerciseMessage, header, listed, section } from './blocks.ts';

const SHOWN = 20;

/** What is said of a drill in its channels beside the messages of its incidents. */

/** The card with the button that ends the drill, where it is one's. */
export function withStop(message: SlackMessage, incidentId: string): SlackMessage {
  if (!isDrillId(incidentId) || message.blocks.length >= LIMITS.messageBlocks) return message;
  return { ...message, blocks: [...message.blocks, stopButton(incidentId)] };
}

function stopButton(incidentId: string): KnownBlock {
  return buttons([
    button({
      label: 'STOP – real incident',
      actionId: ACTION.drillStop,
      value: actionValue({ i: incidentId }),
      style: 'danger',
    }),
  ]);
}

/** What people read first in a drill's channel. */
export function briefMessage(drill: {
  readonly incidentId: string;
  readonly title: string;
  readonly by: string;
  readonly rules: readonly string[];
  readonly endsAt: string;
}): SlackMessage {
  return exerciseMessage(`A drill: ${prose(drill.title, 150)}. Nothing real is touched.`, [
    header('This is a drill'),
    section([
      `*${prose(drill.title, 150)}*, started by ${person(drill.by)}. The account, the attacker and the alert are simulated, and nobody is paged; the engine, this app and your answers are the real ones.`,
      ...drill.rules.map((rule) => `• ${prose(rule, 300)}`),
      '• This app does not read what you write here: to stop, press the button.',
    ]),
    stopButton(drill.incidentId),
    context([
      `It ends by itself once its incidents are closed, at the latest ${when(drill.endsAt)} · ${code('/cordon drill stop', 40)} ends it from anywhere`,
    ]),
  ]);
}

/** Somebody of the scenario says something. */
export function injectMessage(from: string, text: string): SlackMessage {
  const said = prose(text, 2000);
  return exerciseMessage(`${prose(from, 60)}: ${said}`, [
    section([`🎭 *${prose(from, 60)}* (played by the drill):`, said]),
  ]);
}

/** The drill was ended before it was over. */
export function stoppedMessage(by: string | null): SlackMessage {
  const who = by === null ? 'Cordon is being stopped' : `${person(by)} stopped it`;
  return exerciseMessage(`The drill is STOPPED: ${who}.`, [
    header('STOPPED'),
    section([
      `🛑 *The drill is over: ${who}.* Its attacker, its engine and its account are being shut down; its buttons do nothing any more.`,
      `If something real is happening, go to its own channel, or declare it: ${code('/cordon declare FUNCTION_ARN WHAT YOU SAW', 80)}.`,
    ]),
  ]);
}

/** How a drill went, in as many lines as people read; the report has the rest. */
export function endedMessage(ended: {
  readonly title: string;
  readonly stopped: boolean;
  readonly status: 'closed' | 'open' | 'halted';
  readonly points: number;
  readonly maxPoints: number;
  readonly passed: boolean;
  readonly facts: readonly string[];
  readonly objectives: readonly { readonly text: string; readonly rating: string }[];
  /** What did not come out as expected. */
  readonly amiss: readonly string[];
  readonly report: string;
}): SlackMessage {
  const incident =
    ended.status === 'closed' ? 'the incident was closed' : `the incident was left ${ended.status}`;
  const outcome = ended.stopped
    ? `stopped before its end, so that this is no result: ${incident}, ${ended.points} of ${ended.maxPoints} points until then`
    : `${incident}; ${ended.passed ? 'passed' : 'not passed'} with ${ended.points} of ${ended.maxPoints} points`;
  return exerciseMessage(`The drill is over: ${outcome}.`, [
    header('The drill is over'),
    section([
      `*${prose(ended.title, 150)}*: ${outcome}.`,
      ...ended.facts.map((fact) => `• ${prose(fact, 300)}`),
    ]),
    section(ended.objectives.map(({ text, rating }) => `*${prose(rating, 3)}* ${prose(text, 200)}`)),
    ...(ended.amiss.length === 0
      ? []
      : [
          section([
            'Not as expected:',
            ...listed(ended.amiss, SHOWN, (each) => `• ${prose(each, 200)}`, 'in the report'),
          ]),
        ]),
    context([
      'P performed without challenges · S with some · M with major ones · U not performed',
      `Report and evidence, on Cordon's machine: ${code(ended.report, 300)}`,
    ]),
  ]);
}

/** The drill broke off by itself. */
export function brokenMessage(why: string): SlackMessage {
  return exerciseMessage(`The drill broke off: ${prose(why, 300)}`, [
    section([`⚠️ *The drill broke off and is over:* ${prose(why, 1000)}`]),
  ]);
}

/** What can be started, and what runs. */
export function drillListText(
  command: string,
  scenarios: readonly { readonly id: string; readonly title: string; readonly difficulty: string }[],
  running: RunningDrill | undefined,
): string {
  return [
    running === undefined ? 'No drill is running here.' : runningLine(running),
    ...listed(
      scenarios,
      SHOWN,
      ({ id, title, difficulty }) =>
        `• ${code(`${command} drill start ${id}`, 120)} ${prose(title, 120)} (${prose(difficulty, 20)})`,
      '`cordon exercise list` in the terminal',
    ),
    'Played by a script in seconds instead: `cordon exercise run` in the terminal.',
  ].join('\n');
}

/** One line about the drill that runs. */
export function runningLine(drill: RunningDrill): string {
  const where = drill.channels.map((channel) => `<#${channel}>`).join(', ');
  return `🧪 *${prose(drill.title, 120)}* (${code(drill.scenario, 80)}), started by ${person(drill.by)} ${when(drill.startedAt)}${where === '' ? ', waits for its first alert' : `, in ${where}`}`;
}
