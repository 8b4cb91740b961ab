import { watchContainment } from '../action/containment-watch.ts';
import type { Clock } from '../clock.ts';
import { describeError } from '../error.ts';
import type { AttemptId, WorkerId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import type { Log } from '../log.ts';
import { captorOf, desiredByOthers, isOpenElsewhere } from '../store/incident.ts';
import type { Refusal, Sql } from '../store/sql.ts';
import { spentBudgetOf } from '../store/sql.ts';
import type { Advance, Committed, Decide } from './advance.ts';
import type { AttemptOutcome } from './attempt-outcome.ts';
import type { Draft } from './draft.ts';
import type { Holders } from './outcome.ts';
import { recordOutcome } from './outcome.ts';
import { isCapture, type Perform, type PhaseResult } from './perform.ts';
import type { AttemptRow, IncidentState } from './state.ts';
import { isFinal } from './state.ts';

/** Runs the phases of attempts that a commit left in this process's hands, and records what they came to. */
export interface Runner {
  /**
   * Begins the captures that a decision calls for while it is being committed: they read, and nothing is lost of a read
   * that nobody hears of. Resolves once the requests are on their way; `start` takes their answers, `drop` forgets them.
   */
  begin(decided: Committed): Promise<void>;
  drop(draft: Draft): void;
  /** Starts every phase that `committed` calls for; returns at once. */
  start(committed: Committed): void;
  /** Resolves when the attempt is no longer under way in this process. */
  finished(attempt: AttemptId): Promise<void>;
  /** Resolves when no containing or restoring attempt is under way. */
  containmentDone(): Promise<void>;
  /** True while a phase of the attempt is under way here, its recording included. */
  has(attempt: AttemptId): boolean;
  /** Number of phases under way. */
  inFlight(): number;
}

const RECORD_RETRY_MS = 200;

type OwnAttempt = AttemptRow & { readonly owner: WorkerId };

export function createRunner(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly perform: Perform;
  readonly isLive: (worker: WorkerId) => boolean;
  readonly workerId: () => WorkerId | null;
  readonly advance: () => Advance;
}): Runner {
  const { sql, clock, log, perform, isLive } = options;
  const begun = new Map<AttemptId, Promise<PhaseResult>>();
  const running = new Map<AttemptId, { readonly urgent: boolean; readonly done: Promise<void> }>();

  /** What must be known of others before a decision is taken: whom a closed incident leaves its watch to. */
  const knownOf = async (state: IncidentState, attempt: AttemptRow): Promise<Holders> => {
    if (attempt.action !== watchContainment.id || attempt.target === null || state.status !== 'closed')
      return NOBODY;
    return {
      ...NOBODY,
      openElsewhere: await isOpenElsewhere(sql, attempt.target.functionArn, state.id),
    };
  };

  const record = async (
    state: IncidentState,
    attempt: AttemptRow,
    owner: WorkerId,
    result: PhaseResult,
  ): Promise<void> => {
    const { outcome, evidence } = result;
    if (outcome === null) return;
    const decideWith =
      (now: AttemptOutcome, context: Holders): Decide<boolean> =>
      (draft) =>
        recordOutcome(draft, attempt.id, owner, now, { evidence, ...context });
    // What the database has refused so far: a decision may meet several, one after the other.
    let met: Holders = NOBODY;
    const amend = async (refusal: Refusal, error: unknown): Promise<Decide<boolean> | undefined> => {
      const key = attempt.object?.key ?? '';
      if (refusal === 'budget-spent') {
        met = { ...met, spentBudget: spentBudgetOf(error) };
        return decideWith(outcome, met);
      }
      if (refusal === 'object-is-held') {
        const othersHold = await desiredByOthers(sql, key, state.id);
        return decideWith(outcome, { heldBy: null, othersHold });
      }
      // The other one that held it let go between our two looks: then the restoring is ours after all.
      if (refusal === 'object-not-held') return decideWith(outcome, { heldBy: null, othersHold: [] });
      if (refusal === 'object-being-restored') return decideWith(beingRestored(attempt), NOBODY);
      if (refusal !== 'object-has-captor' || attempt.object === null) return undefined;
      const captor = await captorOf(sql, attempt.object.key);
      if (captor === undefined) return decideWith(outcome, NOBODY);
      if (captor.status === 'restoring') return decideWith(beingRestored(attempt), NOBODY);
      const prior = captor.prior as JsonObject | null; // written by commitOf
      const others = await desiredByOthers(sql, key, state.id, { takenOver: true });
      const own = [...state.holds.values()]
        .filter((hold) => hold.objectKey === key && hold.status !== 'closed')
        .map((hold) => hold.desired);
      const heldBy = { incident: captor.incident, prior, others: [...others, ...own] };
      met = { ...met, heldBy };
      return decideWith(outcome, met);
    };
    for (;;) {
      try {
        const known = await knownOf(state, attempt);
        await options.advance().advance(state.id, decideWith(outcome, known), { amend });
        return;
      } catch (error) {
        // The call is made and its outcome must not be lost: keep trying for as long as it is ours to tell.
        if (!isLive(owner)) return;
        log.error(
          { incident: state.id, attempt: attempt.id, reason: describeError(error) },
          'an outcome could not be recorded yet',
        );
        await clock.sleep(RECORD_RETRY_MS);
      }
    }
  };

  const runPhase = async (state: IncidentState, attempt: AttemptRow, owner: WorkerId): Promise<void> => {
    const early = begun.get(attempt.id);
    begun.delete(attempt.id);
    const result = await (early ?? perform.run(state, attempt));
    await record(state, attempt, owner, result);
  };

  /** What a decision leaves in this process's hands. */
  const ownOf = ({ draft, state }: Committed): readonly OwnAttempt[] => {
    const worker = options.workerId();
    return [...draft.changed.attempts]
      .flatMap((id) => state.attempts.get(id) ?? [])
      .filter(
        (attempt): attempt is OwnAttempt =>
          worker !== null && attempt.owner === worker && !isFinal(attempt.state),
      );
  };

  return {
    async begin(decided) {
      const captures = ownOf(decided).filter(isCapture);
      if (captures.length === 0) return;
      for (const attempt of captures) begun.set(attempt.id, perform.run(decided.state, attempt));
      // The embedded database keeps the thread for as long as a commit takes: the requests go first.
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
    drop(draft) {
      for (const id of draft.changed.attempts) begun.delete(id);
    },
    start(committed) {
      const { state } = committed;
      for (const attempt of ownOf(committed)) {
        const { id, owner } = attempt;
        const previous = running.get(id)?.done;
        const phase = runPhase(state, attempt, owner);
        // A phase's own record starts the next one: both must be over before the attempt counts as done.
        const done: Promise<void> =
          previous === undefined ? phase : Promise.all([previous, phase]).then(() => undefined);
        running.set(id, { urgent: attempt.effect === 'contain' || attempt.effect === 'restore', done });
        void done.finally(() => {
          if (running.get(id)?.done === done) running.delete(id);
        });
      }
    },
    async finished(attempt) {
      for (let current = running.get(attempt); current !== undefined; current = running.get(attempt))
        await current.done;
    },
    async containmentDone() {
      const urgent = () => [...running.values()].filter((phase) => phase.urgent).map((phase) => phase.done);
      for (let left = urgent(); left.length > 0; left = urgent()) await Promise.all(left);
    },
    has: (attempt) => running.has(attempt),
    inFlight: () => begun.size + running.size,
  };
}

const NOBODY: Holders = { heldBy: null, othersHold: null };

function beingRestored(attempt: AttemptRow): AttemptOutcome {
  return {
    kind: 'failed',
    code: 'cordon_object_being_restored',
    message: `${attempt.object?.arn ?? ''} is being restored by another incident`,
    classification: 'retryable',
    retryAfterMs: 500,
  };
}
