import type { ContainAction, ReadAction } from '../../src/action/action.ts';
import { ACTIONS, CATALOGUE } from '../../src/action/catalogue.ts';
import { PURPOSES, policyFor } from '../../src/action/permissions.ts';
import type { ActionContext, AwsPurpose, HeldObject, Target } from '../../src/action/ports.ts';
import { createAwsAccess } from '../../src/aws/access.ts';
import { inProcessHandler } from '../../src/aws/in-process.ts';
import type { Clock } from '../../src/clock.ts';
import type { JsonObject } from '../../src/json.ts';
import { readWorldSpec, type WorldSpec } from '../../src/simulation/world/spec.ts';
import { createWorld, type World } from '../../src/simulation/world/world.ts';
import { actionContext } from './action-context.ts';
import { openGuard } from './aws-access.ts';
import { ACCOUNT, FUNCTION_ARN, REGION, ROLE_ARN } from './world.ts';

/**
 * Actions against a simulated account in which Cordon's three roles have exactly the generated
 * least-privilege policies: a permission that is not declared fails here.
 */
export interface ActionWorld {
  readonly world: World;
  readonly clock: Clock;
  readonly target: Target;
  context(overrides?: Partial<ActionContext>): ActionContext;
  /** Purpose and operation of every call that an action made, e.g. `read lambda:GetFunction`. */
  readonly called: Set<string>;
  /** One attempt of an action on its first object, with each phase at hand. */
  attempt(id: string, input: JsonObject, at?: number): Promise<Attempted>;
}

export interface Attempted {
  readonly changes: readonly { readonly summary: string; readonly undo: string }[];
  readonly hold: HeldObject;
  apply(): Promise<void>;
  observe(): ReturnType<ContainAction['observe']>;
  revert(): Promise<void>;
}

const ROLE_NAMES: Readonly<Record<AwsPurpose, string>> = {
  read: 'CordonRead',
  contain: 'CordonContain',
  release: 'CordonRelease',
};

const CREDENTIALS = { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world-secret-key' };

export const TARGET: Target = {
  functionArn: FUNCTION_ARN,
  functionName: 'checkout-webhook',
  partition: 'aws',
  account: ACCOUNT,
  region: REGION,
  roles: [ROLE_ARN],
  tier: 'test',
  tags: {},
};

/** Opens a world of `spec` (YAML's shape, without Cordon's own users and roles) for actions. */
export function actionWorld(spec: JsonObject, target: Target = TARGET): ActionWorld {
  const clock = ownTime();
  const world = createWorld(withCordon(spec, target), { clock, seed: 'actions' });
  const open = createAwsAccess({
    transport: {
      kind: 'world',
      endpoint: 'http://127.0.0.1:1',
      requestHandler: inProcessHandler((request) => world.fetch(request)),
      // A copy: the SDK marks the object that it is given.
      credentials: { ...CREDENTIALS },
    },
    clock,
    random: () => 0.5,
    readAttempts: 1,
    roleFor: (account, purpose) => ({ roleArn: `arn:aws:iam::${account}:role/${ROLE_NAMES[purpose]}` }),
  });
  const called = new Set<string>();
  const context: ActionWorld['context'] = (overrides = {}) =>
    actionContext(open, {
      target,
      clock,
      aws: (purpose) =>
        open(
          { account: ACCOUNT, region: REGION, partition: 'aws', purpose, sourceIdentity: 'inc-1' },
          openGuard({
            take: async ({ operation }) => {
              called.add(`${purpose} ${operation}`);
            },
          }),
        ),
      ...overrides,
    });
  return {
    world,
    clock,
    target,
    context,
    called,
    async attempt(id, raw, at = 0) {
      const action = containing(id);
      const input = action.input.parse(raw);
      const object = action.objects(target, input)[at];
      if (object === undefined) throw new Error(`${id} names no object ${at}`);
      // Through JSON, as the database has it.
      const prior = action.prior.parse(
        JSON.parse(JSON.stringify(await action.capture(context(), object, input))),
      );
      const { changes, desired } = action.plan({ object, input, prior, target, incidentId: 'inc-1' });
      return {
        changes,
        hold: {
          objectKey: object.key,
          action: id,
          input,
          prior,
          desired,
          acceptedAt: clock.now().toISOString(),
        },
        apply: () => action.apply(context(), object, desired),
        observe: () => action.observe(context(), object, prior, desired),
        revert: () => action.revert(context(), object, prior, desired),
      };
    },
  };
}

export function containing(id: string): ContainAction {
  const action = ACTIONS.get(id);
  if (action?.effect !== 'contain') throw new Error(`${id} does not contain`);
  return action;
}

export function reading(id: string): ReadAction {
  const action = ACTIONS.get(id);
  if (action?.effect !== 'read') throw new Error(`${id} does not read`);
  return action;
}

/** A clock on which waiting takes no time, and time passes by waiting. */
function ownTime(): Clock {
  let nowMs = Date.parse('2026-11-20T12:00:00.000Z');
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
}

function withCordon(spec: JsonObject, target: Target): WorldSpec {
  const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const trust = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/cordon` },
        Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
      },
    ],
  };
  const place = {
    partition: 'aws',
    account: ACCOUNT,
    region: REGION,
    profile: target.means?.profile ?? 'dynamic',
  } as const;
  const own = PURPOSES.map((purpose) => ({
    name: ROLE_NAMES[purpose],
    trust,
    policies: { generated: { ...policyFor(CATALOGUE, purpose, place) } },
  }));
  return readWorldSpec({
    account: ACCOUNT,
    regions: [REGION],
    ...spec,
    users: [{ name: 'cordon', ...CREDENTIALS, policies: { everything } }],
    roles: [...(Array.isArray(spec.roles) ? spec.roles : []), ...own],
  });
}
