import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../src/simulation/world/snapshot.ts';
import type { EmbeddedSql } from '../../src/store/pglite.ts';
import { act, answer, untilClosed, untilLevel, untilNothingIsHeld } from '../support/answers.ts';
import { deaths } from '../support/crash-run.ts';
import { drive, freshGround, type Ground, pass, startEngine, type TestEngine } from '../support/engine.ts';
import { type CrashPoint, createMortal, type Mortal, mortalDisk, mortalSql } from '../support/mortal.ts';
import { arnOf, sharedRoleEnrolment, sharedRoleWorld } from '../support/shared-role.ts';
import { borrowedDatabase } from '../support/template.ts';

/**
 * The release of an incident beside a function on the same role that another had left contained, killed at commits and
 * calls and completed by the next process: what the other needs stays, and is released exactly afterwards.
 */
const MOMENTS = 6;

let sql: EmbeddedSql;
let clean: Run;
beforeAll(async () => {
  sql = await borrowedDatabase();
  clean = await run(null);
}, 120_000);
afterAll(async () => {
  await sql.close();
});

interface Run {
  readonly calls: readonly string[];
  readonly died: boolean;
  /** What became of an event for the function that stays contained, once the other is released. */
  readonly event: string;
  /** What of the account is not as before everything, at the very end. */
  readonly left: readonly string[];
}

const GOOD = { event: 'kept', left: [] };

describe('a release beside what another incident left contained', () => {
  test('leaves it alone when nobody dies', () => {
    expect(clean).toMatchObject({ died: false, ...GOOD });
    expect(clean.calls.length).toBeGreaterThan(20);
  });

  test.each(Array.from({ length: MOMENTS }, (_, part) => part))(
    'leaves it alone when its process is killed at a commit or a call (part %i)',
    async (part) => {
      const index = deaths(clean.calls, MOMENTS)[part] ?? 0;
      const played = await run({ index, when: 'after' });
      expect({ call: `${index} ${clean.calls[index]}`, ...played }).toMatchObject({ died: true, ...GOOD });
    },
  );
});

async function run(crash: CrashPoint | null): Promise<Run> {
  const ground = await freshGround({ sql, world: sharedRoleWorld(), seed: 'kept beside' });
  const before = ground.world.snapshot();
  const setUp = await start(ground, createMortal(null), 'set up');
  // The one that is released is the one that captured what was there.
  const second = await contained(setUp, 'second');
  const first = await contained(setUp, 'first');
  await answer(setUp, first, 'triage', { verdict: 'true_positive' });
  await answer(setUp, first, 'recovery', { decision: 'keep' });
  await untilClosed(setUp, first);
  await setUp.stop();

  const mortal = createMortal(crash);
  const releasing = await Promise.race([start(ground, mortal, 'releasing'), mortal.death]);
  if (releasing !== undefined) await releaseOrDie(releasing, second, mortal);
  if (!mortal.dead()) await releasing?.stop();

  const after = createMortal(null);
  const finishing = await start(ground, after, 'finishing');
  await releaseOrDie(finishing, second, after);
  await untilNothingIsHeld(finishing, second);
  await pass(finishing, 10_000);
  const delivered = ground.world.events().delivered.length;
  await ground.world.attacker.invoke('first', { event: true });
  const { delivered: now, lost } = ground.world.events();
  const event = now.length > delivered ? 'kept' : `lost: ${lost.at(-1)?.reason}`;

  const again = await contained(finishing, 'first');
  await releaseOrDie(finishing, again, after);
  await untilNothingIsHeld(finishing, again);
  await untilNothingIsHeld(finishing, first);
  await finishing.stop();
  const left = diffSnapshots(before, ground.world.snapshot()).map(({ path }) => path);
  return { calls: mortal.calls, died: mortal.dead(), event, left };
}

let findings = 0;

async function contained(engine: TestEngine, name: 'first' | 'second'): Promise<string> {
  const id = `finding${++findings}`;
  const incident = await engine.submit({ id, functionArn: arnOf(name), at: engine.clock.now() });
  await untilLevel(engine, incident, 'effective');
  return incident;
}

/** A false alarm: answered as such once, and driven until it is closed or the process is dead. */
async function releaseOrDie(engine: TestEngine, id: string, { dead, death }: Mortal): Promise<void> {
  await drive(engine, async () => {
    const view = dead() ? undefined : await Promise.race([engine.cordon.views.incidentView(id), death]);
    if (view === undefined) return dead();
    const asked = view.questions.find(({ form, status }) => form === 'triage' && status === 'open');
    if (asked !== undefined) {
      const { invocationId } = asked;
      const given = { invocationId, answer: { verdict: 'false_positive' } };
      await Promise.race([act(engine, id, 'answer', given, 'alice', invocationId), death]);
    }
    return view.status !== 'open';
  });
}

function start(ground: Ground, mortal: Mortal, seed: string): Promise<TestEngine> {
  return startEngine(ground, {
    seed,
    sql: mortalSql(ground.sql, mortal),
    dead: mortal.dead,
    death: mortal.death,
    fetch: (request) =>
      mortal.call(`aws ${request.method} ${new URL(request.url).pathname}`, () =>
        ground.world.fetch(request),
      ),
    overrides: {
      disk: mortalDisk(mortal),
      enrolment: parseEnrolment(sharedRoleEnrolment(), 'enrolment.yaml'),
    },
  });
}
