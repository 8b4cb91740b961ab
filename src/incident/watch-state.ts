/** What is known of a target beside its level: parts of an incident's record. Instants are ISO 8601 in UTC. */

/** What is known of a target since it is contained, beyond its level. Names and calls are the attacker's own. */
export interface Watch {
  readonly lookedAt: string | null;
  /** Ids of what was told already: events of CloudTrail, minutes with invocations. */
  readonly seen: readonly string[];
  /** Calls refused and invocations turned away after the cut-off. */
  readonly refused: number;
  readonly throttled: number;
  /** Asynchronous events that Lambda gave up since the stop; absent in old records. */
  readonly dropped?: number;
  /** Sessions of the roles that others than the function began, by name; absent in old records. */
  readonly sessions?: readonly string[];
  /** What got through after the cut-off, newest last. */
  readonly through: readonly { readonly at: string; readonly call: string; readonly principal: string }[];
  readonly drifts: readonly Drift[];
  /** `null` where nothing stops invocations. */
  readonly drain: Drain | null;
  /** What the last look could not ask. */
  readonly unread: readonly string[];
}

/** A change of what is contained that was not ours. */
export interface Drift {
  readonly at: string;
  readonly object: string;
  readonly what: string;
  /** Who did it, once CloudTrail has said so. */
  readonly by: string | null;
  /** A person is asked before it is put again. */
  readonly asks: boolean;
}

/** Invocations that began before the function was stopped. */
export interface Drain {
  readonly stoppedAt: string;
  /** When the longest allowed one would have ended. */
  readonly latestAt: string;
  /** How many ran, as last counted; `null` where nobody counts. */
  readonly running: number | null;
  readonly overAt: string | null;
}

/** A target after its release, compared with its manifest from before containment. */
export interface Comparison {
  readonly at: string;
  /** False when there was no manifest to compare with. */
  readonly compared: boolean;
  readonly differences: readonly {
    readonly part: string;
    readonly was: string;
    readonly now: string;
    /** Why it differs, as far as this incident knows. */
    readonly why: string;
  }[];
  readonly unread: readonly string[];
}
