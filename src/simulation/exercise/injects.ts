import type { Clock } from '../../clock.ts';
import type { JsonObject } from '../../json.ts';
import type { World } from '../world/world.ts';
import { type AccountAct, actInAccount } from './account-act.ts';
import { ExerciseError } from './error.ts';
import type { ExercisePeople } from './people.ts';
import type { LoadedScenario } from './read-scenario.ts';
import type { ExerciseRecord } from './record.ts';
import type { Inject } from './scenario.ts';
import { stamped } from './stamp.ts';
import { dueAt } from './timing.ts';

/** Hands an alert in where a sender of alerts would; resolves to the HTTP status and the body of the answer. */
export type PostAlert = (
  sender: string,
  body: Uint8Array,
) => Promise<{ readonly status: number; readonly body: string }>;

type AccountDelivery = Extract<Inject['deliver'], { readonly account: unknown }>['account'];

/** Delivers every inject in its time. Rejects with `cordon_exercise_not_accepted` when the engine refused an alert. */
export async function runInjects(options: {
  readonly loaded: LoadedScenario;
  /** 32 hex digits, new in each run. */
  readonly runHex: string;
  readonly world: World;
  readonly people: ExercisePeople;
  readonly clock: Clock;
  readonly record: ExerciseRecord;
  readonly postAlert: PostAlert;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { loaded, runHex, world, people, clock, record, postAlert, signal } = options;
  const { scenario } = loaded;

  /** What somebody does with a user's key; returns the account's answer: `ok`, or its error code. */
  const inAccount = async (
    key: LoadedScenario['world']['users'][number] | undefined,
    act: AccountDelivery['act'],
    now: Date,
  ): Promise<string> => {
    if ('resource' in act && key !== undefined) {
      const outcome = await world.attacker.callAs(key, act);
      return outcome.kind === 'ok' ? 'ok' : outcome.code;
    }
    if ('resource' in act) return 'InvalidClientTokenId';
    const made: AccountAct =
      'redeploy' in act
        ? act
        : { ...act, parameters: stamped(act.parameters, act.stamp, { id: runHex, now }) };
    return actInAccount(world, key?.accessKeyId ?? '', made, now);
  };

  const deliver = async (inject: Inject): Promise<void> => {
    const { deliver } = inject;
    const now = clock.now();
    if ('alert' in deliver) {
      const document: JsonObject = JSON.parse(loaded.alerts.get(deliver.alert.file) ?? '{}');
      const alert = stamped(document, deliver.alert.stamp, { id: runHex, now });
      const answer = await postAlert(deliver.alert.sender, new TextEncoder().encode(JSON.stringify(alert)));
      if (answer.status === 202) return;
      throw new ExerciseError(
        'cordon_exercise_not_accepted',
        `expected the alert of inject ${inject.id} to be taken in (202); the answer was ${answer.status}: ${answer.body.slice(0, 500)}`,
      );
    }
    if ('slack' in deliver) {
      await people.say(deliver.slack.from, deliver.slack.text);
      return;
    }
    if ('slackDown' in deliver) {
      await people.loseSlack(deliver.slackDown.for);
      return;
    }
    const { user, act } = deliver.account;
    const key = loaded.world.users.find((each) => each.name === user);
    const outcome = await inAccount(key, act, now);
    if (outcome === 'ok') return;
    throw new ExerciseError(
      'cordon_exercise_script',
      `expected the account to let ${user} do what inject ${inject.id} says; it answered ${outcome}. Correct the user's policies or the inject`,
    );
  };

  await Promise.all(
    scenario.injects.map(async (inject) => {
      await dueAt(inject, { clock, record, signal });
      if (signal.aborted) return;
      // Noted when it begins: what it leads to comes after it in the record.
      record.add({ kind: 'inject', at: clock.now().toISOString(), id: inject.id, synopsis: inject.synopsis });
      await deliver(inject);
    }),
  );
}
