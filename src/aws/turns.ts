import type { Clock } from '../clock.ts';
import type { RateBudget } from '../rate.ts';

/**
 * Whose call goes first when there is room for one. People are told by Slack, which spends none of this budget,
 * so between what shows that containment holds and evidence there is nobody else.
 */
export const PRIORITIES = ['contain', 'verify', 'evidence', 'inventory'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** One call that waits for its turn. */
export interface TurnRequest {
  readonly key: string;
  /** Calls a second that this priority may bring the window up to. */
  readonly capacity: number;
  readonly priority: Priority;
  /** Throws when the call is not to be made any more: it then leaves the line. */
  readonly stillWanted: () => void;
  readonly signal: AbortSignal;
}

export interface Turns {
  /** Resolves when the call may be made, or its signal is aborted. Throws what `stillWanted` throws. */
  take(request: TurnRequest): Promise<void>;
}

interface Waiting extends TurnRequest {
  readonly rank: number;
  done(): void;
  failed(error: unknown): void;
}

interface Line {
  readonly waiting: Waiting[];
  /** Cuts the wait of the first in line short: somebody more urgent has come. */
  wake: () => void;
}

/**
 * One line per window of the budget, the most urgent first and in the order of arrival among equals. Only the first
 * in line asks the budget, so a thousand attempts that wait cost one question each time there is room, and no late
 * comer of lower priority takes a place that an earlier, more urgent call waits for. Between processes the
 * capacities do the same: what is urgent may fill the window further.
 */
export function createTurns(budget: RateBudget, clock: Clock): Turns {
  const lines = new Map<string, Line>();

  const serve = async (key: string, line: Line): Promise<void> => {
    for (let first = line.waiting[0]; first !== undefined; first = line.waiting[0]) {
      try {
        first.stillWanted();
        const waitMs = await budget.take({ key, capacity: first.capacity });
        if (waitMs === 0) {
          first.done();
          continue;
        }
        // Somebody more urgent may have come while the budget was asked: theirs is the next question.
        if (line.waiting[0] !== first) continue;
        const cut = new AbortController();
        line.wake = () => cut.abort();
        await clock.sleep(waitMs, cut.signal);
      } catch (error) {
        first.failed(error);
      }
    }
    lines.delete(key);
  };

  return {
    take(request) {
      if (request.signal.aborted) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const known = lines.get(request.key);
        const line = known ?? { waiting: [], wake: () => {} };
        const leave = () => {
          const at = line.waiting.indexOf(entry);
          if (at !== -1) line.waiting.splice(at, 1);
          request.signal.removeEventListener('abort', aborted);
        };
        const aborted = () => {
          leave();
          line.wake();
          resolve();
        };
        const entry: Waiting = {
          ...request,
          rank: PRIORITIES.indexOf(request.priority),
          done: () => {
            leave();
            resolve();
          },
          failed: (error) => {
            leave();
            reject(error);
          },
        };
        request.signal.addEventListener('abort', aborted, { once: true });
        const after = line.waiting.findIndex((other) => other.rank > entry.rank);
        line.waiting.splice(after === -1 ? line.waiting.length : after, 0, entry);
        if (known === undefined) {
          lines.set(request.key, line);
          void serve(request.key, line);
        } else if (line.waiting[0] === entry) {
          line.wake();
        }
      });
    },
  };
}
