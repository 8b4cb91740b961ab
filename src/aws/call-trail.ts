import type { AnsweredCalls, CallTrail } from '../action/survey-port.ts';

// A log of a million events takes a hundred calls and more: the ends of the list find the rest in CloudTrail.
const KEPT = 10;

/** Keeps the request ids of what AWS answered, a bounded number of them. */
export function callTrail(): CallTrail & { note(requestId: string | undefined): void } {
  let count = 0;
  let first: string[] = [];
  let last: string[] = [];
  return {
    note(requestId) {
      count += 1;
      if (requestId === undefined) return;
      if (first.length < KEPT) first.push(requestId);
      else last = [...last, requestId].slice(-KEPT);
    },
    take(): AnsweredCalls {
      const taken = { count, requestIds: [...first, ...last] };
      count = 0;
      first = [];
      last = [];
      return taken;
    },
  };
}
