import type { Json, JsonObject } from '../../json.ts';
import type { Entry } from '../../timeline/entry.ts';
import type { JournalEntry } from '../world/journal.ts';
import type { Matcher } from './scenario.ts';

/** Who made a call in the account. `system` is the account's own doing. */
export type CallerKind = 'attacker' | 'engine' | 'person' | 'system';

/** Something that happened in an exercise. Plain JSON; instants are ISO 8601 in UTC. */
export type Observed =
  | { readonly kind: 'timeline'; readonly at: string; readonly entry: Entry }
  | {
      readonly kind: 'account';
      readonly at: string;
      readonly by: CallerKind;
      readonly call: JournalEntry;
      readonly outcome: string;
    }
  | { readonly kind: 'queue'; readonly at: string; readonly name: string; readonly messages: number }
  | { readonly kind: 'inject'; readonly at: string; readonly id: string; readonly synopsis: string }
  | { readonly kind: 'slack'; readonly at: string; readonly message: SlackSeen };

/** A message as people saw it. */
export interface SlackSeen {
  readonly channel: string;
  readonly ts: string;
  /** The user who wrote it; the bot's when it was us. */
  readonly user: string;
  readonly fromBot: boolean;
  readonly edited: boolean;
  /** Lines of readable text. */
  readonly lines: readonly string[];
  readonly buttons: readonly string[];
}

/** Everything that happened, in order; what waits for something is told when it is there. */
export interface ExerciseRecord {
  readonly all: readonly Observed[];
  add(observed: Observed): void;
  /** The first that matches, from the beginning. */
  first(matcher: Matcher): Observed | undefined;
  /** Resolves when one matches, which may be at once; also when `signal` aborts. */
  until(matcher: Matcher, signal: AbortSignal): Promise<void>;
  subscribe(listener: (observed: Observed) => void): void;
}

export function createRecord(): ExerciseRecord {
  const all: Observed[] = [];
  const listeners: ((observed: Observed) => void)[] = [];
  const waiting = new Set<{ readonly matcher: Matcher; readonly resolve: () => void }>();
  const first = (matcher: Matcher) => all.find((observed) => matches(observed, matcher));
  return {
    all,
    first,
    add(observed) {
      all.push(observed);
      for (const listener of listeners) listener(observed);
      for (const each of [...waiting]) if (matches(observed, each.matcher)) each.resolve();
    },
    until: (matcher, signal) =>
      new Promise((resolve) => {
        if (signal.aborted || first(matcher) !== undefined) {
          resolve();
          return;
        }
        const done = () => {
          waiting.delete(entry);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const entry = { matcher, resolve: done };
        waiting.add(entry);
        signal.addEventListener('abort', done, { once: true });
      }),
    subscribe: (listener) => void listeners.push(listener),
  };
}

/** Whether something that happened is what a scenario means. Pure. */
export function matches(observed: Observed, matcher: Matcher): boolean {
  if ('inject' in matcher) return observed.kind === 'inject' && observed.id === matcher.inject;
  if ('timeline' in matcher) {
    if (observed.kind !== 'timeline' || observed.entry.body === null) return false;
    const { body } = observed.entry;
    const { kind, data, actor } = matcher.timeline;
    if (body.kind !== kind) return false;
    if (actor !== undefined && body.actor.id !== actor && body.actor.kind !== actor) return false;
    return data === undefined || includes(body.data, data);
  }
  if ('queue' in matcher) {
    const { name, atLeast = 0, atMost = Number.POSITIVE_INFINITY } = matcher.queue;
    if (observed.kind !== 'queue' || observed.name !== name) return false;
    return observed.messages >= atLeast && observed.messages <= atMost;
  }
  if (observed.kind !== 'account') return false;
  const { by, operation, outcome, target, write } = matcher.account;
  return (
    (by === undefined || observed.by === by) &&
    (operation === undefined || observed.call.operation === operation) &&
    (outcome === undefined || observed.outcome === outcome || observed.call.outcome === outcome) &&
    (target === undefined || observed.call.target === target) &&
    (write === undefined || observed.call.write === write)
  );
}

/** `denied`, `throttled`, `ok` or the account's own code. */
export function outcomeOf(call: JournalEntry): string {
  if (call.outcome === 'AccessDenied' || call.outcome === 'AccessDeniedException') return 'denied';
  if (call.operation === 'Invoke' && call.outcome === 'TooManyRequestsException') return 'throttled';
  return call.outcome;
}

/** True when `value` has every member of `part`, to any depth; lists must be equal. */
function includes(value: Json | undefined, part: Json | undefined): boolean {
  if (part === null || typeof part !== 'object') return value === part;
  if (value === null || typeof value !== 'object') return false;
  if (Array.isArray(part)) return JSON.stringify(value) === JSON.stringify(part);
  const held = value as JsonObject; // neither a scalar nor null; a list has none of the members asked for
  return Object.entries(part).every(([key, member]) => includes(held[key], member));
}
