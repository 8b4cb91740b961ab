import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Action, Change, Permission } from '../action/action.ts';
import { ACTIONS } from '../action/catalogue.ts';
import { resourcesIn } from '../action/permissions.ts';
import type { Rung } from '../action/rung.ts';
import { rungOf } from '../action/rung.ts';
import type { AwsTransport } from '../aws/transport.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import { modeFor } from '../enrolment/enrolment.ts';
import { explainDecision } from '../guardrail/explain.ts';
import type { GuardrailGate } from '../guardrail/gate.ts';
import { createGate } from '../guardrail/gate.ts';
import type { Ids, IncidentId } from '../id.ts';
import { Draft } from '../incident/draft.ts';
import { attemptRequest } from '../incident/gate-request.ts';
import type { AttemptRow, IncidentState } from '../incident/state.ts';
import type { WakeQueue } from '../incident/wake.ts';
import { openEmbeddedSession } from '../incident/worker.ts';
import type { Log } from '../log.ts';
import { compose } from '../main.ts';
import { openInMemory } from '../store/in-memory.ts';
import { memoryBudget } from '../store/rate-budget.ts';
import type { Sql } from '../store/sql.ts';
import { opening } from './closing.ts';
import { loadDefinitions } from './engine-parts.ts';

/** What would be done about one alert. */
export type Rehearsal =
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'rehearsed';
      readonly title: string;
      readonly playbook: string;
      readonly mode: string;
      readonly attempts: readonly RehearsedAttempt[];
    };

/** One write of the plan, with what it takes and how it is taken back. */
export interface RehearsedCall extends Change {
  /** What the contain role must be allowed. */
  readonly permission: RehearsedPermission;
  /** What the release role must be allowed to take the attempt back. */
  readonly revert: { readonly summary: string; readonly permissions: readonly RehearsedPermission[] };
}

export interface RehearsedPermission {
  readonly action: string;
  readonly resource: string;
}

export interface RehearsedAttempt {
  readonly action: string;
  readonly title: string;
  readonly rung: Rung;
  readonly object: string;
  readonly calls: readonly RehearsedCall[];
  /** What the guardrails say about it, in the mode that holds for the function. */
  readonly decision: 'run' | 'ask' | 'refuse';
  /** The same in words. */
  readonly verdict: string;
  readonly policies: readonly string[];
  /** Why it could not be planned, when it could not. */
  readonly problem: string | null;
}

// Reading one function takes a second or two; a throttled account takes longer, and then it is said.
const PATIENCE_MS = 30_000;
const POLL_MS = 50;
const SETTLED_POLLS = 4;
// What still reads when everything is planned may finish writing its file, which is then removed.
const STOP_MS = 1000;

/**
 * Plays an alert through the engine itself, on a database in memory: it reads what it would read, plans what it
 * would write and imagines that the writes were accepted (`src/incident/imagine.ts`). Then the guardrails are asked
 * about each plan, in the mode that holds for the function.
 */
export async function rehearse(
  config: Config,
  options: {
    readonly bytes: Uint8Array;
    readonly source: string;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly log: Log;
    readonly transport?: AwsTransport;
    /** Opens an empty, migrated record; without it one is made in memory, which takes seconds. */
    readonly openRecord?: () => Promise<Sql>;
  },
): Promise<readonly Rehearsal[]> {
  const { bytes, source, clock, ids, log } = options;
  const definitions = await loadDefinitions(config);
  return opening(async (closing) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'cordon-dry-run-'));
    closing.add(() => rm(dataDir, { recursive: true, force: true, maxRetries: 10 }));
    const sql = await (options.openRecord ?? openInMemory)();
    closing.add(() => sql.close());
    const { engine } = await compose({
      ...definitions,
      imagined: true,
      sql,
      queue: nobodyWakes,
      clock,
      ids,
      log,
      session: await openEmbeddedSession({ sql, ids, host: 'dry-run', pid: process.pid }),
      budget: memoryBudget(clock),
      aws: options.transport ?? { kind: 'aws' },
      dataDir,
      roles: { perform: true, deliver: false },
      exercise: false,
      headroom: config.headroom,
      periodicSweep: false,
    });
    closing.add(() => engine.stop(STOP_MS));
    await engine.start();
    const receipt = await engine.accept.submit({ bytes, source, via: 'cli', receivedAt: clock.now() });
    // Several alerts about one function are one incident here as anywhere.
    const incidents = new Set(receipt.flatMap((each) => (each.kind === 'refused' ? [] : [each.incidentId])));
    const read = async () => {
      const states = [...incidents].map((id) => engine.advance.read(id as IncidentId)); // the engine's own answer
      return (await Promise.all(states)).filter((state) => state !== undefined);
    };
    await settled(read, engine.idle, clock);
    const gate = createGate(definitions.guardrails);
    const rehearsals: readonly Rehearsal[] = [
      ...receipt.filter((outcome) => outcome.kind === 'refused'),
      ...(await read()).map((state) => rehearsalOf(state, definitions.enrolment, gate, environmentOf(state))),
    ];
    await closing.close();
    return rehearsals;

    function environmentOf(state: IncidentState): ConstructorParameters<typeof Draft>[1] {
      const playbook = definitions.playbooks.find(({ sha256 }) => sha256 === state.playbookSha256);
      if (playbook === undefined) throw new TypeError('an incident on a playbook that is not loaded');
      return {
        now: clock.now(),
        ids,
        gate,
        enrolment: definitions.enrolment,
        ownersOf: () => ({ owners: [], from: 'nobody' }),
        playbook,
        catalogue: ACTIONS,
        worker: null,
        directLanes: new Set(),
        standstill: null,
      };
    }
  });
}

function rehearsalOf(
  state: IncidentState,
  enrolment: Enrolment,
  gate: GuardrailGate,
  environment: ConstructorParameters<typeof Draft>[1],
): Rehearsal {
  const draft = new Draft(state, environment);
  const [target] = state.record.targets;
  return {
    kind: 'rehearsed',
    title: state.record.title,
    playbook: state.record.playbook,
    mode: target === undefined ? 'observe' : modeFor(enrolment, target, state.record.playbook),
    attempts: [...state.attempts.values()]
      .filter((attempt) => attempt.effect === 'contain')
      .map((attempt) => {
        const decision = gate.decide(attemptRequest(draft, attempt, 0));
        const action = ACTIONS.get(attempt.action);
        return {
          action: attempt.action,
          title: action?.title ?? attempt.action,
          rung: rungOf(action?.effect === 'contain' ? action : undefined),
          object: attempt.object?.arn ?? attempt.target?.functionArn ?? '',
          calls: changesOf(attempt, action, state).map((change) => callOf(change, action, state)),
          decision: decision.kind,
          verdict: explainDecision(decision, gate.guardrails).verdict,
          policies: decision.policies,
          problem:
            attempt.state === 'succeeded'
              ? null
              : (attempt.error?.message ?? `it could not be planned in time: it is still ${attempt.state}`),
        };
      }),
  };
}

/** The plan; with the prior state unknown where it could not be read, which is no reason to show nothing. */
function changesOf(attempt: AttemptRow, action: Action | undefined, state: IncidentState): readonly Change[] {
  const { object, target, input, planDigest } = attempt;
  if (planDigest !== null || action?.effect !== 'contain' || object === null || target === null) {
    return attempt.changes;
  }
  return action.plan({ object, input, prior: null, target, incidentId: state.id }).changes;
}

function callOf(change: Change, action: Action | undefined, state: IncidentState): RehearsedCall {
  const [target] = state.record.targets;
  const scope = {
    partition: target?.partition ?? 'aws',
    account: state.record.account,
    region: state.record.region,
  };
  const permitted = (permission: Permission) => ({
    action: permission.action,
    resource: resourcesIn(permission.resource, scope).join(' '),
  });
  const known = action?.permissions ?? [];
  const needed = known.find((each) => each.action === change.call && each.purpose === 'contain');
  return {
    ...change,
    // An API whose permission has another name is the exception; its action says so itself.
    permission:
      needed === undefined ? { action: change.call, resource: change.objectArn } : permitted(needed),
    revert: {
      summary: change.undo,
      permissions: known.filter((each) => each.purpose === 'release').map(permitted),
    },
  };
}

/** No wake-up arrives: evidence is not collected, no timer fires; containment needs none. */
const nobodyWakes: WakeQueue = {
  add: async () => {},
  consume: async () => {},
  stop: async () => {},
  close: async () => {},
};

/** Waits until every containment is planned and decided, or nothing moves any more. */
async function settled(
  read: () => Promise<readonly IncidentState[]>,
  idle: () => boolean,
  clock: Clock,
): Promise<void> {
  const untilMs = clock.monotonicMs() + PATIENCE_MS;
  for (let quiet = 0; quiet < SETTLED_POLLS && clock.monotonicMs() < untilMs; ) {
    await clock.sleep(POLL_MS);
    const rest = idle() || (await read()).every(isPlanned);
    quiet = rest ? quiet + 1 : 0;
  }
}

// What follows an outcome is there with the commit of that outcome, so a pause of some polls would show it. What
// is read first (the manifest, from which more roles come) leads to more plans; evidence is not collected here.
function isPlanned(state: IncidentState): boolean {
  const leading = [...state.attempts.values()].filter((attempt) => attempt.lane !== 'evidence');
  return (
    leading.some((attempt) => attempt.effect === 'contain') &&
    leading.every((attempt) => attempt.finishedAt !== null)
  );
}
