import type { Json, JsonObject } from '../../json.ts';
import { serviceAccess } from './access.ts';
import { aim, emptyInput, withMembers } from './aim.ts';
import type { Core, Operation } from './call.ts';
import { newEnvironment } from './lambda/execute.ts';
import { invokeEvent, invokeSync } from './lambda/invoke.ts';
import { resolveVersion } from './lambda/reference.ts';
import { invokeAccess } from './lambda/resource.ts';
import type { LambdaRoutes } from './lambda/routes.ts';
import type { LambdaFunction } from './lambda/state.ts';
import { perform } from './perform.ts';
import { accessDenied } from './refusals.ts';
import type { Session } from './state.ts';
import { operationNamed } from './wire/read-request.ts';
import { AwsRefusal, WorldError } from './world-error.ts';

/** Credentials that somebody holds. */
export interface HeldCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** A long-lived key: of a deployment, of a person. */
export interface UserKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What came of a call. */
export type CallOutcome =
  | { readonly kind: 'ok'; readonly data: JsonObject }
  | { readonly kind: 'denied'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What came of an invocation from outside. */
export type InvokeOutcome =
  | { readonly kind: 'ran'; readonly payload: string; readonly functionError: boolean }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'failed'; readonly code: string };

export interface Attacker {
  /**
   * Credentials from the environment of a function, as if stolen: they carry the function as
   * `lambda:SourceFunctionArn` and live twelve hours. `name` is a function's name or ARN.
   */
  stealCredentials(name: string, qualifier?: string): HeldCredentials;
  /** Makes one call with credentials that somebody holds, evaluated, limited, journaled and hindered like any other. */
  callAs(
    credentials: HeldCredentials | UserKey,
    call: {
      readonly service: string;
      readonly action: string;
      readonly resource: string;
      readonly region?: string;
      /** Further members of the request, as the API names them. */
      readonly request?: JsonObject;
    },
  ): Promise<CallOutcome>;
  /**
   * Invokes a function through its public door: an API Gateway that its resource policy lets in, or a
   * function URL without authentication.
   */
  invoke(
    name: string,
    options?: {
      readonly event?: boolean;
      readonly payload?: Json;
      /** Nobody waits for the answer: the run holds its share of the concurrency until it ends. */
      readonly holds?: boolean;
    },
  ): Promise<InvokeOutcome>;
}

const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
]);

function findByName(core: Core, name: string): LambdaFunction {
  const found = [...core.state.functions.values()].find((one) => one.arn === name || one.name === name);
  if (found === undefined)
    throw new WorldError('cordon_world_unknown_name', `expected a function of the world, found ${name}`);
  return found;
}

/** Invocation through the front door, as an operation of its own so that it is limited and journaled. */
function frontDoor(
  target: LambdaFunction,
  { event, payload, holds }: { readonly event: boolean; readonly payload: Json; readonly holds: boolean },
): Operation {
  return {
    service: 'lambda',
    name: 'Invoke',
    write: true,
    access: () => [],
    target: () => target.arn,
    run(core, input) {
      const open = [...target.urls.values()].some((url) => url.authType === 'NONE');
      const [access] = invokeAccess(core, input.region, target.arn);
      const gateway = 'apigateway.amazonaws.com';
      if (!open && (access === undefined || !serviceAccess(core, gateway, input.region, access))) {
        throw accessDenied(
          'lambda',
          gateway,
          'lambda:InvokeFunction',
          target.arn,
          'because no resource-based policy allows the lambda:InvokeFunction action',
        );
      }
      const version = resolveVersion(target, '$LATEST');
      if (version === undefined) throw new AwsRefusal('ResourceNotFoundException', 404, 'Function not found');
      const invocation = { target, version, qualifier: '$LATEST', payload };
      return event
        ? invokeEvent(core, invocation)
        : invokeSync(core, invocation, holds ? 'holds' : 'answers');
    },
  };
}

/** The attacker's side of an exercise. */
export function createAttacker(core: Core, routes: LambdaRoutes): Attacker {
  const home = core.state.regions[0] ?? '';
  return {
    stealCredentials(name, qualifier) {
      const target = findByName(core, name);
      const version = resolveVersion(target, qualifier);
      if (version === undefined) {
        throw new WorldError(
          'cordon_world_unknown_name',
          `function ${name}: no version or alias ${qualifier ?? ''}`,
        );
      }
      const session: Session = newEnvironment(core, target, version);
      const { accessKeyId, secretAccessKey, sessionToken } = session;
      return { accessKeyId, secretAccessKey, sessionToken };
    },
    async callAs(credentials, { service, action, resource, region = home, request = {} }) {
      try {
        const operation = operationNamed(routes, service, action);
        const input = withMembers(
          aim(emptyInput(region, 'https://world.invalid'), service, resource),
          request,
        );
        const { accessKeyId } = credentials;
        const sessionToken = 'sessionToken' in credentials ? credentials.sessionToken : undefined;
        const presented = { accessKeyId, sessionToken };
        const answer = await perform(core, { operation, input, credentials: presented, signal: undefined });
        return { kind: 'ok', data: answer.body ?? {} };
      } catch (error) {
        if (!(error instanceof AwsRefusal)) throw error;
        return {
          kind: DENIED.has(error.awsCode) ? 'denied' : 'failed',
          code: error.awsCode,
          message: error.awsMessage,
        };
      }
    },
    async invoke(name, { event = false, payload = {}, holds = false } = {}) {
      const target = findByName(core, name);
      const input = {
        ...emptyInput(target.region, 'https://world.invalid'),
        path: { FunctionName: target.arn },
      };
      const operation = frontDoor(target, { event, payload, holds });
      try {
        const answer = await perform(core, { operation, input, credentials: 'public', signal: undefined });
        if (event) return { kind: 'accepted' };
        const functionError = answer.headers?.['x-amz-function-error'] !== undefined;
        return { kind: 'ran', payload: Buffer.from(answer.raw ?? []).toString('utf8'), functionError };
      } catch (error) {
        if (!(error instanceof AwsRefusal)) throw error;
        if (error.awsCode === 'TooManyRequestsException') return { kind: 'throttled' };
        return DENIED.has(error.awsCode) ? { kind: 'denied' } : { kind: 'failed', code: error.awsCode };
      }
    },
  };
}
