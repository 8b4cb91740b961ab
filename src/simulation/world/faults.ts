/** What goes wrong with a call. */
export type FaultKind =
  /** Refused for its rate, in the words of the service. */
  | { readonly kind: 'throttle' }
  /** Refused with this code and status. */
  | { readonly kind: 'error'; readonly code: string; readonly status: number; readonly message?: string }
  /** Takes so much longer, half of it before the effect and half after. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Takes effect; the answer is lost: the connection is reset, or hangs until the caller gives up. */
  | { readonly kind: 'lost-response'; readonly how: 'reset' | 'hang' }
  /** Never arrives: no effect, and the connection is reset or hangs. */
  | { readonly kind: 'dropped-request'; readonly how: 'reset' | 'hang' };

/** Which calls a fault strikes. */
export interface Fault {
  /** `lambda:PutFunctionConcurrency`, `iam:*` or `*`. */
  readonly operation: string;
  /** Only calls on this target (an ARN), when given. */
  readonly target?: string;
  /** Only calls of this access key, when given. */
  readonly accessKeyId?: string;
  /** The first matching call that is struck, counting from 1; default 1. */
  readonly nth?: number;
  /** How many matching calls are struck from there; default 1. */
  readonly times?: number;
  readonly fault: FaultKind;
}

export interface FaultPlan {
  add(fault: Fault): void;
  clear(): void;
  /** The faults that strike this call. Counts it against every plan that it matches. */
  strike(call: {
    readonly service: string;
    readonly operation: string;
    readonly target: string;
    readonly accessKeyId: string;
  }): readonly FaultKind[];
}

/** An empty plan. */
export function createFaultPlan(): FaultPlan {
  let planned: { readonly fault: Fault; seen: number }[] = [];
  return {
    add(fault) {
      planned.push({ fault, seen: 0 });
    },
    clear() {
      planned = [];
    },
    strike(call) {
      const struck: FaultKind[] = [];
      for (const plan of planned) {
        const { operation, target, accessKeyId, nth = 1, times = 1, fault } = plan.fault;
        const named =
          operation === '*' ||
          operation === `${call.service}:*` ||
          operation === `${call.service}:${call.operation}`;
        if (!named) continue;
        if (target !== undefined && target !== call.target) continue;
        if (accessKeyId !== undefined && accessKeyId !== call.accessKeyId) continue;
        plan.seen += 1;
        if (plan.seen >= nth && plan.seen < nth + times) struck.push(fault);
      }
      return struck;
    },
  };
}
