import type { Clock } from '../../clock.ts';
import type { SlackDouble } from '../slack-double/double.ts';
import type { LoadedScenario } from './read-scenario.ts';
import type { ExerciseRecord, Observed } from './record.ts';
import { createResponders, type Player } from './responders.ts';
import { createSlackWatch } from './slack-watch.ts';

/** The people of an exercise, and the place where they talk: played in a double, or real ones in their workspace. */
export interface ExercisePeople {
  /** What was written and edited since the last look, as far as it can be seen from outside. */
  look(): readonly Observed[];
  /** Somebody of the scenario says something in a channel of the exercise. */
  say(from: string, text: string): Promise<void>;
  /** Takes the place where they talk away for so long, where it can be taken. */
  loseSlack(forMs: number): Promise<void>;
  /** Answers what is asked, where nobody real does. Resolves when `signal` aborts; rejects when an act failed. */
  answer(signal: AbortSignal): Promise<void>;
}

/** People who are played in a double of Slack: by the scenario's script, or by a person at the terminal. */
export function playedPeople(options: {
  readonly loaded: LoadedScenario;
  readonly slack: SlackDouble;
  readonly clock: Clock;
  readonly player?: Player;
}): (record: ExerciseRecord) => ExercisePeople {
  const { loaded, slack, clock, player } = options;
  const slackIds = new Map(
    loaded.enrolment.responders.flatMap(({ id, slack: user }) =>
      user === undefined ? [] : [[id, user] as const],
    ),
  );
  return (record) => {
    const watch = createSlackWatch({ slack, clock });
    const responders = createResponders({
      script: loaded.scenario.script,
      slackIds,
      slack,
      clock,
      record,
      ...(player === undefined ? {} : { player }),
    });
    return {
      look: () => watch.look(),
      async say(from, text) {
        const user = slackIds.get(from) ?? from;
        const channel = slack.people.channels().find((each) => each.members.has(user));
        if (channel !== undefined) slack.people.say(user, channel.id, text);
      },
      async loseSlack(forMs) {
        const untilMs = clock.now().getTime() + forMs;
        const down = { kind: 'http', status: 503, effect: 'none' } as const;
        const when = () => clock.now().getTime() < untilMs;
        slack.faults.plan('*', down, { times: Number.POSITIVE_INFINITY, when });
      },
      answer: (signal) => responders.run(signal),
    };
  };
}
