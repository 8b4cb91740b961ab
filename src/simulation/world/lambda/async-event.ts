import type { AsyncEvent } from './state.ts';

/** An event as it comes into Lambda's own queue: not tried yet, and due at once. */
export function newEvent(event: Omit<AsyncEvent, 'tries' | 'dueMs' | 'response'>): AsyncEvent {
  return { ...event, tries: 0, dueMs: 0, response: undefined };
}
