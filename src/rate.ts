/** One window of the rate budget: how many calls of a family may start in any second. */
export interface BudgetRequest {
  /** `<account>/<region>/<family>`: AWS counts per account and Region. */
  readonly key: string;
  /** Calls a second that this caller may bring the window up to; lower for less urgent work. */
  readonly capacity: number;
}

/** Shared by everything that calls AWS. Two implementations: in memory, and in the database for several processes. */
export interface RateBudget {
  /** Takes one call's place: 0 when granted, else the milliseconds to wait before asking again. */
  take(request: BudgetRequest): Promise<number>;
}
