import { CodedError } from '../error.ts';
import type { IncidentId } from '../id.ts';
import { commitIncident, isAtCommit, loadIncident } from '../store/incident.ts';
import type { Refusal, Sql } from '../store/sql.ts';
import { refusalOf } from '../store/sql.ts';
import { settle } from './agenda.ts';
import { commitOf, isUnchanged } from './commit.ts';
import type { DecisionEnvironment } from './draft.ts';
import { Draft } from './draft.ts';
import { stateOf } from './load.ts';
import type { IncidentState } from './state.ts';

/**
 * The only writer of incident state. Decisions on one incident are taken one after the other in this
 * process, those that wait together share one commit, and the commit is refused when another process
 * was faster: then the state is read again and the decision taken anew.
 */

export type AdvanceErrorCode = 'cordon_incident_not_found' | 'cordon_incident_contended';

class AdvanceError extends CodedError<AdvanceErrorCode> {}

/** Decides on a draft and returns what the caller wants to know. Pure: it may be called again. */
export type Decide<Result> = (draft: Draft) => Result;

export interface AdvanceOptions<Result> {
  /** Given the database's refusal, another decision to take instead; `undefined` passes the error on. */
  readonly amend?: (refusal: Refusal, error: unknown) => Promise<Decide<Result> | undefined>;
}

/** What was committed, for those who act on it. */
export interface Committed {
  readonly draft: Draft;
  readonly state: IncidentState;
}

export interface Advance {
  /** Decides, commits, and only then resolves. Rejects with `cordon_incident_not_found`, or what `decide` threw. */
  advance<Result>(id: IncidentId, decide: Decide<Result>, options?: AdvanceOptions<Result>): Promise<Result>;
  /** Commits a new incident. Rejects with what the database refused: the caller knows why it may. */
  open<Result>(initial: IncidentState, decide: Decide<Result>): Promise<Result>;
  /** The state as it is now. */
  read(id: IncidentId): Promise<IncidentState | undefined>;
  /** Forgets what is cached, so that the next decision reads the database. */
  forget(): void;
}

interface Waiting {
  readonly decide: Decide<unknown>;
  readonly amend: AdvanceOptions<unknown>['amend'];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

// Each failed round means that some other process made progress; this bound is never met by chance.
const MAX_ROUNDS = 50;
const CACHE_SIZE = 512;

export function createAdvance(options: {
  readonly sql: Sql;
  /** The environment for a decision about `state`, with the instant of now. */
  readonly environment: (state: IncidentState) => DecisionEnvironment;
  /** Loads the playbook document that an incident runs on, if this process has not yet. */
  readonly ensurePlaybook: (playbookSha256: string) => Promise<void>;
  /** Begins what may begin before the commit: reads that the decision calls for. Resolves once they are on their way. */
  readonly onDecided: (decided: Committed) => Promise<void>;
  /** The commit of what was decided did not come about. */
  readonly onRefused: (draft: Draft) => void;
  readonly onCommitted: (committed: Committed) => void;
}): Advance {
  const { sql, environment, onCommitted } = options;
  const cache = new Map<IncidentId, IncidentState>();
  const desks = new Map<IncidentId, Waiting[]>();

  const remember = (state: IncidentState) => {
    cache.delete(state.id);
    // Closed ones too, since what they left contained is watched for days; but a release by another incident ends their
    // holds without a commit of their own, which only the one process of an embedded database notices.
    if (state.status !== 'closed' || sql.kind === 'embedded') cache.set(state.id, state);
    const oldest = cache.keys().next();
    if (cache.size > CACHE_SIZE && oldest.done !== true) cache.delete(oldest.value);
  };

  const load = async (id: IncidentId): Promise<IncidentState | undefined> => {
    const cached = cache.get(id);
    if (cached !== undefined) return cached;
    const row = await loadIncident(sql, id);
    if (row === undefined) return undefined;
    const state = stateOf(id, row);
    await options.ensurePlaybook(state.playbookSha256);
    remember(state);
    return state;
  };

  // On a server other processes write too. A commit checks what it was decided on; where nothing is
  // committed, nothing else would notice that the cached state is an old one.
  const isCurrent = async (state: IncidentState): Promise<boolean> =>
    sql.kind === 'embedded' || isAtCommit(sql, state.id, state.seq);

  const read = async (id: IncidentId): Promise<IncidentState | undefined> => {
    const cached = cache.get(id);
    if (cached !== undefined && !(await isCurrent(cached))) cache.delete(id);
    return load(id);
  };

  const commit = async (draft: Draft): Promise<void> => {
    if (isUnchanged(draft)) return;
    const { payload, next } = commitOf(draft);
    await options.onDecided({ draft, state: next });
    const number = await commitIncident(sql, payload).catch((error: unknown) => {
      options.onRefused(draft);
      throw error;
    });
    const state = { ...next, number };
    if (letsGo(draft)) for (const [id, { status }] of [...cache]) if (status === 'closed') cache.delete(id);
    remember(state);
    onCommitted({ draft, state });
  };

  /** Decides for all of `batch` on one draft; those whose decision throws are left out. */
  const decideTogether = (state: IncidentState, batch: readonly Waiting[]) => {
    let draft = new Draft(state, environment(state));
    const decided: { waiting: Waiting; result: unknown }[] = [];
    const refused: { waiting: Waiting; error: unknown }[] = [];
    for (const waiting of batch) {
      try {
        const result = waiting.decide(draft);
        settle(draft);
        decided.push({ waiting, result });
      } catch (error) {
        refused.push({ waiting, error });
        // A decision that threw may have written half of itself: start over without it.
        draft = new Draft(state, environment(state));
        for (const earlier of decided.splice(0)) {
          const result = earlier.waiting.decide(draft);
          settle(draft);
          decided.push({ waiting: earlier.waiting, result });
        }
      }
    }
    return { draft, decided, refused };
  };

  const round = async (id: IncidentId, batch: readonly Waiting[]): Promise<readonly Waiting[]> => {
    const cached = cache.has(id);
    const state = await load(id);
    if (state === undefined) {
      throw new AdvanceError(
        'cordon_incident_not_found',
        `there is no incident ${id}; "cordon list" shows those there are`,
      );
    }
    const { draft, decided, refused } = decideTogether(state, batch);
    const checkedByCommit = refused.length === 0 && !isUnchanged(draft);
    if (cached && !checkedByCommit && !(await isCurrent(state))) {
      cache.delete(id);
      return batch;
    }
    for (const { waiting, error } of refused) waiting.reject(error);
    try {
      await commit(draft);
    } catch (error) {
      cache.delete(id);
      const refusal = refusalOf(error);
      if (refusal === 'stale') return decided.map((each) => each.waiting);
      if (refusal === 'other') throw error;
      if (decided.length > 1) {
        // Which of them the database refused is only known one by one.
        for (const each of decided) await work(id, [each.waiting]);
        return [];
      }
      const [only] = decided;
      const amended = await only?.waiting.amend?.(refusal, error);
      if (only === undefined || amended === undefined) throw error;
      return [{ ...only.waiting, decide: amended }];
    }
    for (const { waiting, result } of decided) waiting.resolve(result);
    return [];
  };

  const work = async (id: IncidentId, batch: readonly Waiting[]): Promise<void> => {
    let left = batch;
    try {
      for (let rounds = 0; left.length > 0; rounds++) {
        if (rounds >= MAX_ROUNDS) {
          throw new AdvanceError(
            'cordon_incident_contended',
            `incident ${id} was changed by others ${MAX_ROUNDS} times in a row while this decision waited`,
          );
        }
        left = await round(id, left);
      }
    } catch (error) {
      for (const waiting of left) waiting.reject(error);
    }
  };

  const drain = async (id: IncidentId, desk: Waiting[]): Promise<void> => {
    while (desk.length > 0) await work(id, desk.splice(0));
    desks.delete(id);
  };

  return {
    read,
    forget: () => cache.clear(),
    advance: <Result>(id: IncidentId, decide: Decide<Result>, advanceOptions: AdvanceOptions<Result> = {}) =>
      new Promise<Result>((resolve, reject) => {
        const waiting: Waiting = {
          decide,
          amend: advanceOptions.amend as Waiting['amend'], // the result travels back to this same caller
          resolve: resolve as Waiting['resolve'], // as above
          reject,
        };
        const desk = desks.get(id);
        if (desk !== undefined) {
          desk.push(waiting);
          return;
        }
        const own = [waiting];
        desks.set(id, own);
        void drain(id, own);
      }),
    async open<Result>(initial: IncidentState, decide: Decide<Result>) {
      const draft = new Draft(initial, environment(initial));
      const result = decide(draft);
      settle(draft);
      await commit(draft);
      return result;
    },
  };
}

/** True for a commit that puts something back, or leaves it to others: what was taken over from closed incidents ends with it. */
function letsGo(draft: Draft): boolean {
  return [...draft.changed.holds].some((id) => {
    const closedAs = draft.holds.get(id)?.closedAs;
    return closedAs === 'released' || closedAs === 'inherited';
  });
}
