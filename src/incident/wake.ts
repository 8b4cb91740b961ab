import type { IncidentId } from '../id.ts';

/**
 * A wake-up call: something of an incident may be ready. It carries ids only, and losing it loses
 * nothing, because the database says what is ready and is swept.
 */
export interface Wake {
  readonly lane: WakeLane;
  readonly incident: IncidentId;
  /** The attempt or timer; the incident itself for deliveries, which go in order. */
  readonly subject: string;
}

export type WakeLane = 'attempt' | 'delivery' | 'timer';

/** Two implementations: BullMQ (on Redis or Postgres), and in memory on a virtual clock. */
export interface WakeQueue {
  /** Adds wake-ups, each after its delay in milliseconds. Throws inside a database transaction. */
  add(wakes: readonly { readonly wake: Wake; readonly delayMs: number }[]): Promise<void>;
  /** Calls `handle` for each wake-up of `lanes`; a rejected one is tried again by the sweep, not by the queue. */
  consume(lanes: ReadonlySet<WakeLane>, handle: (wake: Wake) => Promise<void>): Promise<void>;
  /** Stops consuming and resolves once the handlers under way are done. */
  stop(): Promise<void>;
  close(): Promise<void>;
}
