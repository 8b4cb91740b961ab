import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../src/simulation/world/snapshot.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { answer, untilNothingIsHeld } from '../support/answers.ts';
import { drive, freshGround, type Ground, startEngine, type TestEngine } from '../support/engine.ts';
import { createMortal, mortalDisk, mortalSql } from '../support/mortal.ts';
import { arnOf, sharedRoleEnrolment, sharedRoleWorld } from '../support/shared-role.ts';
import { borrowedDatabase } from '../support/template.ts';

/**
 * Two incidents on two functions that share a role, and the right of that role to send to the quarantine sink: whoever
 * comes first captures what was there, whoever goes last puts it back, in either order, with a crash in between.
 */

/** Each step of one incident: it begins, it is answered as a false positive, it is released and closed. */
type Step = 'first begins' | 'first ends' | 'second begins' | 'second ends';

/** Who captured goes first, or last; and after which steps the process dies: together after each but the last. */
const ORDERS: readonly { readonly order: readonly Step[]; readonly crashAfter: readonly number[] }[] = [
  { order: ['first begins', 'second begins', 'first ends', 'second ends'], crashAfter: [0, 2] },
  { order: ['second begins', 'first begins', 'first ends', 'second ends'], crashAfter: [1] },
];

let sql: EmbeddedSql;
beforeAll(async () => {
  sql = await borrowedDatabase();
});
afterAll(async () => {
  await sql.close();
});

describe('two incidents on one role', () => {
  test.each(ORDERS)(
    'leave everything as it was: $order, crash after $crashAfter',
    async ({ order, crashAfter }) => {
      const ground = await freshGround({ sql, world: sharedRoleWorld(), seed: 'two' });
      const before = ground.world.snapshot();
      const puts = () => ground.world.journal.writes({ operation: 'PutRolePolicy', outcome: 'ok' });
      let process = await startProcess(ground, 'one');
      const ids = new Map<string, string>();
      const seen: string[] = [];
      const wanted: string[] = [];
      for (const [index, step] of order.entries()) {
        const [who = '', what] = step.split(' ');
        const functionArn = arnOf(who === 'first' ? 'first' : 'second');
        if (what === 'begins') {
          ids.set(who, await process.engine.submit({ id: who, functionArn }));
          await untilEffective(process.engine, ids.get(who) ?? '', functionArn);
        } else {
          await answer(process.engine, ids.get(who) ?? '', 'triage', { verdict: 'false_positive' });
          const id = ids.get(who) ?? '';
          await drive(process.engine, async () => (await process.engine.state(id)).status !== 'open');
          // What was taken away of a role stops biting only later.
          const endedMs = ground.clock.monotonicMs();
          void ground.clock.sleep(10_000);
          await drive(process.engine, () => ground.clock.monotonicMs() - endedMs >= 10_000);
          // The other one is as contained as before, if its incident is open, and runs if not.
          const other = who === 'first' ? 'second' : 'first';
          const open = ids.has(other) && order.indexOf(`${other} ends`) > index;
          seen.push(`${other}: ${(await ground.world.attacker.invoke(other)).kind}`);
          wanted.push(`${other}: ${open ? 'throttled' : 'ran'}`);
        }
        if (crashAfter.includes(index)) {
          process.die();
          process = await startProcess(ground, `after-${index}`);
        }
      }
      for (const id of ids.values()) await untilNothingIsHeld(process.engine, id);
      expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
      expect(
        ground.world.journal.denied({ sourceFunctionArn: (arn) => arn?.endsWith(':third') === true }),
      ).toEqual([]);
      expect(ground.world.events().lost).toEqual([]);
      expect(seen).toEqual(wanted);
      // A deny for each, and one grant for both.
      expect(puts()).toHaveLength(3);
      await process.engine.stop();
    },
  );
});

/** One process on the ground. When it dies, nothing of it comes back. */
async function startProcess(ground: Ground, seed: string) {
  const mortal = createMortal(null);
  let dead = false;
  const never = () => new Promise<never>(() => {});
  const own = mortalSql(ground.sql, { ...mortal, dead: () => dead });
  const engine = await startEngine(ground, {
    seed,
    sql: own,
    dead: () => dead,
    fetch: (request) => (dead ? never() : ground.world.fetch(request)),
    overrides: {
      disk: mortalDisk({ ...mortal, dead: () => dead }),
      enrolment: parseEnrolment(sharedRoleEnrolment(), 'enrolment.yaml'),
    },
  });
  return {
    engine,
    die: () => {
      dead = true;
    },
  };
}

async function untilEffective(engine: TestEngine, id: string, functionArn: string): Promise<void> {
  await drive(engine, async () => (await engine.state(id)).record.levels[functionArn] === 'effective');
}
