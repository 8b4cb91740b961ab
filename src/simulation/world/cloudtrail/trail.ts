import type { JsonObject } from '../../../json.ts';

/** One management event, with what `LookupEvents` can look up beside the record itself. */
export interface TrailEvent {
  readonly atMs: number;
  readonly region: string;
  readonly eventId: string;
  readonly eventName: string;
  readonly eventSource: string;
  readonly readOnly: boolean;
  readonly accessKeyId: string;
  /** Name of the user or of the role's session; empty for a service. */
  readonly username: string;
  readonly resources: readonly { readonly ResourceType: string; readonly ResourceName: string }[];
  /** The record as CloudTrail writes it. */
  readonly record: JsonObject;
}

/** The account's event history, oldest first. */
export interface Trail {
  append(event: TrailEvent): void;
  /** Events of a Region that have been delivered: those older than the delay. */
  delivered(region: string, untilMs: number): readonly TrailEvent[];
}

/** An empty history. */
export function createTrail(): Trail {
  const byRegion = new Map<string, TrailEvent[]>();
  return {
    append(event) {
      const all = byRegion.get(event.region) ?? [];
      byRegion.set(event.region, all);
      all.push(event);
    },
    delivered: (region, untilMs) => (byRegion.get(region) ?? []).filter((event) => event.atMs <= untilMs),
  };
}
