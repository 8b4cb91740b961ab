import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { answer, approve, openApprovals, untilClosed, untilNothingIsHeld } from '../../support/answers.ts';
import { drive, freshGround, type Ground, pass, startEngine, type TestEngine } from '../../support/engine.ts';
import { arnOf, sharedRoleEnrolment, sharedRoleWorld, unpreparedWorld } from '../../support/shared-role.ts';
import { borrowedDatabase } from '../../support/template.ts';

/**
 * What a closed incident left contained on one function, beside incidents about others on the same role: the right of the
 * role to send to the quarantine sink is one object for all of them.
 */

type Name = Parameters<typeof arnOf>[0];

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

async function begin(profile: 'dynamic' | 'static' = 'dynamic') {
  const world = profile === 'static' ? unpreparedWorld() : sharedRoleWorld();
  const enrolment = parseEnrolment(sharedRoleEnrolment(profile), 'enrolment.yaml');
  ground = await freshGround({ sql, world, seed: 'beside' });
  engine = await startEngine(ground, { overrides: { enrolment } });
  return ground.world.snapshot();
}

let findings = 0;

/** A function behaves like an attacker's, and is contained. */
async function contained(name: Name): Promise<string> {
  const id = await engine.submit({
    id: `finding${++findings}`,
    functionArn: arnOf(name),
    at: ground.clock.now(),
  });
  await drive(engine, async () => {
    // What denies others on the role too is asked about.
    for (const asked of await openApprovals(engine, id)) await approve(engine, id, asked);
    return (await engine.state(id)).record.levels[arnOf(name)] === 'effective';
  });
  return id;
}

async function keep(id: string): Promise<void> {
  await answer(engine, id, 'triage', { verdict: 'true_positive' });
  await answer(engine, id, 'recovery', { decision: 'keep' });
  await untilClosed(engine, id);
}

async function release(id: string): Promise<void> {
  await answer(engine, id, 'triage', { verdict: 'false_positive' });
  await untilClosed(engine, id);
  await untilNothingIsHeld(engine, id);
}

const changed = (since: ReturnType<Ground['world']['snapshot']>) =>
  diffSnapshots(since, ground.world.snapshot()).map(({ path }) => path);

const holdsOf = async (id: string, prefix: string) =>
  [...(await engine.state(id)).holds.values()]
    .filter((hold) => hold.objectKey.startsWith(prefix))
    .map(({ status, closedAs }) => closedAs ?? status);

/** What becomes of an event for a contained function, once what was changed of its role has had time to bite. */
async function eventFor(name: Name): Promise<string> {
  await pass(engine, 10_000);
  const { delivered, lost } = ground.world.events();
  const kept = delivered.length;
  await ground.world.attacker.invoke(name, { event: true });
  return ground.world.events().delivered.length > kept ? 'kept' : `lost: ${lost.at(-1)?.reason}`;
}

describe('a function that stays contained when its incident closes', () => {
  test('keeps the right to its sink when another on its role is released, and is released exactly', async () => {
    const before = await begin();
    const first = await contained('first');
    await keep(first);
    const kept = ground.world.snapshot();
    expect(await eventFor('first')).toBe('kept');

    const second = await contained('second');
    await release(second);
    expect(changed(kept)).toEqual([]);
    expect(await holdsOf(second, 'sink-grant')).toEqual(['inherited']);
    expect(await holdsOf(first, 'sink-grant')).toEqual(['open']);
    expect(await eventFor('first')).toBe('kept');

    const again = await contained('first');
    await release(again);
    expect(changed(before)).toEqual([]);
    expect(await holdsOf(first, '')).not.toContain('open');
  });

  test('keeps it also when the other one had set it up, and is told apart from what somebody changed', async () => {
    const before = await begin();
    const second = await contained('second');
    const first = await contained('first');
    await keep(first);
    await release(second);
    expect(await eventFor('first')).toBe('kept');
    // The manifest of the second is from before the right was there.
    const compared = (await engine.state(second)).record.comparisons?.[arnOf('second')];
    expect(compared?.differences.filter(({ part }) => part.includes('CordonQuarantineSink-'))).toMatchObject([
      { why: 'another incident still holds it' },
    ]);

    await release(await contained('first'));
    expect(changed(before)).toEqual([]);
    expect(await holdsOf(first, '')).not.toContain('open');
  });

  test('keeps it while the next incident about another kept one is released', async () => {
    const before = await begin();
    const first = await contained('first');
    await keep(first);
    const second = await contained('second');
    await keep(second);
    await release(await contained('first'));
    expect(await eventFor('second')).toBe('kept');
    // Taken over by the incident that was released: nobody holds anything for the first any more.
    expect(await holdsOf(first, '')).not.toContain('open');
    await release(await contained('second'));
    expect(changed(before)).toEqual([]);
    expect(await holdsOf(second, '')).not.toContain('open');
  });

  test.each([
    ['first', 'second'],
    ['second', 'first'],
  ] as const)(
    'stays denied where one policy denies every function on the role, %s contained first',
    async (...order) => {
      const before = await begin('static');
      const ids = new Map<Name, string>();
      for (const name of order) ids.set(name, await contained(name));
      const [first = '', second = ''] = [ids.get('first'), ids.get('second')];
      await keep(first);
      const denied = await holdsOf(first, 'role-quarantine:any');
      expect(denied).toEqual(['open']);
      await release(second);
      await pass(engine, 10_000);
      expect(await holdsOf(second, 'role-quarantine:any')).toEqual(['inherited']);
      const { attacker } = ground.world;
      const call = { service: 's3', action: 'GetObject', resource: 'arn:aws:s3:::a/b' };
      expect(await attacker.callAs(attacker.stealCredentials('first'), call)).toMatchObject({
        kind: 'denied',
      });
      expect(await eventFor('first')).toBe('kept');
      await release(await contained('first'));
      expect(changed(before)).toEqual([]);
    },
  );

  test('loses the right where nobody holds it for the function (control)', async () => {
    const before = await begin();
    const second = await contained('second');
    const first = await contained('first');
    await keep(first);
    await sql.query(
      `update cordon.hold set status = 'closed' where incident_id = $1 and object_key like 'sink-grant:%'`,
      [first],
    );
    await release(second);
    expect(await eventFor('first')).toBe('lost: sink-denied');
    expect(changed(before).filter((path) => path.includes('shared-role'))).toHaveLength(1);
  });
});

describe('two functions on one role that are contained at once', () => {
  test('each keep the right to the sink for as long as they are, whichever is released first', async () => {
    const before = await begin();
    const first = await contained('first');
    const second = await contained('second');
    await release(first);
    expect(await eventFor('second')).toBe('kept');
    // A deny for each, and one right for both.
    expect(ground.world.journal.writes({ operation: 'PutRolePolicy', outcome: 'ok' })).toHaveLength(3);
    await release(second);
    expect(changed(before)).toEqual([]);
  });
});
