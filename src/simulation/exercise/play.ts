import { setMaxListeners } from 'node:events';
import type { Clock } from '../../clock.ts';
import type { Entry } from '../../timeline/entry.ts';
import type { JournalEntry } from '../world/journal.ts';
import type { World } from '../world/world.ts';
import { createAttackerSide } from './attacker.ts';
import type { PostAlert } from './injects.ts';
import { runInjects } from './injects.ts';
import type { ExercisePeople } from './people.ts';
import type { LoadedScenario } from './read-scenario.ts';
import { type CallerKind, createRecord, type ExerciseRecord, type Observed, outcomeOf } from './record.ts';
import { createSources } from './sources.ts';

/** One exercise under way: attacker, injects and people, and the record of what came of it. */
export interface Exercise {
  readonly record: ExerciseRecord;
  /** Starts everything that the scenario says. Call once. */
  begin(): void;
  /** Looks at what is new since the last look, in the timelines and in Slack; false when there is nothing. */
  look(): Promise<boolean>;
  /**
   * True when it is over: every incident was closed and the aftermath has passed, or the time is up.
   * Throws what went wrong in the script.
   */
  over(): boolean;
  /** Stops everything and waits for what is under way. */
  end(): Promise<void>;
}

/** New entries of the timelines of the engine's incidents, and whether any incident is not closed. */
export interface IncidentFeed {
  entriesSince(seen: ReadonlyMap<string, number>): Promise<readonly Entry[]>;
}

export function createExercise(options: {
  readonly loaded: LoadedScenario;
  readonly runHex: string;
  readonly world: World;
  readonly people: (record: ExerciseRecord) => ExercisePeople;
  readonly clock: Clock;
  readonly feed: IncidentFeed;
  readonly postAlert: PostAlert;
}): Exercise {
  const { loaded, world, clock, feed } = options;
  const { scenario } = loaded;
  const record = createRecord();
  const stopping = new AbortController();
  // Each step of the script waits for its end, and there are as many as a scenario has.
  setMaxListeners(0, stopping.signal);
  const attacker = createAttackerSide({
    steps: scenario.attacker,
    world,
    users: loaded.world.users,
    clock,
    record,
  });
  const sources = createSources({ scenario, world, clock });
  const people = options.people(record);
  const personKeys = new Set(
    loaded.world.users.filter((user) => user.name !== scenario.engine.user).map((user) => user.accessKeyId),
  );
  const engineKey = loaded.world.users.find((user) => user.name === scenario.engine.user)?.accessKeyId;
  const engineRoles = loaded.enrolment.accounts.flatMap((account) =>
    Object.values(account.roles).flatMap((arn) =>
      arn === undefined ? [] : [`:assumed-role/${arn.split('/').at(-1)}/`],
    ),
  );
  const seen = new Map<string, number>();
  const closed = new Map<string, boolean>();
  const failures: unknown[] = [];
  let tasks: Promise<void>[] = [];
  let startedMs = 0;
  let closedMs: number | null = null;

  const byOf = (call: JournalEntry): CallerKind => {
    if (attacker.holds(call.accessKeyId) || (call.principalArn === '*' && call.operation === 'Invoke'))
      return 'attacker';
    if (personKeys.has(call.accessKeyId)) return 'person';
    if (call.accessKeyId === engineKey || engineRoles.some((role) => call.principalArn.includes(role)))
      return 'engine';
    return 'system';
  };
  const unsubscribe = world.journal.subscribe((call) => {
    record.add({ kind: 'account', at: call.at, by: byOf(call), call, outcome: outcomeOf(call) });
  });

  return {
    record,
    begin() {
      startedMs = clock.now().getTime();
      const { signal } = stopping;
      tasks = [
        attacker.run(signal),
        people.answer(signal),
        sources.run(signal),
        runInjects({ ...options, people, record, signal }),
      ].map((task) => task.catch((error: unknown) => void failures.push(error)));
    },
    async look() {
      const fresh: Observed[] = [...people.look(), ...sources.look()];
      for (const entry of await feed.entriesSince(seen)) {
        seen.set(entry.chain, entry.seq);
        const kind = entry.body?.kind;
        if (kind === 'incident.opened') closed.set(entry.chain, false);
        if (kind === 'incident.closed') closed.set(entry.chain, true);
        fresh.push({ kind: 'timeline', at: entry.at, entry });
      }
      // In the order in which it happened; of what happened at once, words come before what they led to.
      fresh.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
      for (const observed of fresh) record.add(observed);
      return fresh.length > 0;
    },
    over() {
      if (failures.length > 0) throw failures[0];
      const nowMs = clock.now().getTime();
      if (nowMs - startedMs >= scenario.duration) return true;
      const done = closed.size > 0 && [...closed.values()].every((each) => each);
      if (!done) closedMs = null;
      else if (closedMs === null) {
        closedMs = nowMs;
        // In virtual time an hour passes only when somebody waits for it.
        void clock.sleep(scenario.aftermath, stopping.signal);
      }
      return closedMs !== null && nowMs - closedMs >= scenario.aftermath;
    },
    async end() {
      stopping.abort();
      await Promise.all(tasks);
      unsubscribe();
      if (failures.length > 0) throw failures[0];
    },
  };
}
