import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { memoryBudget } from '../../../src/store/rate-budget.ts';
import type { Sql } from '../../../src/store/sql.ts';
import { SYSTEM_CHAIN } from '../../../src/store/system-chain.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { actOnEngine, answer, untilClosed, untilLevel } from '../../support/answers.ts';
import {
  drive,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
  timelineKinds,
} from '../../support/engine.ts';

let ground: Ground;
const engines: TestEngine[] = [];

beforeEach(async () => {
  ground = await freshGround();
});

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop();
  await ground.sql.close();
});

async function start(options: Parameters<typeof startEngine>[1] = {}): Promise<TestEngine> {
  const engine = await startEngine(ground, options);
  engines.push(engine);
  return engine;
}

const writes = () => ground.world.journal.entries().filter((call) => call.write);
const pause = (engine: TestEngine, name = 'alice') =>
  actOnEngine(engine, 'pause', { reason: 'wrong account' }, name);
const resume = (engine: TestEngine, name = 'alice') => actOnEngine(engine, 'resume', {}, name);
const held = async (engine: TestEngine, id: string) =>
  (await engine.cordon.views.incidentView(id))?.containment.filter(({ state }) => state === 'held').length;

/** An engine whose pause is pulled when its first intent is committed, just before the call. */
async function startAndPauseAtIntent(pulls: boolean): Promise<{ engine: TestEngine; id: () => string }> {
  const budget = memoryBudget(ground.clock);
  let pulled: Promise<unknown> | undefined;
  let id = '';
  const engine = await start({
    overrides: {
      budget: {
        take: async (request) => {
          // As the record says: the alert may not be answered yet.
          const begun = await ground.sql.query(
            `select 1 from cordon.attempt where state = 'running' and row ->> 'effect' = 'contain'`,
          );
          if (begun.length > 0) {
            pulled ??= pulls ? pause(engine) : Promise.resolve();
            await pulled;
          }
          return budget.take(request);
        },
      },
    },
  });
  id = await engine.submit();
  await drive(engine, () => pulled !== undefined);
  await quiet(engine);
  return { engine, id: () => id };
}

/** Lets so much time pass, with everything that happens meanwhile. */
async function letPass(engine: TestEngine, ms: number): Promise<void> {
  const untilMs = ground.clock.now().getTime() + ms;
  await drive(engine, () => ground.clock.now().getTime() >= untilMs);
}

describe('while writes are paused', () => {
  test('an incident opens and waits, says so, and goes on by itself afterwards', async () => {
    const engine = await start();
    expect(await pause(engine)).toMatchObject({ kind: 'done' });
    const id = await engine.submit();
    await quiet(engine);
    expect(writes()).toEqual([]);
    const view = await engine.cordon.views.incidentView(id);
    expect(view?.paused).toMatchObject({ by: 'alice', reason: 'wrong account' });
    expect(view?.containment.map(({ state }) => state)).toEqual(['planned', 'planned']);
    const waiting = (await timelineKinds(engine, id)).filter((kind) => kind === 'attempt.paused');
    expect(waiting).toHaveLength(2);

    expect(await resume(engine)).toMatchObject({ kind: 'done' });
    await untilLevel(engine, id, 'effective');
    expect(await held(engine, id)).toBe(3);
    expect((await engine.cordon.views.incidentView(id))?.paused).toBeNull();
    expect(await timelineKinds(engine, id)).toContain('writes.resumed');
  });

  test('a write that was decided on just before is not sent, loses no try, and is made afterwards', async () => {
    const { engine, id } = await startAndPauseAtIntent(true);
    expect(writes()).toEqual([]);
    const attempts = [...(await engine.state(id())).attempts.values()].filter(
      (attempt) => attempt.effect === 'contain',
    );
    expect(attempts.every((attempt) => attempt.owner === null && attempt.tries === 0)).toBe(true);
    expect(attempts.some((attempt) => attempt.state === 'unknown')).toBe(true);
    await resume(engine);
    await untilLevel(engine, id(), 'effective');
    expect(await held(engine, id())).toBe(3);
  });

  test('CONTROL: the same write is sent at once when nobody pauses', async () => {
    await startAndPauseAtIntent(false);
    expect(writes().length).toBeGreaterThan(0);
  });

  test('release puts everything back', async () => {
    const engine = await start();
    const before = ground.world.snapshot();
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
    await pause(engine);
    const made = writes().length;
    await answer(engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, id);
    expect(writes().length).toBeGreaterThan(made);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
  });

  test('release does not wait for what was held back half way', async () => {
    const { engine, id } = await startAndPauseAtIntent(true);
    await answer(engine, id(), 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, id());
    expect(writes()).toEqual([]);
    const state = await engine.state(id());
    expect([...state.holds.values()].filter((hold) => hold.status !== 'closed')).toEqual([]);
  });
});

describe('in two processes on one record', () => {
  const shared = { sharedRecord: true };

  test('the pause of one holds in the other within a second', async () => {
    const other = await start({ seed: 'other', overrides: shared });
    const engine = await start({ overrides: shared });
    await pause(other);
    await letPass(engine, 1000);
    const id = await engine.submit();
    await quiet(engine);
    expect(writes()).toEqual([]);
    await resume(other);
    await drive(engine, async () => (await held(engine, id)) === 3);
  });

  test('nothing is written when the record no longer says whether writes are paused', async () => {
    let silent = false;
    const sql: Sql = {
      ...ground.sql,
      query: async (text, parameters) => {
        if (silent && text.includes('cordon.pause')) throw new Error('the connection is gone');
        return ground.sql.query(text, parameters);
      },
    };
    const engine = await start({ sql, overrides: shared });
    silent = true;
    await letPass(engine, 1000);
    const alert = engine.submit();
    await quiet(engine);
    expect(writes()).toEqual([]);
    silent = false;
    const id = await alert;
    await drive(engine, async () => (await held(engine, id)) === 3);
  });
});

describe('who may', () => {
  test('many may pause, a commander resumes, and the system chain has it all', async () => {
    const engine = await start();
    expect(await pause(engine, 'eve')).toMatchObject({ code: 'cordon_command_not_allowed' });
    expect(await pause(engine, 'bob')).toMatchObject({ kind: 'done' });
    expect(await pause(engine, 'alice')).toMatchObject({ summary: expect.stringContaining('already so') });
    expect(await resume(engine, 'bob')).toMatchObject({ code: 'cordon_command_not_allowed' });
    expect(await resume(engine, 'alice')).toMatchObject({ kind: 'done' });
    expect(await resume(engine, 'alice')).toMatchObject({ summary: 'writes are not paused' });
    const entries = await readTimeline(ground.sql, SYSTEM_CHAIN);
    expect(entries.map(({ body }) => [body?.kind, body?.actor.id])).toEqual([
      ['command.refused', 'eve'],
      ['writes.paused', 'bob'],
      ['command.refused', 'bob'],
      ['writes.resumed', 'alice'],
    ]);
  });

  test('the same request again changes nothing', async () => {
    const engine = await start();
    const key = 'the-same-request-twice';
    await actOnEngine(engine, 'pause', {}, 'alice', key);
    await resume(engine);
    expect(await actOnEngine(engine, 'pause', {}, 'alice', key)).toMatchObject({ kind: 'done' });
    const id = await engine.submit();
    await untilLevel(engine, id, 'effective');
  });
});
