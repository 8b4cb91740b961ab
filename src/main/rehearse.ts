import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Change } from '../action/action.ts';
import { ACTIONS } from '../action/catalogue.ts';
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
import type { IncidentState } from '../incident/state.ts';
import type { WakeQueue } from '../incident/wake.ts';
import { openEmbeddedSession } from '../incident/worker.ts';
import type { Log } from '../log.ts';
import { compose } from '../main.ts';
import { migrate } from '../store/migrate.ts';
import { openEmbedded } from '../store/pglite.ts';
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

export interface RehearsedAttempt {
  readonly action: string;
  readonly object: string;
  readonly changes: readonly Change[];
  /** What the guardrails say about it, in the account's own mode. */
  readonly decision: string;
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
 * Plays an alert through the engine itself, on a database in memory, with every account in mode observe: it
 * reads what it would read and plans what it would write, and cannot write, since no policy lets it. Then the
 * guardrails are asked again about each plan, in the account's own mode.
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
      enrolment: onlyObserving(definitions.enrolment),
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
        playbook,
        catalogue: ACTIONS,
        worker: null,
        directLanes: new Set(),
        standstill: null,
      };
    }
  });
}

async function openInMemory(): Promise<Sql> {
  const sql = await openEmbedded({});
  await migrate(sql);
  return sql;
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
        // Refused is what every write is here; any other end means that there is no plan.
        const planned = attempt.state === 'refused' || attempt.state === 'succeeded';
        return {
          action: attempt.action,
          object: attempt.object?.arn ?? attempt.target?.functionArn ?? '',
          changes: attempt.changes,
          decision: explainDecision(decision, gate.guardrails).verdict,
          policies: decision.policies,
          problem: planned
            ? null
            : (attempt.error?.message ?? `it could not be planned in time: it is still ${attempt.state}`),
        };
      }),
  };
}

/** The same enrolment with nothing that may be written to: an account's mode is the strictest of all. */
function onlyObserving(enrolment: Enrolment): Enrolment {
  return {
    ...enrolment,
    accounts: enrolment.accounts.map((account) => ({ ...account, mode: 'observe' as const })),
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

// What follows an outcome is there with the commit of that outcome, so a pause of some polls would show it.
function isPlanned(state: IncidentState): boolean {
  const containing = [...state.attempts.values()].filter((attempt) => attempt.effect === 'contain');
  return containing.length > 0 && containing.every((attempt) => attempt.finishedAt !== null);
}
