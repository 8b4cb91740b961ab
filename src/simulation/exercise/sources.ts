import type { Clock } from '../../clock.ts';
import type { World } from '../world/world.ts';
import { matchersOf } from './matchers-of.ts';
import type { Observed } from './record.ts';
import type { Scenario } from './scenario.ts';

/** The queues of the account: Lambda's pollers take from them, and what is left is counted. */
export interface Sources {
  /** Takes a batch from each, every `polling` of the scenario, until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** Queues that the scenario asks about and whose number of messages has changed since the last look. */
  look(): readonly Observed[];
}

export function createSources(options: {
  readonly scenario: Scenario;
  readonly world: World;
  readonly clock: Clock;
}): Sources {
  const { scenario, world, clock } = options;
  const { polling } = scenario;
  const asked = new Set(
    matchersOf(scenario).flatMap(({ matcher }) => ('queue' in matcher ? [matcher.queue.name] : [])),
  );
  const known = new Map<string, number>();
  return {
    async run(signal) {
      if (polling === undefined) return;
      while (!signal.aborted) {
        world.pollSources();
        await clock.sleep(polling, signal);
      }
    },
    look() {
      const at = clock.now().toISOString();
      return [...world.state.queues.values()].flatMap(({ name, messages }): readonly Observed[] => {
        if (!asked.has(name) || known.get(name) === messages.length) return [];
        known.set(name, messages.length);
        return [{ kind: 'queue', at, name, messages: messages.length }];
      });
    },
  };
}
