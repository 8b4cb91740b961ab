import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '../../src/clock.ts';
import { eventually, openProcessGround, type ProcessGround } from '../support/process-ground.ts';
import { type FreshDatabase, freshServerDatabase } from '../support/servers.ts';

/** Two engines on one PostgreSQL server: `cordon pause` in a third process holds in both, within a second. */

// What the promise says; a busy machine may take a little of it for the clock of the test itself.
const WITHIN_MS = 1000;

let database: FreshDatabase;
let ground: ProcessGround;

beforeEach(async () => {
  database = await freshServerDatabase();
  ground = await openProcessGround({ environment: { DATABASE_URL: database.url }, latencyMs: 30 });
  await Promise.all([ground.start(), ground.start()]);
});

afterEach(async () => {
  await ground.close();
  await database.drop();
});

const command = (name: 'pause' | 'resume') =>
  ground.withApi((api) =>
    api.execute({
      command: name,
      incident: null,
      identity: { kind: 'cli', name: 'alice' },
      input: { reason: 'a test' },
      idempotencyKey: `server-test-${name}`,
    }),
  );
const writes = () => ground.world.journal.entries({ write: true });

test('no write leaves either process later than a second after the command, and resume lets them go on', async () => {
  expect(await command('pause')).toMatchObject({ kind: 'done' });
  const pausedMs = systemClock.now().getTime();
  // At once, so that an engine that has not seen it yet is at its worst.
  const id = await ground.submit();
  await systemClock.sleep(WITHIN_MS);
  const late = writes().filter((call) => Date.parse(call.at) > pausedMs + WITHIN_MS);
  expect(late).toEqual([]);
  await systemClock.sleep(WITHIN_MS);
  const held = await ground.view(id);
  expect(held?.containment.some(({ state }) => state === 'planned' || state === 'unknown')).toBe(true);
  expect(writes().filter((call) => Date.parse(call.at) > pausedMs + WITHIN_MS)).toEqual([]);
  expect((await ground.withApi((api) => api.status())).paused).toMatchObject({ by: 'alice' });

  expect(await command('resume')).toMatchObject({ kind: 'done' });
  await eventually('what waited is done', 20_000, async () => {
    const view = await ground.view(id);
    return view?.containment.length === 3 && view.containment.every(({ state }) => state === 'held');
  });
});

test('CONTROL: without it both writes are made within that time', async () => {
  const id = await ground.submit();
  await eventually('it is contained', 20_000, async () => (await ground.view(id))?.containment.length === 2);
  await eventually('every write is made', 5000, () => Promise.resolve(writes().length === 3));
});
