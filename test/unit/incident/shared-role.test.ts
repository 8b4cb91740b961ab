import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import type { EmbeddedSql } from '../../../src/store/pglite.ts';
import { answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { freshGround, type Ground, pass, startEngine, type TestEngine } from '../../support/engine.ts';
import { arnOf, sharedRoleEnrolment, sharedRoleWorld } from '../../support/shared-role.ts';
import { borrowedDatabase } from '../../support/template.ts';

/** Incidents about functions of one role: the right of the role to send to the quarantine sink is one object for all of them. */

type Name = Parameters<typeof arnOf>[0];

const enrolment = parseEnrolment(sharedRoleEnrolment, 'enrolment.yaml');

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

async function begin() {
  ground = await freshGround({ sql, world: sharedRoleWorld(), seed: 'beside' });
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
  await untilLevel(engine, id, 'effective');
  return id;
}

async function release(id: string): Promise<void> {
  await answer(engine, id, 'triage', { verdict: 'false_positive' });
  await untilClosed(engine, id);
  await untilNothingIsHeld(engine, id);
}

const changed = (since: ReturnType<Ground['world']['snapshot']>) =>
  diffSnapshots(since, ground.world.snapshot()).map(({ path }) => path);

/** What becomes of an event for a contained function, once what was changed of its role has had time to bite. */
async function eventFor(name: Name): Promise<string> {
  await pass(engine, 10_000);
  const { delivered, lost } = ground.world.events();
  const kept = delivered.length;
  await ground.world.attacker.invoke(name, { event: true });
  return ground.world.events().delivered.length > kept ? 'kept' : `lost: ${lost.at(-1)?.reason}`;
}

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
