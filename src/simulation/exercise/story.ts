import { cleanText } from '../../alert/clean-text.ts';
import type { Json, JsonObject } from '../../json.ts';
import type { Entry } from '../../timeline/entry.ts';
import { renderSummary } from '../../timeline/render.ts';
import type { Observed, SlackSeen } from './record.ts';

/** Whose doing a line is: shown apart, so that one sees who is ahead. */
export type Lane = 'attacker' | 'response' | 'people' | 'exercise';

/** How a line is to be taken. `milestone` is good news that counts. */
export type Tone = 'plain' | 'good' | 'bad' | 'warning' | 'milestone';

/** One line of what happens, for people. Text is safe to show on a terminal. */
export interface StoryLine {
  readonly at: string;
  /** Milliseconds from the start of the exercise. */
  readonly elapsedMs: number;
  readonly lane: Lane;
  readonly tone: Tone;
  /** A word for programs: `alert.accepted`, `attacker.denied`. */
  readonly event: string;
  readonly text: string;
  /** Further lines that belong to it. */
  readonly details: readonly string[];
}

/** Tells what happens, line by line; most of what is recorded is not worth one. */
export interface Storyteller {
  tell(observed: Observed): readonly StoryLine[];
}

const MAX_LINE = 240;
const CONTAINING: Readonly<Record<string, string>> = {
  'lambda.reserve-zero-concurrency': 'Concurrency 0: the function takes no more invocations',
};
/** What is planned says which calls of the role are denied; this says what that is. */
const QUARANTINE = 'iam.quarantine-role';

/** `startMs`: when the exercise began. `nameOf` knows the people of the workspace by user id. */
export function createStoryteller(options: {
  readonly startMs: number;
  readonly nameOf: (user: string) => string;
}): Storyteller {
  // What each attempt was planned to change, in words: its success is told in the same.
  const planned = new Map<string, string>();
  const told = { alertMs: Number.NaN, denied: false, throttled: false, sealed: -1, released: false };

  const line = (
    at: string,
    lane: Lane,
    tone: Tone,
    event: string,
    text: string,
    details: readonly string[] = [],
  ): StoryLine => ({
    at,
    elapsedMs: Date.parse(at) - options.startMs,
    lane,
    tone,
    event,
    text: cleanText(text, MAX_LINE),
    details: details.map((detail) => cleanText(detail, MAX_LINE)),
  });
  const sinceAlert = (at: string): string =>
    Number.isNaN(told.alertMs) ? '' : `, ${seconds(Date.parse(at) - told.alertMs)} after the alert`;

  const attacker = (observed: Extract<Observed, { kind: 'account' }>): StoryLine => {
    const { at, call, outcome } = observed;
    const what = `${call.operation} ${nameIn(call.target)}`;
    if (outcome === 'denied') {
      const first = !told.denied;
      told.denied = true;
      return line(
        at,
        'attacker',
        first ? 'milestone' : 'good',
        'attacker.denied',
        `${what}: DENIED by the account itself${first ? sinceAlert(at) : ''}`,
      );
    }
    if (outcome === 'throttled') {
      const first = !told.throttled;
      told.throttled = true;
      return line(
        at,
        'attacker',
        first ? 'milestone' : 'good',
        'attacker.throttled',
        `${what}: THROTTLED by the account itself${first ? sinceAlert(at) : ''}`,
      );
    }
    return outcome === 'ok'
      ? line(at, 'attacker', 'bad', 'attacker.succeeded', `${what}: succeeds`)
      : line(at, 'attacker', 'plain', 'attacker.failed', `${what}: ${outcome}`);
  };

  const slack = (at: string, seen: SlackSeen): readonly StoryLine[] => {
    if (seen.edited) return [];
    if (!seen.fromBot) {
      const text = `${options.nameOf(seen.user)} writes: ${seen.lines.join(' ')}`;
      return [line(at, 'people', 'plain', 'slack.written', text)];
    }
    // The card has a button too; what asks somebody something has more than one.
    if (seen.buttons.length < 2) return [];
    return [
      line(at, 'people', 'plain', 'slack.asked', `In Slack, #${seen.channel}:`, [
        ...seen.lines,
        seen.buttons.map((label) => `[ ${label} ]`).join('  '),
      ]),
    ];
  };

  const timeline = (entry: Entry): readonly StoryLine[] => {
    const { at, body } = entry;
    if (body === null) return [];
    const data = objectOf(body.data);
    const summary = renderSummary(entry);
    const say = (tone: Tone, text: string, lane: Lane = 'response') => [
      line(at, lane, tone, body.kind, text),
    ];
    switch (body.kind) {
      case 'alert.accepted':
        told.alertMs = Date.parse(typeof data.receivedAt === 'string' ? data.receivedAt : at);
        return say('plain', `Alert accepted: ${summary.replace(/^Accepted: /, '')}`);
      case 'incident.opened':
        return say(
          'plain',
          `Playbook chosen: ${String(data.playbook)} version ${String(data.version)}, incident ${entry.chain}`,
        );
      case 'attempt.planned':
        planned.set(String(data.attempt), summary.replace(/^Planned: /, ''));
        return [];
      case 'attempt.succeeded':
        return succeeded(data, (attempt) => planned.get(attempt), say, sinceAlert(at));
      case 'containment.level':
        return level(data, say, sinceAlert(at));
      case 'evidence.sealed': {
        const items = Number(data.items);
        if (items === told.sealed) return [];
        told.sealed = items;
        return say('milestone', `Evidence sealed: ${items} items, signed`);
      }
      case 'question.answered':
        return say('plain', summary, 'people');
      case 'approval.given':
      case 'approval.denied':
        return say('plain', summary, 'people');
      case 'approval.asked':
      case 'approval.expired':
      case 'attempt.refused':
      case 'attempt.unknown':
      case 'attempt.failed':
      case 'evidence.missing':
      case 'release.conflict':
      case 'slack.delayed':
        return say('warning', summary);
      case 'incident.halted':
        return say('bad', summary);
      case 'postmortem.drafted':
        return say('plain', 'Postmortem drafted from the timeline');
      case 'incident.closed':
        return say('milestone', 'Incident closed');
      default:
        return []; // in the timeline for whoever looks; too much for a screen
    }
  };

  return {
    tell(observed) {
      switch (observed.kind) {
        case 'inject':
          return [line(observed.at, 'exercise', 'plain', 'inject', observed.synopsis)];
        case 'queue':
          return []; // what its messages come to is in the score
        case 'slack':
          return slack(observed.at, observed.message);
        case 'timeline':
          return timeline(observed.entry);
        case 'account':
          if (observed.by === 'attacker') return [attacker(observed)];
          if (observed.by !== 'person') return [];
          return [
            line(
              observed.at,
              'people',
              observed.outcome === 'ok' ? 'good' : 'warning',
              'account.changed',
              `${observed.call.operation} ${nameIn(observed.call.target)}: ${observed.outcome}`,
            ),
          ];
      }
    },
  };
}

type Say = (tone: Tone, text: string) => readonly StoryLine[];

function succeeded(
  data: JsonObject,
  plannedAs: (attempt: string) => string | undefined,
  say: Say,
  since: string,
): readonly StoryLine[] {
  const action = String(data.action);
  const name = nameIn(String(data.object));
  if (data.trial === true)
    return say('good', `Canary: ${name} takes one invocation at a time, and is watched`);
  if (data.reverses !== null && data.reverses !== undefined) {
    const undone = plannedAs(String(data.reverses));
    return say('good', `Put back exactly: ${name}${undone === undefined ? '' : `, undoing "${undone}"`}`);
  }
  const containing = CONTAINING[action];
  if (containing !== undefined) return say('good', `${containing}${since}`);
  if (action === QUARANTINE)
    return say('good', `Role quarantined${since}: ${plannedAs(String(data.attempt)) ?? name}`);
  if (action === 'target.capture-manifest')
    return say('good', 'Manifest captured: what was there before is on record, so all of it can be put back');
  return [];
}

function level(data: JsonObject, say: Say, since: string): readonly StoryLine[] {
  switch (data.level) {
    case 'accepted':
      return say('good', `Both containment writes accepted by AWS${since}; not yet proven`);
    case 'effective':
      return say('milestone', `CONTAINED: read back and shown to be effective${since}`);
    case 'breached':
      return say('bad', `Containment was BREACHED${since}`);
    case 'none':
      return say('good', 'Released: the function runs again, and no containment of ours is left on it');
    default:
      return [];
  }
}

/** The end of an ARN that a person would say: `checkout-webhook`, `payments/provider-key`. */
function nameIn(arn: string): string {
  const parts = arn.split(':');
  if (parts.length < 6) return arn;
  const last = parts.slice(5).join(':');
  return last.replace(/^(function|secret|role|log-group)[:/]/, '');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function objectOf(data: Json): JsonObject {
  return data !== null && typeof data === 'object' && !Array.isArray(data) ? (data as JsonObject) : {}; // told apart
}
