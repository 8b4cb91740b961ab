import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { answer, untilClosed, untilLevel } from '../../support/answers.ts';
import { freshGround, type Ground, START, startEngine, type TestEngine } from '../../support/engine.ts';

let ground: Ground;
let engine: TestEngine;
let announced: unknown[];

beforeEach(async () => {
  ground = await freshGround();
  announced = [];
});
afterEach(async () => {
  await engine.stop();
  await ground.sql.close();
});

const noSpace = async (): Promise<never> => {
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
};

/** How long containment took, in milliseconds of the virtual clock, with every write to the evidence folder as `create` does. */
async function contain(create: typeof nodeDisk.create): Promise<{ id: string; tookMs: number }> {
  engine = await startEngine(ground, {
    deliver: async (row) => {
      if (row.kind === 'announce') announced.push(row.params);
      return { kind: 'sent', result: { channel: 'C1', ts: '1.1', notes: [] } };
    },
    overrides: { disk: { ...nodeDisk, create } },
  });
  const id = await engine.submit();
  await untilLevel(engine, id, 'effective');
  return { id, tookMs: ground.clock.now().getTime() - START.getTime() };
}

test('a full disk holds no containment up, and is said', async () => {
  const { id, tookMs } = await contain(noSpace);
  const written = ground.world.journal.writes({ operation: 'PutFunctionConcurrency' });
  expect(written).toHaveLength(1);
  await answer(engine, id, 'triage', { verdict: 'false_positive' });
  await untilClosed(engine, id);
  expect((await engine.state(id)).status).toBe('closed');
  const entries = await readTimeline(ground.sql, id);
  const failed = entries.filter(
    ({ body }) => body?.kind === 'attempt.failed' && body.summary.includes('evidence.snapshot'),
  );
  expect(failed.at(-1)?.body?.summary).toContain('ENOSPC');
  expect(entries.some(({ body }) => body?.kind === 'evidence.sealed')).toBe(false);
  expect(announced).toContainEqual(expect.objectContaining({ name: 'evidence-incomplete' }));
  expect((await verifyCase(engine.cordon.evidenceFolder, id)).verified).toBe(false);

  // Control: with space it is no faster, and the evidence is there.
  await engine.stop();
  await ground.sql.close();
  ground = await freshGround();
  const whole = await contain(nodeDisk.create);
  expect(tookMs).toBeLessThanOrEqual(whole.tookMs + 1_000);
  await answer(engine, whole.id, 'triage', { verdict: 'false_positive' });
  await untilClosed(engine, whole.id);
  expect((await verifyCase(engine.cordon.evidenceFolder, whole.id)).verified).toBe(true);
});
