import type { JsonObject } from '../../json.ts';

/** What can go wrong with one call. `effect` says whether Slack did the work before it went wrong. */
export type SlackFault =
  | { readonly kind: 'ratelimited'; readonly retryAfterS: number }
  | { readonly kind: 'http'; readonly status: number; readonly effect: 'none' | 'done' }
  /** The connection breaks and no answer comes. */
  | { readonly kind: 'lost'; readonly effect: 'none' | 'done' }
  /** The connection stays and no answer comes: the caller's own time limit ends it. */
  | { readonly kind: 'silence'; readonly effect: 'none' | 'done' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Slack answers with this word, e.g. `is_archived`, and does nothing. */
  | { readonly kind: 'refuse'; readonly error: string };

interface Planned {
  readonly method: string;
  readonly fault: SlackFault;
  readonly when: (args: JsonObject) => boolean;
  left: number;
}

export interface Faults {
  /** Plans a fault for the next `times` calls of a method (`*` for all methods) whose arguments match. */
  plan(
    method: string,
    fault: SlackFault,
    options?: { readonly times?: number; readonly when?: (args: JsonObject) => boolean },
  ): void;
  clear(): void;
  take(method: string, args: JsonObject): SlackFault | undefined;
}

export function createFaults(): Faults {
  let planned: Planned[] = [];
  return {
    plan: (method, fault, options = {}) => {
      planned.push({ method, fault, when: options.when ?? (() => true), left: options.times ?? 1 });
    },
    clear: () => {
      planned = [];
    },
    take: (method, args) => {
      const hit = planned.find(
        (one) => one.left > 0 && (one.method === method || one.method === '*') && one.when(args),
      );
      if (hit === undefined) return undefined;
      hit.left -= 1;
      return hit.fault;
    },
  };
}

/** Thrown by the double's `fetch` where a real connection would break; the server then cuts the socket. */
export class ConnectionLost extends TypeError {
  constructor() {
    super('fetch failed', { cause: { code: 'ECONNRESET' } });
  }
}
