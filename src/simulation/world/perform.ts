import { requireAccess } from './access.ts';
import { type Answer, type Caller, type Core, callerArn, type Input, type Operation } from './call.ts';
import { trailCall } from './cloudtrail/record.ts';
import { authenticate, type PresentedCredentials } from './credentials.ts';
import type { FaultKind } from './faults.ts';
import { throttled, unsignedRequest } from './refusals.ts';
import { AwsRefusal, WorldError } from './world-error.ts';

/** One call, read from the wire. */
export interface Call {
  readonly operation: Operation;
  readonly input: Input;
  /** `undefined` for an unsigned request; `public` for one that comes in by a function's public door. */
  readonly credentials: PresentedCredentials | 'public' | undefined;
  readonly signal: AbortSignal | undefined;
}

/** How often a waiting call looks again. */
const LOOK_AGAIN_MS = 20;

/** Waits as long as the operation wants to: a long poll. */
async function waitForAnswer(core: Core, call: Call): Promise<void> {
  const { operation, input, signal } = call;
  if (operation.awaits === undefined) return;
  const startMs = core.clock.monotonicMs();
  for (;;) {
    const waitMs = operation.awaits(core, input);
    if (waitMs <= core.clock.monotonicMs() - startMs || signal?.aborted === true) return;
    await core.clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

async function loseConnection(how: 'reset' | 'hang', signal: AbortSignal | undefined): Promise<never> {
  if (how === 'hang' && signal?.aborted !== true) {
    await new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
  throw new WorldError('cordon_world_connection_lost', 'the connection was lost, as the fault plan asks');
}

function latencyOf(core: Core, struck: readonly FaultKind[]): number {
  return struck.reduce(
    (sum, fault) => sum + (fault.kind === 'latency' ? fault.ms : 0),
    core.settings.latencyMs,
  );
}

function targetOf(core: Core, call: Call): string {
  try {
    if (call.operation.target !== undefined) return call.operation.target(call.input);
    return call.operation.access(core, call.input)[0]?.resource ?? '*';
  } catch (error) {
    if (error instanceof AwsRefusal) return '*';
    throw error;
  }
}

function sourceFunctionOf(caller: Caller): string | null {
  return caller.kind === 'session' ? (caller.session.sourceFunctionArn ?? null) : null;
}

/** Whoever comes in by a public door: no policy of this account is theirs. */
const PUBLIC: Caller = {
  kind: 'user',
  user: { name: 'public', arn: '*', id: '', account: '', accessKeyId: '', secretAccessKey: '', policies: [] },
};

/** Decides a call and, when nothing forbids it, does it. Synchronous: this is the instant of effect. */
function decideAndDo(core: Core, call: Call, struck: readonly FaultKind[], note: Note): Answer {
  const { operation, input, credentials } = call;
  const { service, name } = operation;
  if (credentials === undefined) throw unsignedRequest(service);
  const caller = credentials === 'public' ? PUBLIC : authenticate(core, service, credentials);
  if (credentials !== 'public') note.caller = caller;
  note.principalArn = callerArn(caller);
  note.sourceFunctionArn = sourceFunctionOf(caller);
  for (const fault of struck) {
    if (fault.kind === 'throttle') throw throttled(service);
    if (fault.kind === 'error') {
      throw new AwsRefusal(fault.code, fault.status, fault.message ?? 'injected by the fault plan');
    }
  }
  if (core.settings.rateLimits && !core.limiter.admit(service, name, input.region)) throw throttled(service);
  requireAccess(core, service, caller, input.region, operation.access(core, input));
  return operation.run(core, input, caller);
}

interface Note {
  /** Who called, once that is known; nobody of an account calls by a public door. */
  caller?: Caller;
  principalArn: string;
  sourceFunctionArn: string | null;
}

/**
 * Performs a call: travel, decision and effect, travel back, with what the fault plan adds.
 * Throws `AwsRefusal` for an answer that is an error, `cordon_world_connection_lost` for no answer.
 */
export async function perform(core: Core, call: Call): Promise<Answer> {
  const { operation, input, credentials, signal } = call;
  const target = targetOf(core, call);
  const accessKeyId = typeof credentials === 'object' ? credentials.accessKeyId : '';
  const { service, name } = operation;
  const struck = core.faults.strike({ service, operation: name, target, accessKeyId });
  const latencyMs = latencyOf(core, struck);
  if (latencyMs > 0) await core.clock.sleep(latencyMs / 2, signal);

  const dropped = struck.find((fault) => fault.kind === 'dropped-request');
  const lost = struck.find((fault) => fault.kind === 'lost-response');
  const note: Note = { principalArn: '', sourceFunctionArn: null };
  const record = (outcome: string) =>
    core.journal.append({
      at: core.clock.now().toISOString(),
      service,
      operation: name,
      region: input.region,
      accessKeyId,
      principalArn: note.principalArn,
      sourceFunctionArn: note.sourceFunctionArn,
      target,
      outcome,
      answerLost: dropped !== undefined || lost !== undefined,
      write: operation.write,
    });
  if (dropped !== undefined) {
    record('no-effect');
    return loseConnection(dropped.how, signal);
  }

  await waitForAnswer(core, call);
  let answer: Answer | AwsRefusal;
  try {
    answer = decideAndDo(core, call, struck, note);
  } catch (error) {
    if (!(error instanceof AwsRefusal)) throw error;
    answer = error;
  }
  record(answer instanceof AwsRefusal ? answer.awsCode : 'ok');
  if (note.caller !== undefined) {
    trailCall(core, { service, operation: name, write: operation.write, input, caller: note.caller, answer });
  }
  if (latencyMs > 0) await core.clock.sleep(latencyMs / 2, signal);
  if (lost !== undefined) return loseConnection(lost.how, signal);
  if (answer instanceof AwsRefusal) throw answer;
  return { status: operation.status ?? 200, ...answer };
}
