import type { Clock } from '../../clock.ts';
import { seededIds } from '../../id.ts';
import { type Attacker, createAttacker } from './attacker.ts';
import { buildState, writtenPolicy } from './build.ts';
import type { Answer, Core, WorldSettings } from './call.ts';
import { createTrail } from './cloudtrail/trail.ts';
import { createMetrics } from './cloudwatch/metrics.ts';
import { createFaultPlan, type Fault } from './faults.ts';
import { createJournal, type Journal } from './journal.ts';
import { codeLinkDigest, openCodeLink } from './lambda/code-link.ts';
import { pollSources } from './lambda/poll.ts';
import { lambdaRoutes } from './lambda/routes.ts';
import type { DeliveredEvent, LostEvent } from './lambda/state.ts';
import { appendRecord } from './lambda/stream.ts';
import { createNames } from './names.ts';
import { perform } from './perform.ts';
import { createRateLimiter } from './rate-limit.ts';
import { unsignedRequest } from './refusals.ts';
import { autoScale } from './scaling/autoscale.ts';
import { takeSnapshot, type WorldSnapshot } from './snapshot.ts';
import type { WorldSpec } from './spec.ts';
import type { AccountState } from './state.ts';
import { REST_XML, type WireFormat } from './wire/format.ts';
import { formatOf, readRequest, readScope } from './wire/read-request.ts';
import { AwsRefusal, WorldError } from './world-error.ts';

/**
 * A simulated AWS account. Real SDK clients talk to it, over HTTP (`serve.ts`) or by handing their
 * requests to `fetch`. It is passive: it does nothing by itself and knows only the time of its clock,
 * so the same seed, clock and calls give the same account.
 */
export interface World {
  readonly account: string;
  readonly regions: readonly string[];
  /**
   * Answers one HTTP request to any service of any Region; the service comes from the SigV4 scope.
   * Rejects with `cordon_world_connection_lost` where the fault plan loses the answer.
   */
  fetch(request: Request): Promise<Response>;
  /** Everything that was called, in order. */
  readonly journal: Journal;
  readonly attacker: Attacker;
  /** What an exercise may turn while the world runs. */
  readonly settings: WorldSettings;
  /** Plans something to go wrong. */
  inject(fault: Fault): void;
  clearFaults(): void;
  snapshot(): WorldSnapshot;
  /** Lets every enabled mapping take what its queue holds, once; returns how many messages were processed. */
  pollSources(): number;
  /**
   * Lets Application Auto Scaling look once at every target that is not suspended; returns how many it
   * changed. It puts back provisioned concurrency that somebody deleted.
   */
  autoScale(): number;
  /** Runs of a function that have not ended: what an isolation does not stop. */
  runningExecutions(functionName: string, region: string): number;
  /** What asynchronous events came to: taken by a sink, or lost. */
  events(): {
    readonly delivered: readonly DeliveredEvent[];
    readonly lost: readonly LostEvent[];
    /** How many still wait in Lambda's own queue. */
    readonly waiting: number;
  };
  /** Appends a record to a stream. Throws `cordon_world_unknown_name`. */
  writeRecord(streamArn: string, data: string): void;
  /** Replaces the organisation's policies, one list per level; in force after the propagation delay. */
  setServiceControlPolicies(levels: readonly (readonly unknown[])[]): void;
  /** The state itself, for tests that look closer than the API does. Not to be changed. */
  readonly state: Readonly<AccountState>;
}

async function answerWith(
  format: WireFormat,
  requestId: string,
  work: () => Promise<NamedAnswer>,
): Promise<Response> {
  try {
    const { operation, answer } = await work();
    return format.answer(operation, answer, requestId);
  } catch (error) {
    if (error instanceof AwsRefusal) return format.refusal(error, requestId);
    throw error;
  }
}

interface NamedAnswer {
  readonly operation: string;
  readonly answer: Answer;
}

/** Builds a world. Throws `cordon_world_unknown_name` or `cordon_world_bad_policy` for a bad specification. */
export function createWorld(
  spec: WorldSpec,
  options: { readonly clock: Clock; readonly seed: string },
): World {
  const { clock, seed } = options;
  const names = createNames(seededIds(`world:${seed}`));
  const settings: WorldSettings = {
    iamPropagationMs: spec.iamPropagationMs,
    trailDelayMs: spec.trailDelayMs,
    latencyMs: spec.latencyMs,
    rateLimits: spec.rateLimits,
  };
  const core: Core = {
    clock,
    names,
    settings,
    state: buildState(spec, clock, names, () => settings.iamPropagationMs),
    journal: createJournal(),
    trail: createTrail(),
    metrics: createMetrics(),
    faults: createFaultPlan(),
    limiter: createRateLimiter(clock),
  };
  const linkKey = names.hex(64);
  const routes = lambdaRoutes(linkKey);

  async function fetch(request: Request): Promise<Response> {
    const requestId = names.uuid();
    const url = new URL(request.url);
    if (codeLinkDigest(url) !== undefined) {
      return answerWith(REST_XML, requestId, async () => ({
        operation: 'GetObject',
        answer: openCodeLink(core, linkKey, url),
      }));
    }
    const scope = readScope(request.headers);
    if (scope === undefined) return formatOf('other').refusal(unsignedRequest('other'), requestId);
    return answerWith(formatOf(scope.service), requestId, async () => {
      const { operation, input } = await readRequest(request, scope, routes);
      const call = { operation, input, credentials: scope.credentials, signal: request.signal };
      return { operation: operation.name, answer: await perform(core, call) };
    });
  }

  return {
    account: spec.account,
    regions: spec.regions,
    fetch,
    journal: core.journal,
    attacker: createAttacker(core, routes),
    settings,
    inject: (fault) => core.faults.add(fault),
    clearFaults: () => core.faults.clear(),
    snapshot: () => takeSnapshot(core),
    pollSources: () => pollSources(core),
    autoScale: () => autoScale(core),
    runningExecutions: (functionName, region) =>
      core.metrics.running({ region, functionName }, clock.now().getTime()),
    events: () => ({ ...core.state.events, waiting: core.state.asyncQueue.length }),
    writeRecord(streamArn, data) {
      const stream = core.state.streams.get(streamArn);
      if (stream === undefined) {
        throw new WorldError(
          'cordon_world_unknown_name',
          `expected a stream of the world, found ${streamArn}`,
        );
      }
      appendRecord(stream, data, clock.now().getTime());
    },
    setServiceControlPolicies(levels) {
      core.state.serviceControl.write(
        levels.map((level) => level.map((document) => writtenPolicy(document, 'identity').parsed)),
      );
    },
    state: core.state,
  };
}
