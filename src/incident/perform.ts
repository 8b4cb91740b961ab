import { z } from 'zod';
import type { Action, ActionObject, ContainAction, Observation } from '../action/action.ts';
import { createCodeLinks } from '../action/code-links.ts';
import { AwsError } from '../action/failure.ts';
import type {
  ActionContext,
  ActionSettings,
  AwsAccess,
  AwsPurpose,
  EvidencePort,
  HeldObject,
  Target,
} from '../action/ports.ts';
import type { Clock } from '../clock.ts';
import { codeOf, describeError } from '../error.ts';
import type { IncidentId, WorkerId } from '../id.ts';
import type { Json, JsonObject } from '../json.ts';
import type { AttemptOutcome, EvidenceNote } from './attempt-outcome.ts';
import { baselineOf } from './baseline.ts';
import { isContaining } from './hold.ts';
import type { Standstill } from './pause.ts';
import { standstillInWords } from './pause.ts';
import { isOfRelease } from './release-step.ts';
import type { AttemptRow, IncidentState, Lane } from './state.ts';

/** Runs one phase of one attempt against the outside, and says what it came to. Never throws. */
export interface Perform {
  run(state: IncidentState, attempt: AttemptRow): Promise<PhaseResult>;
}

export interface PhaseResult {
  /** `null` when the lease was lost: the outcome belongs to whoever took the attempt over. */
  readonly outcome: AttemptOutcome | null;
  readonly evidence: readonly EvidenceNote[];
}

/** One scope of AWS access for one attempt; built by `src/aws`, reached only through this. */
export type OpenAws = (request: {
  readonly target: Target;
  readonly purpose: AwsPurpose;
  readonly incident: IncidentId;
  readonly lane: Lane;
  /** Throws `cordon_lease_lost` when the attempt is no longer this worker's; called before every send. */
  readonly beforeSend: () => void;
}) => AwsAccess;

/** A step of the engine's own that a playbook invokes; `src/main.ts` gives the implementations. */
export type EngineStep = (state: IncidentState, evidence: EvidencePort) => Promise<Json>;

export function createPerform(options: {
  readonly catalogue: ReadonlyMap<string, Action>;
  readonly steps: ReadonlyMap<string, EngineStep>;
  readonly aws: OpenAws;
  readonly evidence: (state: IncidentState, attempt: AttemptRow) => EvidencePort;
  readonly alertContents: (incident: IncidentId) => ReturnType<ActionContext['alertContents']>;
  /** What others desire of an object that this incident holds too: open incidents, and closed ones that kept it. */
  readonly desiredByOthers: (incident: IncidentId, objectKey: string) => Promise<readonly JsonObject[]>;
  readonly settings: ActionSettings;
  readonly clock: Clock;
  readonly isLive: (worker: WorkerId) => boolean;
  /** What keeps writes back at this instant. */
  readonly standstill: () => Standstill | null;
  readonly stopping: AbortSignal;
}): Perform {
  const { catalogue, steps, isLive } = options;
  const codeLinks = createCodeLinks(options.clock);

  const contextOf = (
    state: IncidentState,
    attempt: AttemptRow,
    target: Target,
    notes: EvidenceNote[],
  ): ActionContext => {
    const owner = attempt.owner;
    const beforeSend = () => {
      if (owner === null || !isLive(owner)) {
        throw new AwsError(
          'cordon_lease_lost',
          attempt.action,
          'this worker no longer owns the attempt; nothing was sent',
          {
            classification: 'unknown',
          },
        );
      }
    };
    // Checked in the turn of the send, and not only by the gate: a write may have been decided on just before.
    // Restoring goes on: what is paused is what Cordon would do next, not the way back.
    const beforeWrite = () => {
      beforeSend();
      const standstill = options.standstill();
      if (standstill === null) return;
      throw new AwsError(
        'cordon_writes_paused',
        attempt.action,
        `${standstillInWords(standstill)}; nothing was sent`,
        {
          classification: 'retryable',
        },
      );
    };
    return {
      incidentId: state.id,
      attemptId: attempt.id,
      alert: state.record.alert,
      target,
      held: heldOn(state, target),
      ...manifestOf(state, target),
      ...(attempt.knownGood === undefined ? {} : { knownGood: attempt.knownGood }),
      exercise: state.record.exercise,
      settings: options.settings,
      clock: options.clock,
      signal: options.stopping,
      aws: (asked) => {
        // A step on the way back (a canary, revoking sessions) is made by the release role, and by no pause stopped.
        const purpose = asked === 'contain' && isOfRelease(attempt) ? 'release' : asked;
        return options.aws({
          target,
          purpose,
          incident: state.id,
          lane: attempt.lane,
          beforeSend: purpose === 'contain' ? beforeWrite : beforeSend,
        });
      },
      evidence: noting(options.evidence(state, attempt), notes),
      codeLinks,
      alertContents: () => options.alertContents(state.id),
    };
  };

  const phase = async (
    state: IncidentState,
    attempt: AttemptRow,
    notes: EvidenceNote[],
  ): Promise<AttemptOutcome> => {
    if (attempt.effect === 'step') {
      const step = steps.get(attempt.action);
      if (step === undefined)
        return terminal('cordon_step_unknown', `this process has no step ${attempt.action}`);
      const evidence = noting(options.evidence(state, attempt), notes);
      return { kind: 'succeeded', output: await step(state, evidence) };
    }
    const action = catalogue.get(attempt.action);
    if (action === undefined || attempt.target === null) {
      return terminal(
        'cordon_action_unknown',
        `${attempt.action} is not in this version's catalogue, or names no target`,
      );
    }
    const own = contextOf(state, attempt, attempt.target, notes);
    const context = attempt.upkeep === true ? { ...own, held: await besideOthers(state, own.held) } : own;
    if (action.effect === 'read') {
      const output = await action.run(context, attempt.input);
      const checked = action.output.safeParse(output);
      return checked.success
        ? { kind: 'succeeded', output: checked.data }
        : terminal('cordon_action_bad_output', `${action.id} returned what it does not declare`);
    }
    if (attempt.upkeep !== true || attempt.object === null) return containPhase(action, context, attempt);
    const others = await beside(state, action, attempt.object.key);
    return containPhase(action, context, { ...attempt, others });
  };

  /** What others desire, where they may desire something else: what keeps a hold must not loosen theirs. */
  const beside = async (state: IncidentState, action: Action | undefined, objectKey: string) =>
    action?.effect === 'contain' && action.stricter !== undefined
      ? options.desiredByOthers(state.id, objectKey)
      : [];
  const besideOthers = async (state: IncidentState, held: readonly HeldObject[]) =>
    Promise.all(
      held.map(async (each) => ({
        ...each,
        others: await beside(state, catalogue.get(each.action), each.objectKey),
      })),
    );

  return {
    async run(state, attempt) {
      const evidence: EvidenceNote[] = [];
      try {
        return { outcome: await phase(state, attempt, evidence), evidence };
      } catch (error) {
        return { outcome: failureOf(error), evidence };
      }
    },
  };
}

/** True while the attempt's next phase is the first of containment, which reads what is there and writes nothing. */
export function isCapture({ effect, state }: AttemptRow): boolean {
  return effect === 'contain' && state === 'reading';
}

async function containPhase(
  action: ContainAction,
  context: ActionContext,
  attempt: AttemptRow,
): Promise<AttemptOutcome> {
  const { object, desired, state } = attempt;
  if (object === null) return terminal('cordon_action_no_object', `attempt ${attempt.id} names no object`);
  if (isCapture(attempt)) {
    // Put again: what was there before the first time is known, and what is there now is somebody else's.
    if (attempt.hold !== null) return { kind: 'captured', prior: attempt.prior, unreadable: null };
    return capture(action, context, object, attempt);
  }
  if (desired === null)
    return terminal('cordon_action_no_plan', `attempt ${attempt.id} has no plan to carry out`);
  // A prior state that could not be read is restored by a person: nothing to compare with, nothing to put back.
  if (attempt.effect === 'restore' && attempt.prior === null) {
    return terminal(
      'cordon_prior_unknown',
      `the prior state of ${object.arn} could not be read before containment; restore it by hand`,
    );
  }
  if (state === 'reading' || state === 'unknown') {
    const aim = attempt.relaxTo ?? attempt.trial;
    if (aim !== undefined) {
      const arrived = await action.observe(context, object, attempt.prior ?? {}, aim);
      if (arrived.kind === 'in-effect') return { kind: 'succeeded', output: null };
    }
    return { kind: 'observed', observation: await observe(action, context, object, attempt) };
  }
  if (attempt.relaxTo !== undefined) await action.apply(context, object, attempt.relaxTo);
  else if (attempt.trial !== undefined) await action.apply(context, object, attempt.trial);
  else if (attempt.effect === 'restore') await action.revert(context, object, attempt.prior ?? {}, desired);
  else await action.apply(context, object, desired);
  return { kind: 'succeeded', output: null };
}

/**
 * What is there, seen from this attempt. A state that another open hold desires is no conflict: it is as good as ours
 * when it is as strict, and as good as none when it is not.
 */
async function observe(
  action: ContainAction,
  context: ActionContext,
  object: ActionObject,
  attempt: AttemptRow,
): Promise<Observation> {
  const { desired } = attempt;
  const prior = attempt.prior ?? {};
  const found = await action.observe(context, object, prior, desired ?? {});
  if (found.kind !== 'conflict') return found;
  for (const other of attempt.others ?? []) {
    const theirs = await action.observe(context, object, prior, other);
    if (theirs.kind !== 'in-effect') continue;
    const strict = desired !== null && action.stricter?.(other, desired) === true;
    return { kind: strict ? 'in-effect' : 'not-in-effect' };
  }
  return found;
}

async function capture(
  action: ContainAction,
  context: ActionContext,
  object: NonNullable<AttemptRow['object']>,
  attempt: AttemptRow,
): Promise<AttemptOutcome> {
  try {
    return {
      kind: 'captured',
      prior: await action.capture(context, object, attempt.input),
      unreadable: null,
    };
  } catch (error) {
    // Promise 4: what we are not allowed to read is `unknown`; policy may contain all the same.
    if (error instanceof AwsError && error.code === 'cordon_aws_access_denied') {
      return { kind: 'captured', prior: null, unreadable: error.code };
    }
    throw error;
  }
}

function heldOn(state: IncidentState, target: Target): readonly HeldObject[] {
  return [...state.holds.values()]
    .filter(
      (hold) =>
        hold.status !== 'closed' && isContaining(hold) && hold.target.functionArn === target.functionArn,
    )
    .map((hold) => ({
      objectKey: hold.objectKey,
      action: hold.action,
      input: hold.input,
      prior: hold.prior,
      desired: hold.desired,
      ...(hold.acceptedAt === null
        ? {}
        : { acceptedAt: hold.putAgainAt ?? hold.acceptedAt, firstAcceptedAt: hold.acceptedAt }),
    }));
}

const captured = z.looseObject({ parts: z.record(z.string(), z.string()) });

/** What the target was before it was first touched. */
function manifestOf(state: IncidentState, target: Target): Pick<ActionContext, 'manifest'> {
  const read = captured.safeParse(baselineOf(state, target));
  return read.success ? { manifest: read.data.parts } : {};
}

/** Passes everything on to the evidence store and remembers it for the timeline. */
function noting(port: EvidencePort, notes: EvidenceNote[]): EvidencePort {
  return {
    async put(item) {
      const stored = await port.put(item);
      notes.push({
        kind: 'stored',
        name: stored.name,
        sha256: stored.sha256,
        size: stored.size,
        matchesExpected: stored.matchesExpected,
      });
      return stored;
    },
    async missing(gap) {
      await port.missing(gap);
      notes.push({ kind: 'missing', name: gap.name, reason: gap.reason });
    },
    async quarantine(item) {
      await port.quarantine(item);
      notes.push({
        kind: 'quarantined',
        name: item.name,
        sourceArn: item.sourceArn,
        events: item.events(),
      });
    },
    stored: () => port.stored(),
    async seal() {
      const sealed = await port.seal();
      notes.push({ kind: 'sealed', ...sealed });
      return sealed;
    },
  };
}

function terminal(code: string, message: string): AttemptOutcome {
  return { kind: 'failed', code, message, classification: 'terminal', retryAfterMs: null };
}

function failureOf(error: unknown): AttemptOutcome | null {
  if (error instanceof AwsError) {
    if (error.code === 'cordon_lease_lost') return null;
    return {
      kind: 'failed',
      code: error.code,
      message: error.message,
      classification: error.classification,
      retryAfterMs: error.retryAfterMs ?? null,
    };
  }
  return terminal(codeOf(error), describeError(error));
}
