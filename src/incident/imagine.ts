import type { AwsPurpose } from '../action/ports.ts';
import type { Gate } from '../guardrail/decision.ts';
import type { Perform } from './perform.ts';

/**
 * A dry run goes the whole way of the playbook: it reads what it would read, plans what it would write, and
 * imagines that each write was accepted, so that what comes after it is planned too. Three locks keep it from
 * writing: no write is performed, none of its AWS scopes is one to write with, and it has no account to deliver to.
 */

class ImaginedWrite extends TypeError {}

/** The second lock. Throws where anything but reading is asked for. */
export function assertReading(purpose: AwsPurpose): void {
  if (purpose !== 'read') throw new ImaginedWrite(`a dry run asked for the role to ${purpose} with`);
}

/** Lets containment go on to its imagined call; whoever shows the plan asks the real gate about it. */
export function imaginedGate(gate: Gate): Gate {
  return {
    decide: (request) =>
      request.effect === 'contain' ? { kind: 'run', policies: [] } : gate.decide(request),
  };
}

/** The first lock: whatever would write is taken to have been accepted. Reading goes on. */
export function imaginedPerform(perform: Perform): Perform {
  return {
    async run(state, attempt) {
      const writes =
        attempt.effect === 'restore' || (attempt.effect === 'contain' && attempt.state === 'running');
      return writes
        ? { outcome: { kind: 'succeeded', output: null }, evidence: [] }
        : perform.run(state, attempt);
    },
  };
}
