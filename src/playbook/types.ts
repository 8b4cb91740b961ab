import type { Target } from '../action/ports.ts';
import type { Alert } from '../alert/alert.ts';
import type { Json, JsonObject } from '../json.ts';

/**
 * What the engine and a statechart say to each other. A playbook is one root chart and one chart per
 * `forEach` state; each runs as a row of its own. Nothing here holds a live actor: a step takes a
 * stored chart and an event and returns the next stored chart and the effects, as data.
 */

/** '' is the root chart; otherwise the dotted path of the `forEach` state: `responding.containment`. */
export type ChartPath = string;

/** What the engine tells expressions about the incident; refreshed at every step, never stored as truth. */
export interface Ambient {
  readonly incident: {
    readonly id: string;
    /** 1 (critical) to 4 (low). */
    readonly severity: number;
    readonly mode: string;
    readonly exercise: boolean;
    readonly targets: readonly Target[];
    /** True while at least one hold of this incident is open. */
    readonly contained: boolean;
  };
  readonly alert: Alert;
  /** The target of a `forEach` child; absent in the root chart. */
  readonly item?: Target;
}

/** A chart between two events, as stored. */
export interface StoredChart {
  readonly value: Json;
  /** The playbook's own variables, written by `assign`. */
  readonly vars: JsonObject;
  readonly status: 'active' | 'done' | 'error';
  readonly output: Json;
  readonly error: string | null;
  /** History value as state ids: XState's own holds nodes that do not survive JSON. */
  readonly history: Readonly<Record<string, readonly string[]>>;
  readonly openInvocations: readonly OpenInvocation[];
}

export interface OpenInvocation {
  /** XState's id of the invoke: the same again when the state is entered again, so never a fence. */
  readonly id: string;
  readonly src: string;
  readonly input: JsonObject;
}

export type ChartEvent =
  | { readonly kind: 'invocation-done'; readonly id: string; readonly output: Json }
  | {
      readonly kind: 'invocation-failed';
      readonly id: string;
      readonly error: { readonly code: string; readonly message: string; readonly data?: Json };
    }
  /** A timer that a `schedule` effect asked for is due; `event` is that effect's event. */
  | { readonly kind: 'timer'; readonly event: string }
  /** A named event from outside the chart (`signals.ts` lists them), e.g. `release.requested`. */
  | { readonly kind: 'signal'; readonly name: string; readonly payload: JsonObject };

/** To be applied in the order returned. */
export type ChartEffect =
  | { readonly kind: 'invoke'; readonly id: string; readonly src: string; readonly input: JsonObject }
  | { readonly kind: 'withdraw'; readonly id: string }
  | { readonly kind: 'schedule'; readonly timer: string; readonly event: string; readonly delayMs: number }
  | { readonly kind: 'unschedule'; readonly timer: string }
  | { readonly kind: 'notify'; readonly name: string; readonly params: JsonObject };

export interface Step {
  readonly chart: StoredChart;
  readonly effects: readonly ChartEffect[];
  /** Dotted paths of the leaf states that are active now and were not before: for the timeline. */
  readonly entered: readonly string[];
  /** False when no transition took the event (the chart is unchanged). */
  readonly handled: boolean;
}
