import { expect, test } from '@jest/globals';
import { readTimeline } from '../../../src/store/timeline.ts';
import { renderEntry } from '../../../src/timeline/render.ts';
import { drive, freshGround, startEngine } from '../../support/engine.ts';

test('contains', async () => {
  const ground = await freshGround();
  const engine = await startEngine(ground);
  const id = await engine.submit();
  try {
    await drive(engine, async () => (await engine.state(id)).attempts.size > 3 && ground.clock.monotonicMs() > 30_000, 200);
  } catch (e) { console.log(e, engine.cordon.engine.idle(), engine.pending(), ground.clock.sleepers()); }
  console.log((await readTimeline(engine.sql, id)).map(renderEntry).join('\n'));
  console.log(ground.world.journal.entries?.().map((e: unknown) => JSON.stringify(e)).join("\n"));
  expect((await engine.state(id)).status).toBe('open');
}, 60000);
