import { CreatePolicyCommand, CreateRoleCommand } from '@aws-sdk/client-iam';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ServedWorld, serveWorld } from '../../src/simulation/world/serve.ts';
import { createWorld } from '../../src/simulation/world/world.ts';
import { manualClock, smallSpec } from '../unit/simulation/world/support.ts';
import {
  ACCOUNT,
  type Clients,
  clientsOf,
  deny,
  QueueName,
  RoleName,
  STEPS,
  type Step,
  TRUST,
  unique,
} from './world-moto-steps.ts';

/**
 * The world and moto 5.2.5, two accounts written by different people, are asked the same by the same clients.
 * They must agree on what came of it, and on what the answer says of the things that containment depends on;
 * each place where they do not is named below, with the reason, and is itself pinned.
 */

const MOTO_URL = process.env.CORDON_TEST_MOTO_URL ?? '';

/** Where moto differs from AWS, as far as it was measured (moto 5.2.5); the world keeps to AWS. */
const KNOWN: Readonly<
  Record<string, { readonly moto: unknown; readonly world: unknown; readonly reason: string }>
> = {
  'reserved concurrency 0 in GetFunction': {
    moto: { said: 'not shown' },
    world: { said: 0 },
    reason: 'moto leaves out what is falsy; AWS shows 0, which is not unset',
  },
  'provisioned concurrency': {
    moto: { error: 'SyntaxError', status: 404 },
    world: { said: 'IN_PROGRESS' },
    reason: 'moto has no provisioned concurrency: its 404 is a page',
  },
  'function URLs are listed': {
    moto: { error: 'SyntaxError', status: 404 },
    world: { said: 1 },
    reason: 'moto does not know the path: its 404 is a page',
  },
  'the IAM simulator': {
    moto: { error: 'Error', status: 500 },
    world: { said: ['implicitDeny'] },
    reason: 'moto has no simulator',
  },
  'COMPLIANCE is not shortened': {
    moto: { said: 'shortened' },
    world: { error: 'AccessDenied', status: 403 },
    reason: 'moto lets a COMPLIANCE retention be shortened; AWS never does',
  },
  'the event history': {
    moto: { error: 'SyntaxError', status: 500 },
    world: { said: true },
    reason: 'moto has no LookupEvents',
  },
};

type Outcome = { readonly said: unknown } | { readonly error: string; readonly status: number | undefined };

async function outcomeOf(step: Step, to: Clients): Promise<Outcome> {
  return step.ask(to).then(
    (said) => ({ said: JSON.parse(JSON.stringify(said ?? null)) }),
    (error: { name?: string; $metadata?: { httpStatusCode?: number } }) => ({
      error: error.name ?? 'unknown',
      status: error.$metadata?.httpStatusCode,
    }),
  );
}

const clock = manualClock();
let served: ServedWorld;
let both: { readonly moto: Clients; readonly world: Clients };

beforeAll(async () => {
  if (MOTO_URL === '') {
    throw new Error(
      'expected CORDON_TEST_MOTO_URL to name a moto server (http://127.0.0.1:<port>), found none: start moto_server and set it',
    );
  }
  const spec = smallSpec({
    account: ACCOUNT,
    functions: [],
    roles: [{ name: RoleName, trust: TRUST }],
    managedPolicies: [{ name: `boundary-${unique}`, document: deny }],
    queues: [{ name: QueueName }],
  });
  served = await serveWorld(createWorld(spec, { clock, seed: 'compared' }), { host: '127.0.0.1', port: 0 });
  both = { moto: clientsOf(MOTO_URL), world: clientsOf(served.url) };
  // What a specification gives the world is made in moto by calls that the world does not have.
  const { iam, sqs } = both.moto;
  await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(TRUST) }));
  await iam.send(new CreatePolicyCommand({ PolicyName: `boundary-${unique}`, PolicyDocument: deny }));
  await sqs.send(new CreateQueueCommand({ QueueName }));
});
afterAll(() => served?.close());

test.each(STEPS)('$name', async (step) => {
  const moto = await outcomeOf(step, both.moto);
  // What takes its time in the world (a function, a version) is over at the next step.
  clock.advance(60_000);
  const world = await outcomeOf(step, both.world);
  // Where no difference is known, both must be what moto says.
  const expected = KNOWN[step.name] ?? { moto, world: moto };
  expect({ moto, world }).toEqual({ moto: expected.moto, world: expected.world });
});

test('every known difference belongs to a step, and differs', () => {
  const names = STEPS.map((step) => step.name);
  expect(Object.keys(KNOWN).filter((name) => !names.includes(name))).toEqual([]);
  for (const { moto, world, reason } of Object.values(KNOWN)) {
    expect(world).not.toEqual(moto);
    expect(reason).not.toBe('');
  }
});
