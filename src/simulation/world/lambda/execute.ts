import type { Json } from '../../../json.ts';
import { decide } from '../access.ts';
import { aim, emptyInput } from '../aim.ts';
import { type Core, callerArn } from '../call.ts';
import { trailCall, trailService } from '../cloudtrail/record.ts';
import type { RunManner } from '../cloudwatch/metrics.ts';
import { mintSession } from '../credentials.ts';
import { appendLog } from '../logs/append.ts';
import type { Session } from '../state.ts';
import { AwsRefusal } from '../world-error.ts';
import type { FunctionVersion, LambdaFunction } from './state.ts';

/** Temporary credentials in a function's environment live twelve hours (reference, section 1.4). */
const ENVIRONMENT_LIFE_SECONDS = 12 * 3_600;

/** What one run of the code came to. */
export interface Execution {
  readonly requestId: string;
  readonly payload: Json;
  readonly error: boolean;
}

/** Credentials as the environment of a function holds them; the session bears the function's name. */
export function newEnvironment(core: Core, target: LambdaFunction, version: FunctionVersion): Session {
  const role = [...core.state.roles.values()].find((one) => one.arn === version.roleArn);
  if (role === undefined) throw new Error(`the role ${version.roleArn} of ${target.name} is gone`);
  const session = mintSession(core, role, {
    sessionName: target.name,
    lifeSeconds: ENVIRONMENT_LIFE_SECONDS,
    sourceFunctionArn: target.arn,
    sourceVersionArn: `${target.arn}:${version.version}`,
  });
  trailService(core, {
    region: target.region,
    invokedBy: 'lambda.amazonaws.com',
    service: 'sts',
    operation: 'AssumeRole',
    write: false,
    parameters: { roleArn: role.arn, roleSessionName: target.name },
    response: {
      credentials: { accessKeyId: session.accessKeyId, expiration: session.expiresAt },
      assumedRoleUser: { assumedRoleId: `${role.id}:${target.name}`, arn: session.sessionArn },
    },
  });
  return session;
}

/** An environment that nobody calls is reaped after a while; Lambda promises no figure. */
const IDLE_MS = 15 * 60_000;

/** The warm environment of a version, or a fresh one where it was idle, expired, or has another role. */
function environment(core: Core, target: LambdaFunction, version: FunctionVersion): Session {
  const key = `${target.arn}:${version.version}`;
  const nowMs = core.clock.now().getTime();
  const warm = core.state.environments.get(key);
  const usable =
    warm !== undefined &&
    warm.session.roleArn === version.roleArn &&
    Date.parse(warm.session.expiresAt) > nowMs &&
    nowMs - warm.usedMs < IDLE_MS;
  const session = usable ? warm.session : newEnvironment(core, target, version);
  core.state.environments.set(key, { session, usedMs: nowMs });
  return session;
}

/**
 * Runs the code once, at once: its API calls with the credentials of its environment, its log lines if
 * the role may write them (with `lambda:SourceFunctionArn`, reference, section 1.4). It counts as
 * running for as long as it is said to take.
 */
export function execute(
  core: Core,
  run: { readonly target: LambdaFunction; readonly version: FunctionVersion; readonly qualifier: string },
  requestId: string,
  manner: RunManner,
): Execution {
  const { target, version, qualifier } = run;
  const { behaviour } = target;
  const session = environment(core, target, version);
  const caller = { kind: 'session' as const, session };
  const refused: string[] = [];
  for (const { action, resource } of behaviour.calls) {
    const allowed = decide(core, caller, target.region, { action, resource }).kind === 'allowed';
    if (!allowed) refused.push(action);
    const [service = '', operation = ''] = action.split(':');
    const write = !/^(Get|List|Describe|Head|BatchGet|Query|Scan)/.test(operation);
    core.journal.append({
      at: core.clock.now().toISOString(),
      service,
      operation,
      region: target.region,
      accessKeyId: session.accessKeyId,
      principalArn: callerArn(caller),
      sourceFunctionArn: target.arn,
      target: resource,
      outcome: allowed ? 'ok' : 'AccessDeniedException',
      answerLost: false,
      write,
    });
    trailCall(core, {
      service,
      operation,
      write,
      input: aim(emptyInput(target.region, ''), service, resource),
      caller,
      answer: allowed
        ? undefined
        : new AwsRefusal('AccessDenied', 403, `not authorized to perform: ${action}`),
      inside: true,
    });
  }
  const error = behaviour.fails ?? (refused.length === 0 ? undefined : `AccessDenied: ${refused.join(', ')}`);
  const owner = { region: target.region, functionName: target.name, qualifier };
  const startMs = core.clock.now().getTime();
  core.metrics.run(owner, startMs, behaviour.durationMs, manner);
  if (error !== undefined) core.metrics.count('Errors', owner, startMs);
  const billed = Math.ceil(behaviour.durationMs);
  const lines = [
    `START RequestId: ${requestId} Version: ${version.version}`,
    ...behaviour.prints,
    ...(error === undefined ? [] : [`[ERROR] Exception: ${error}`]),
    `END RequestId: ${requestId}`,
    `REPORT RequestId: ${requestId}\tDuration: ${behaviour.durationMs.toFixed(2)} ms\tBilled Duration: ${billed} ms\tMemory Size: ${version.memoryMb} MB\tMax Memory Used: 48 MB`,
  ];
  const day = core.clock.now().toISOString().slice(0, 10).replaceAll('-', '/');
  appendLog(core, {
    region: target.region,
    group: version.logGroup,
    stream: `${day}/[${version.version}]${target.name}`,
    messages: lines,
    allowed: (arn) =>
      decide(core, caller, target.region, { action: 'logs:PutLogEvents', resource: arn }).kind === 'allowed',
  });
  const payload: Json =
    error === undefined ? behaviour.returns : { errorMessage: error, errorType: 'Exception', requestId };
  return { requestId, payload, error: error !== undefined };
}
