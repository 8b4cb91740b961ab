import type { AwsTransport } from '../../aws/transport.ts';
import type { Clock } from '../../clock.ts';
import type { Engine } from '../../incident/engine.ts';
import type { Cordon } from '../../main.ts';
import type { PostAlert } from '../../simulation/exercise/injects.ts';
import type { LoadedScenario } from '../../simulation/exercise/read-scenario.ts';
import type { SlackDouble } from '../../simulation/slack-double/double.ts';
import { createSlackDouble } from '../../simulation/slack-double/double.ts';
import type { World } from '../../simulation/world/world.ts';
import type { Sql } from '../../store/sql.ts';

/** The only transport that an exercise can be given: real AWS cannot be written here. */
export type WorldTransport = Extract<AwsTransport, { readonly kind: 'world' }>;

/** What an exercise stands on: the engine as it is composed for production, with everything around it simulated. */
export interface Ground {
  readonly cordon: Cordon;
  readonly sql: Sql;
  readonly clock: Clock;
  readonly world: World;
  /** Where evidence, keys and postmortems lie. */
  readonly dataDir: string;
  readonly postAlert: PostAlert;
  /** Resolves when nothing more can happen at this instant. */
  settle(): Promise<void>;
  /** Lets time pass. Throws `cordon_exercise_stuck` when nothing ever will happen again. */
  pass(): Promise<void>;
  /** Resolves when the engine has nothing left to do, or after a bounded time. */
  drain(): Promise<void>;
}

/** Where nothing listens: what is sent there is handed over in this process, or fails. */
export const NOWHERE = 'http://127.0.0.1:1';

const LOOK_MS = 100;
const DRAIN_MS = 5000;
const DRAIN_POLLS = 5;

/** How a ground waits in real time; `stop` ends what it waits for at the end. */
export function realPace(
  engine: Pick<Engine, 'idle'>,
  clock: Clock,
  stop?: AbortSignal,
): Pick<Ground, 'settle' | 'pass' | 'drain'> {
  return {
    settle: async () => {},
    pass: () => clock.sleep(LOOK_MS),
    async drain() {
      const untilMs = clock.monotonicMs() + DRAIN_MS;
      for (let quiet = 0; quiet < DRAIN_POLLS && clock.monotonicMs() < untilMs && stop?.aborted !== true; ) {
        await clock.sleep(LOOK_MS / 2);
        quiet = engine.idle() ? quiet + 1 : 0;
      }
    },
  };
}

/** A ground whose Slack is a double, with people in it who are played. */
export interface PlayedGround extends Ground {
  readonly slack: SlackDouble;
}

/** The workspace of an exercise: its people, an app, and a channel to talk in. */
export function exerciseSlack(
  loaded: LoadedScenario,
  clock: Clock,
  secrets: { readonly signingSecret: string; readonly botToken: string },
): SlackDouble {
  return createSlackDouble({
    clock,
    ...secrets,
    users: loaded.enrolment.responders.flatMap(({ id, slack }) =>
      slack === undefined ? [] : [{ id: slack, name: id }],
    ),
  });
}

/** The way to the simulated account, with the credentials that the scenario gives the engine. */
export function worldTransport(
  loaded: LoadedScenario,
  way: Pick<WorldTransport, 'endpoint' | 'requestHandler'>,
): WorldTransport {
  const user = loaded.world.users.find((each) => each.name === loaded.scenario.engine.user);
  return {
    kind: 'world',
    ...way,
    ...(user === undefined
      ? {}
      : { credentials: { accessKeyId: user.accessKeyId, secretAccessKey: user.secretAccessKey } }),
  };
}
