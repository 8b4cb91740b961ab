import type { Json } from '../../../json.ts';
import { decide } from '../access.ts';
import { type Core, callerArn } from '../call.ts';
import { mintSession } from '../credentials.ts';
import { appendLog } from '../logs/append.ts';
import type { FunctionVersion, LambdaFunction, Session } from '../state.ts';

/** Temporary credentials in a function's environment live twelve hours (reference, section 1.4). */
const ENVIRONMENT_LIFE_SECONDS = 12 * 3_600;

/** What one run of the code came to. */
export interface Execution {
  readonly requestId: string;
  readonly payload: Json;
  readonly error: boolean;
}

/** Credentials as the environment of a function holds them; the session bears the function's name. */
export function environmentSession(core: Core, target: LambdaFunction, version: FunctionVersion): Session {
  const role = [...core.state.roles.values()].find((one) => one.arn === version.roleArn);
  if (role === undefined) throw new Error(`the role ${version.roleArn} of ${target.name} is gone`);
  return mintSession(core, role, {
    sessionName: target.name,
    lifeSeconds: ENVIRONMENT_LIFE_SECONDS,
    sourceFunctionArn: target.arn,
  });
}

/**
 * Runs the code once, at once: its API calls with the credentials of a fresh environment, its log
 * lines if the role may write them (with `lambda:SourceFunctionArn`, reference, section 1.4).
 */
export function execute(
  core: Core,
  target: LambdaFunction,
  version: FunctionVersion,
  requestId: string,
): Execution {
  const { behaviour } = target;
  const session = environmentSession(core, target, version);
  const caller = { kind: 'session' as const, session };
  const refused: string[] = [];
  for (const { action, resource } of behaviour.calls) {
    const allowed = decide(core, caller, target.region, { action, resource }).kind === 'allowed';
    if (!allowed) refused.push(action);
    const [service = '', operation = ''] = action.split(':');
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
      write: !/^(Get|List|Describe|Head|BatchGet|Query|Scan)/.test(operation),
    });
  }
  const error = behaviour.fails ?? (refused.length === 0 ? undefined : `AccessDenied: ${refused.join(', ')}`);
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
