import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { loadWorld } from '../../../src/simulation/world/spec.ts';
import { makeZip } from '../../../src/simulation/world/zip.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { answer, untilClosed, untilLevel, untilNothingIsHeld, viewOf } from '../../support/answers.ts';
import {
  drive,
  freshGround,
  type Ground,
  pass,
  quiet,
  startEngine,
  type TestEngine,
  timelineKinds,
} from '../../support/engine.ts';
import { enrolmentOf, type RandomAccount, worldOf, worst } from '../../support/random-account.ts';
import { borrowedDatabase } from '../../support/template.ts';
import { ACCOUNT, FUNCTION_ARN, REGION } from '../../support/world.ts';

/**
 * A function that one incident left contained is attacked further, and released by the next incident as after an attack:
 * nothing of what the next one releases did it put there itself.
 */

/** Leaked with the pipeline: no deny of the function's role touches it. */
const PIPELINE = {
  name: 'pipeline',
  accessKeyId: 'AKIAPIPELINE00000000',
  secretAccessKey: 'pipeline-world-secret-key',
  policies: {
    everything: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  },
};

/** A source, a sink and the right to it, a URL and concurrency: each held, each released. */
const account: RandomAccount = { ...worst, siblings: [], destinations: ['none', 'none'] };

const enrolment = parseEnrolment(enrolmentOf(account), 'enrolment.yaml');

let sql: EmbeddedSql;
let ground: Ground;
let engine: TestEngine;
beforeAll(async () => {
  sql = await borrowedDatabase();
});
afterEach(async () => {
  await engine.stop();
});
afterAll(async () => {
  await sql.close();
});

/** An incident that a person ends with its containment kept; returns what the account was before it. */
async function kept(own: Sql = sql) {
  const spec = worldOf(account);
  const world = loadWorld(JSON.stringify({ ...spec, users: [...spec.users, PIPELINE] }));
  ground = await freshGround({ sql, world, seed: 'adopted' });
  const before = ground.world.snapshot();
  engine = await startEngine(ground, { sql: own, overrides: { enrolment } });
  const id = await engine.submit({ at: ground.clock.now() });
  await untilLevel(engine, id, 'effective');
  await answer(engine, id, 'triage', { verdict: 'true_positive' });
  await answer(engine, id, 'recovery', { decision: 'keep' });
  await untilClosed(engine, id);
  return before;
}

/** The next incident about the function, which finds everything closed already, released as after an attack. */
async function releaseBegun(): Promise<string> {
  const id = await engine.submit({ id: 'finding2', at: ground.clock.now() });
  await untilLevel(engine, id, 'effective');
  await drive(engine, async () => (await viewOf(engine, id)).evidence.sealedAt !== null);
  await answer(engine, id, 'triage', { verdict: 'true_positive' });
  await answer(engine, id, 'recovery', { decision: 'release' });
  return id;
}

const changed = (since: ReturnType<Ground['world']['snapshot']>) =>
  diffSnapshots(since, ground.world.snapshot()).map(({ path }) => path);

const reserved = () => ground.world.state.functions.get(FUNCTION_ARN)?.reserved;
const goesTo = () =>
  ground.world.state.functions.get(FUNCTION_ARN)?.eventInvoke.get('$LATEST')?.onFailure ?? null;

async function pipelineDoes(action: string, request: Parameters<typeof JSON.stringify>[0]): Promise<void> {
  const { functionArn = FUNCTION_ARN, ...rest } = request;
  const call = { service: 'lambda', action, resource: functionArn, request: rest };
  expect(await ground.world.attacker.callAs(PIPELINE, call)).toMatchObject({ kind: 'ok' });
}

/** A queue that the attacker reads, where failed events would tell what the function is sent. */
const THEIRS = `arn:aws:sqs:${REGION}:${ACCOUNT}:failed`;
const redirect = () =>
  pipelineDoes('UpdateFunctionEventInvokeConfig', {
    Qualifier: '$LATEST',
    DestinationConfig: { OnFailure: { Destination: THEIRS } },
  });

const asked = async (id: string, form: string) =>
  (await viewOf(engine, id)).questions.some((each) => each.form === form && each.status === 'open');

const leftOf = async (id: string) =>
  [...(await engine.state(id)).holds.values()].flatMap(({ left }) => left ?? []).join();

describe('what an earlier incident left contained, released after an attack', () => {
  test('is put back exactly, a canary first, although the attacker went on meanwhile', async () => {
    const before = await kept();
    // What is held is put again by the watch of the closed incident.
    await pipelineDoes('PutFunctionConcurrency', { ReservedConcurrentExecutions: 5 });
    await pass(engine, 5 * 60_000);
    expect(reserved()).toBe(0);

    const id = await releaseBegun();
    const adopted = [...(await engine.state(id)).holds.values()].filter(({ adoptedFrom }) => adoptedFrom);
    expect(adopted.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['lambda.keep-async-events', 'iam.grant-sink', 'lambda.pause-event-source']),
    );
    await drive(engine, () => reserved() === 1);
    await untilClosed(engine, id);
    expect(await asked(id, 'conflict')).toBe(false);
    expect(await timelineKinds(engine, id)).not.toContain('release.conflict');
    // Sessions from before stay denied for a day and a half, and nothing else is left.
    expect(changed(before)).toEqual([expect.stringContaining('CordonRecovery-')]);
    await untilNothingIsHeld(engine, id);
    expect(changed(before)).toEqual([]);
  });

  /** The attacker changes a held object while one invocation at a time is watched; all the rest is released. */
  async function conflict(): Promise<string> {
    const id = await releaseBegun();
    await drive(engine, () => reserved() === 1);
    await redirect();
    await drive(engine, async () => asked(id, 'conflict'));
    expect(goesTo()).toBe(THEIRS);
    expect(await leftOf(id)).toContain(THEIRS);
    expect(reserved()).toBe(40);
    return id;
  }

  const sinksOf = async (id: string) =>
    (await engine.state(id)).record.comparisons?.[FUNCTION_ARN]?.differences.filter(({ part }) =>
      part.startsWith('asynchronous invocation'),
    );

  test('stops at what the attacker changed on the way, and overwrites it if a person says so', async () => {
    const before = await kept();
    const id = await conflict();
    await answer(engine, id, 'conflict', { decision: 'overwrite' });
    await untilClosed(engine, id);
    expect(await sinksOf(id)).toEqual([]);
    await untilNothingIsHeld(engine, id);
    expect(changed(before)).toEqual([]);
  });

  test('stops there, and leaves it if a person says so, as the one difference that is listed', async () => {
    const before = await kept();
    const id = await conflict();
    await answer(engine, id, 'conflict', { decision: 'accept' });
    await untilClosed(engine, id);
    expect(await sinksOf(id)).toMatchObject([{ why: expect.stringMatching(/^left: /) }]);
    await untilNothingIsHeld(engine, id);
    expect(changed(before)).toEqual([expect.stringContaining('eventInvoke')]);
  });

  test('is called degraded where its concurrency is not to be had, and follows when it is', async () => {
    const before = await kept();
    const other = FUNCTION_ARN.replace('checkout-webhook', 'takes-failed');
    const take = { functionArn: other, ReservedConcurrentExecutions: 880 };
    await pipelineDoes('PutFunctionConcurrency', take);
    const id = await releaseBegun();
    await drive(engine, async () => asked(id, 'recovery'));
    expect(await timelineKinds(engine, id)).toContain('restore.degraded');
    expect(reserved()).toBe(1);
    expect(await leftOf(id)).toMatch(/concurren/i);
    await pipelineDoes('DeleteFunctionConcurrency', { functionArn: other });
    await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);
    await untilNothingIsHeld(engine, id);
    expect(changed(before)).toEqual([]);
  });
});

describe('code that was changed while nobody had an incident open', () => {
  const deploy = () =>
    pipelineDoes('UpdateFunctionCode', {
      ZipFile: Buffer.from(makeZip({ 'handler.py': 'import evil' })).toString('base64'),
    });

  test('is not what the next incident takes for good: a person says first that it may run', async () => {
    await kept();
    await deploy();
    const id = await releaseBegun();
    await drive(engine, async () => asked(id, 'conflict'));
    await quiet(engine);
    expect(reserved()).toBe(0);
    expect(await leftOf(id)).toMatch(/must be known to be good before it runs/);
    await answer(engine, id, 'conflict', { decision: 'overwrite' });
    await untilClosed(engine, id);
    expect(reserved()).toBe(40);
  });

  test('would be, by the manifest that the next incident takes itself (control)', async () => {
    const blind: Sql = {
      ...sql,
      // Takes the holds over, and not the manifest from before them.
      query: async <Row>(text: string, values?: readonly unknown[]) => {
        const rows = await sql.query<Row>(text, values);
        return /'baselines'/.test(text) ? rows.map((row) => ({ ...row, baseline: null })) : rows;
      },
    };
    await kept(blind);
    await deploy();
    const id = await releaseBegun();
    await untilClosed(engine, id);
    expect(await timelineKinds(engine, id)).not.toContain('release.conflict');
    expect(reserved()).toBe(40);
  });
});
