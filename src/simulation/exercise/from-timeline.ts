import type { Json, JsonObject } from '../../json.ts';
import { FORM_IDS, type FormId } from '../../playbook/forms.ts';
import type { Entry } from '../../timeline/entry.ts';
import { REPLAY_USER } from './from-manifest.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIO_SHAPE } from './scenario.ts';

/** What people did in an incident, to be done again by a script: who, on what, how long after they were asked. */
export interface RecordedAct {
  readonly who: string;
  readonly when: { readonly question: FormId } | { readonly approval: string };
  readonly delayMs: number;
  readonly answer?: Readonly<Record<string, string | number>>;
  readonly approve?: boolean;
  readonly reason?: string;
}

/**
 * The answers and approvals of a timeline, each with how long it took. Of a form that was answered several times the
 * last answer counts, from when it was first asked; an approval is known by its action's title (`titleOf`).
 */
export function recordedActs(
  entries: readonly Entry[],
  titleOf: (action: string) => string,
): readonly RecordedAct[] {
  const asked = new Map<string, string>();
  const acts = new Map<string, RecordedAct>();
  const since = (key: string, at: string) => Math.max(0, Date.parse(at) - Date.parse(asked.get(key) ?? at));
  for (const { at, body } of entries) {
    if (body === null) continue;
    const data = objectOf(body.data);
    const who = typeof body.actor.id === 'string' ? body.actor.id : 'unknown';
    const form = FORM_IDS.find((each) => each === data.form);
    const attempt = String(data.attempt ?? '');
    switch (body.kind) {
      case 'question.asked':
        if (form !== undefined && !asked.has(form)) asked.set(form, at);
        break;
      case 'question.answered':
        if (form !== undefined) {
          const answer = answerOf(data.answer);
          acts.set(form, { who, when: { question: form }, delayMs: since(form, at), answer });
        }
        break;
      case 'approval.asked':
        if (!asked.has(attempt)) asked.set(attempt, at);
        if (typeof data.action === 'string') asked.set(`action of ${attempt}`, data.action);
        break;
      case 'approval.given':
      case 'approval.denied': {
        const action = asked.get(`action of ${attempt}`);
        if (action === undefined) break;
        const approve = body.kind === 'approval.given';
        const reason = typeof data.reason === 'string' ? data.reason : 'as it was decided then';
        acts.set(`${attempt} ${who}`, {
          who,
          when: { approval: titleOf(action) },
          delayMs: since(attempt, at),
          approve,
          ...(approve ? {} : { reason }),
        });
        break;
      }
      default:
        break; // nobody was asked anything
    }
  }
  return [...acts.values()];
}

/** A scenario of one alert and the recorded acts; it ends with the incident, or after `durationMs`. */
export function replayScenario(options: {
  readonly id: string;
  readonly sender: string;
  readonly file: string;
  readonly startsAt: string;
  readonly durationMs: number;
  readonly acts: readonly RecordedAct[];
}): Scenario {
  const people = [...new Set(options.acts.map(({ who }) => who))];
  return SCENARIO_SHAPE.parse({
    id: options.id,
    version: 1,
    title: 'An incident, run again',
    summary: 'The alert, the account and the people of an incident, on a virtual clock.',
    attack: ['T1648'],
    difficulty: 'introductory',
    duration: `${Math.ceil(options.durationMs / 1000)}s`,
    seed: options.id,
    startsAt: options.startsAt,
    drill: {
      banner: 'EXERCISE: a simulated account; nothing here is real.',
      groundRules: ['A machine plays the people.'],
      safety: ['The engine can reach the simulated account only.'],
    },
    world: 'world.yaml',
    enrolment: 'enrolment.yaml',
    engine: { user: REPLAY_USER.name },
    objectives: [
      { id: 'contain', text: 'Contain it.', capability: 'Containment', measure: 'Containment is effective.' },
    ],
    roles: [{ role: 'responder', people: people.length === 0 ? ['nobody'] : people }],
    injects: [
      {
        id: 'alert',
        at: '1s',
        synopsis: 'The alert comes again.',
        deliver: { alert: { sender: options.sender, file: options.file } },
      },
    ],
    script: options.acts.map(({ who, when, delayMs, answer, approve, reason }, index) => ({
      id: `act-${index + 1}`,
      who,
      when,
      delay: `${Math.max(1, Math.round(delayMs))}ms`,
      ...(answer === undefined ? {} : { answer }),
      ...(approve === undefined ? {} : { approve }),
      ...(reason === undefined ? {} : { reason }),
    })),
    expected: [
      {
        id: 'effective',
        objective: 'contain',
        title: 'Containment is shown to be effective',
        oblige: 'must',
        anyOf: [{ timeline: { kind: 'containment.level', data: { level: 'effective' } } }],
      },
    ],
  });
}

function answerOf(value: Json | undefined): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).flatMap(([name, given]) =>
      typeof given === 'string' || typeof given === 'number' ? [[name, given]] : [],
    ),
  );
}

function objectOf(value: Json | undefined): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
  return value as JsonObject; // told apart
}
