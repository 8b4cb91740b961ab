import type { Clock } from '../../clock.ts';
import type { JsonObject } from '../../json.ts';
import type { CallOutcome, HeldCredentials, InvokeOutcome, UserKey } from '../world/attacker.ts';
import type { PersistentAttacker } from '../world/attackers/persistent.ts';
import { selfHealingAttacker } from '../world/attackers/self-healing.ts';
import type { WorldSpec } from '../world/spec.ts';
import type { World } from '../world/world.ts';
import { ExerciseError } from './error.ts';
import type { ExerciseRecord } from './record.ts';
import type { AttackerStep } from './scenario.ts';
import { dueAt } from './timing.ts';

/** The other side of an exercise: it knows nothing of the engine and stops for nothing but refusals. */
export interface AttackerSide {
  /** Resolves when every step is over, which `signal` brings about. */
  run(signal: AbortSignal): Promise<void>;
  /** True for an access key that was taken. */
  holds(accessKeyId: string): boolean;
}

export function createAttackerSide(options: {
  readonly steps: readonly AttackerStep[];
  readonly world: World;
  /** Users of the account, whose keys may have leaked. */
  readonly users: WorldSpec['users'];
  readonly clock: Clock;
  readonly record: ExerciseRecord;
}): AttackerSide {
  const { steps, world, users, clock, record } = options;
  const taken = new Map<string, HeldCredentials>();
  const keys = new Set<string>();
  // What was there when they came is no restraint: each attacker remembers it from the first look around.
  const strippers = new Map<string, PersistentAttacker>();

  const take = (step: AttackerStep, credentials: HeldCredentials) => {
    taken.set(step.id, credentials);
    keys.add(credentials.accessKeyId);
  };

  const heldBy = (step: AttackerStep, id: string): HeldCredentials => {
    const credentials = taken.get(id);
    if (credentials !== undefined) return credentials;
    throw new ExerciseError(
      'cordon_exercise_script',
      `attacker step ${step.id} comes before ${id} has taken the credentials that it uses; give it a later time`,
    );
  };

  const keyOf = (name: string): UserKey => {
    const user = users.find((each) => each.name === name);
    if (user === undefined)
      throw new ExerciseError('cordon_exercise_script', `expected a user of the account, found ${name}`);
    keys.add(user.accessKeyId);
    return user;
  };

  /** Whether the account let it happen. */
  const act = async (step: AttackerStep): Promise<boolean> => {
    if ('steal' in step.act) {
      take(step, world.attacker.stealCredentials(step.act.steal));
      return true;
    }
    if ('assume' in step.act) {
      const call = { service: 'sts', action: 'AssumeRole', resource: step.act.assume.role };
      const outcome = await world.attacker.callAs(heldBy(step, step.act.assume.with), call);
      const session = outcome.kind === 'ok' ? sessionOf(outcome.data) : undefined;
      if (session !== undefined) take(step, session);
      return session !== undefined;
    }
    if ('call' in step.act) {
      const { with: from, as, ...call } = step.act.call;
      const credentials = from === undefined ? keyOf(as ?? '') : heldBy(step, from);
      return succeeded(await world.attacker.callAs(credentials, call));
    }
    if ('strip' in step.act) return strip(step, step.act.strip);
    const { invoke, ...options } = step.act;
    return succeeded(await world.attacker.invoke(invoke, options));
  };

  /** One round; refused when every call of it was. */
  const strip = async (
    step: AttackerStep,
    { with: from, function: name }: { readonly with: string; readonly function: string },
  ): Promise<boolean> => {
    const credentials = heldBy(step, from);
    const stripper = strippers.get(step.id) ?? selfHealingAttacker(world, name, credentials);
    strippers.set(step.id, stripper);
    const { accessKeyId } = credentials;
    const before = world.journal.count({ accessKeyId });
    await stripper.round();
    return world.journal
      .entries({ accessKeyId })
      .slice(before)
      .some((call) => call.outcome === 'ok');
  };

  const play = async (step: AttackerStep, signal: AbortSignal): Promise<void> => {
    await dueAt(step, { clock, record, signal });
    let refusals = 0;
    while (!signal.aborted) {
      if (step.until !== undefined && record.first(step.until) !== undefined) return;
      refusals = (await act(step)) ? 0 : refusals + 1;
      if (step.every === undefined || refusals === step.giveUpAfter) return;
      await clock.sleep(step.every, signal);
    }
  };

  return {
    holds: (accessKeyId) => keys.has(accessKeyId),
    run: async (signal) => {
      await Promise.all(steps.map((step) => play(step, signal)));
    },
  };
}

function succeeded(outcome: CallOutcome | InvokeOutcome): boolean {
  return outcome.kind === 'ok' || outcome.kind === 'ran' || outcome.kind === 'accepted';
}

/** The session that AssumeRole answers with. */
function sessionOf({ Credentials: given }: JsonObject): HeldCredentials | undefined {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) return undefined;
  const { AccessKeyId, SecretAccessKey, SessionToken } = given as JsonObject; // told apart
  return typeof AccessKeyId === 'string' &&
    typeof SecretAccessKey === 'string' &&
    typeof SessionToken === 'string'
    ? { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
    : undefined;
}
