import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Wake } from '../../../src/incident/wake.ts';
import { silentLog } from '../../../src/log.ts';
import { createMemoryQueue } from '../../../src/queue/memory.ts';
import { act } from '../../support/answers.ts';
import {
  advanceUntil,
  freshGround,
  type Ground,
  quiet,
  startEngine,
  type TestEngine,
} from '../../support/engine.ts';

let ground: Ground;
let engine: TestEngine;
let id: string;
let woken: Wake[];

beforeEach(async () => {
  ground = await freshGround();
  woken = [];
  const queue = createMemoryQueue({ clock: ground.clock, log: silentLog });
  const add: typeof queue.add = async (wakes) => {
    woken.push(...wakes.map(({ wake }) => wake));
    await queue.add(wakes);
  };
  engine = await startEngine(ground, { mode: 'observe', overrides: { queue: { ...queue, add } } });
  id = await engine.submit();
  await quiet(engine);
  woken.length = 0;
});

afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

const take = () => act(engine, id, 'acknowledge', {});
const deliveries = () => woken.filter(({ lane }) => lane === 'delivery');
const outbox = async (statuses: readonly string[]) =>
  (await ground.sql.query('select id from cordon.outbox where status = any($1)', [statuses])).length;
const waiting = () => outbox(['pending', 'sending', 'unknown']);

test('what a process makes it delivers itself, and wakes nobody', async () => {
  const sent = await outbox(['sent']);
  expect(await take()).toMatchObject({ kind: 'done' });
  await quiet(engine);
  expect(await waiting()).toBe(0);
  expect(await outbox(['sent'])).toBeGreaterThan(sent);
  expect(deliveries()).toEqual([]);
});

test('a process that stops leaves it to whoever is woken', async () => {
  const taken = take();
  await advanceUntil(ground.clock, engine.cordon.engine.stop(60_000));
  expect(await taken).toMatchObject({ kind: 'done' });
  expect(await waiting()).toBeGreaterThan(0);
  expect(deliveries()).not.toEqual([]);
});
