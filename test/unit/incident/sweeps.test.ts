import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { expectationsOf } from '../../../src/evidence/expectations.ts';
import { casePlace } from '../../../src/evidence/place.ts';
import { readCase } from '../../../src/evidence/read-case.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { evidenceInWords } from '../../../src/incident/evidence-view.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { answer, untilClosed } from '../../support/answers.ts';
import {
  drive,
  freshGround,
  type Ground,
  START,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';
import { type Mortal, mortalDisk, mortalSql } from '../../support/mortal.ts';

const MINUTE_MS = 60_000;

let ground: Ground;
let engines: TestEngine[];

beforeEach(async () => {
  ground = await freshGround();
  engines = [];
});

afterEach(async () => {
  for (const engine of engines) await engine.stop();
  await ground.sql.close();
});

/** In mode observe: evidence is collected all the same, and nothing is contained that would be watched meanwhile. */
async function start(options: Parameters<typeof startEngine>[1] = {}): Promise<TestEngine> {
  const engine = await startEngine(ground, { mode: 'observe', ...options });
  if (options.dead === undefined) engines.push(engine);
  return engine;
}

const rounds = async (engine: TestEngine, id: string) => {
  const view = await engine.cordon.views.incidentView(id);
  return Object.fromEntries((view?.evidence.rounds ?? []).map(({ round, state }) => [round, state]));
};

const until = (engine: TestEngine, id: string, round: string, state: string) =>
  drive(engine, async () => (await rounds(engine, id))[round] === state);

const minutesIn = () => (ground.clock.now().getTime() - START.getTime()) / MINUTE_MS;

async function manifests(engine: TestEngine, id: string) {
  const found = await readCase(nodeDisk, casePlace(engine.cordon.evidenceFolder, id));
  return found.manifests.map(({ manifest }) => manifest);
}

async function verified(engine: TestEngine, id: string) {
  const expected = expectationsOf(undefined, await readTimeline(ground.sql, id));
  return verifyCase(engine.cordon.evidenceFolder, id, expected);
}

/** A process that is killed at its first question to CloudTrail after so many minutes; nothing comes back then. */
function processThatDies(afterMinutes: number) {
  let dead = false;
  const never = new Promise<never>(() => {});
  const mortal: Mortal = {
    calls: [],
    death: never,
    dead: () => dead,
    call: (_name, work) => (dead ? never : work()),
  };
  const parts = {
    sql: mortalSql(ground.sql, mortal),
    dead: () => dead,
    fetch: (request: Request) => {
      const asks = request.headers.get('x-amz-target')?.endsWith('.LookupEvents') === true;
      if (asks && minutesIn() >= afterMinutes) dead = true;
      return mortal.call('', () => ground.world.fetch(request));
    },
    overrides: { disk: mortalDisk(mortal) },
  };
  return { parts, dead: () => dead };
}

async function closeAtOnce(engine: TestEngine): Promise<string> {
  const id = await engine.submit();
  await answer(engine, id, 'triage', { verdict: 'false_positive' });
  await untilClosed(engine, id);
  return id;
}

describe('evidence that arrives late', () => {
  test('is swept at 20 minutes and 24 hours after the incident is closed, and sealed as addenda', async () => {
    const engine = await start({ mode: 'act' });
    const id = await closeAtOnce(engine);
    expect(minutesIn()).toBeLessThan(20);
    expect(await rounds(engine, id)).toEqual({ first: 'sealed', '20m': 'due', '24h': 'due' });
    const before = (await manifests(engine, id)).length;
    expect(await verified(engine, id)).toMatchObject({ verified: true }); // control: it was sealed before

    await until(engine, id, '20m', 'sealed');
    expect(minutesIn()).toBeGreaterThanOrEqual(20);
    expect(minutesIn()).toBeLessThan(40);
    await until(engine, id, '24h', 'sealed');
    expect(minutesIn()).toBeGreaterThanOrEqual(24 * 60);

    expect((await engine.state(id)).status).toBe('closed');
    const sealed = await manifests(engine, id);
    expect(sealed).toHaveLength(before + 2);
    const names = sealed.at(-1)?.records.map(({ name }) => name) ?? [];
    for (const round of ['20m', '24h']) {
      const of = names.filter((name) => name.includes(`/sweep-${round}/`));
      expect(of).toContainEqual(expect.stringContaining('/logs/'));
      // The names that the first collection leaves for later are asked now.
      expect(of).toContainEqual(expect.stringContaining('EventName-DeleteFunctionConcurrency20171031'));
    }
    expect(names.filter((name) => !name.includes('/sweep-') && name.includes('DeleteFunctionConc'))).toEqual(
      [],
    );
    expect(await verified(engine, id)).toMatchObject({ verified: true, findings: [] });
  });

  test('keeps no incident from closing, and people see how far it is', async () => {
    const engine = await start();
    const id = await engine.submit();
    await until(engine, id, 'first', 'sealed');
    const view = await engine.cordon.views.incidentView(id);
    const words = view === undefined ? [] : evidenceInWords(view.evidence, (iso) => iso.slice(11, 16));
    expect(words.join('; ')).toMatch(
      /^\d+ items, \d+ gaps, last sealed 03:0\d; first collection sealed 03:0\d; sweep after 20m due 03:20; sweep after 24h due 03:00$/,
    );
    // Nobody has answered, and the first sweep comes all the same.
    await until(engine, id, '20m', 'sealed');
    expect((await engine.state(id)).status).toBe('open');
    await answer(engine, id, 'triage', { verdict: 'false_positive' });
    await untilClosed(engine, id);
    expect(minutesIn()).toBeLessThan(24 * 60);
  });

  test('is swept once, though the process dies in the middle of each sweep', async () => {
    const first = processThatDies(20);
    const one = await start({ seed: 'first', ...first.parts });
    const id = await closeAtOnce(one);
    await drive(one, first.dead);
    expect(minutesIn()).toBeGreaterThanOrEqual(20);

    const second = processThatDies(24 * 60);
    const two = await start({ seed: 'second', ...second.parts });
    await until(two, id, '20m', 'sealed');
    await drive(two, second.dead);
    expect(minutesIn()).toBeGreaterThanOrEqual(24 * 60);

    const three = await start({ seed: 'third' });
    await until(three, id, '24h', 'sealed');
    const bodies = (await readTimeline(ground.sql, id)).map((entry) => entry.body);
    const sweeps = bodies.filter(
      (body) => body?.kind === 'attempt.succeeded' && JSON.stringify(body.data).includes('evidence.sweep'),
    );
    expect(sweeps).toHaveLength(2);
    expect(bodies.filter((body) => body?.kind === 'attempt.rescued')).toHaveLength(2); // control: it did die in both
    expect(await verified(three, id)).toMatchObject({ verified: true, findings: [] });
  });

  test('is asked for again an hour later when the store was away, and people are told', async () => {
    const failed: unknown[] = [];
    let away = true;
    const engine = await start({
      deliver: async (row) => {
        if (row.kind === 'announce' && row.params.name === 'sweep-failed') failed.push(row.params);
        return { kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } };
      },
      overrides: {
        disk: {
          ...nodeDisk,
          create: async (path, mode) => {
            if (away && minutesIn() >= 20)
              throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
            return nodeDisk.create(path, mode);
          },
        },
      },
    });
    const id = await closeAtOnce(engine);
    await drive(engine, () => failed.length > 0);
    expect(failed).toMatchObject([{ round: '20m' }]);
    expect(await rounds(engine, id)).toMatchObject({ '20m': 'due' });
    away = false;
    await until(engine, id, '20m', 'sealed');
    expect(minutesIn()).toBeGreaterThanOrEqual(80);
    expect(await verified(engine, id)).toMatchObject({ verified: true });
  });
});
