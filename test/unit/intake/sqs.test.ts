import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type SqsConsumer, type SqsSettings, startSqsConsumer } from '../../../src/intake/sqs.ts';
import { silentLog } from '../../../src/log.ts';
import { C2_EVENT, fileBytes } from '../../support/alert-fixtures.ts';
import { intakeDoubles } from '../../support/intake-doubles.ts';
import { memoryQueue } from '../../support/memory-queue.ts';
import { settle, steppedClock } from '../../support/stepped-clock.ts';

const ALERT = new TextDecoder().decode(fileBytes(C2_EVENT));

let time: ReturnType<typeof steppedClock>;
let queue: ReturnType<typeof memoryQueue>;
let engine: ReturnType<typeof intakeDoubles>;
let ready: boolean;
let consumer: SqsConsumer | undefined;

beforeEach(() => {
  time = steppedClock();
  queue = memoryQueue(time.clock);
  engine = intakeDoubles();
  ready = true;
  consumer = undefined;
});

afterEach(async () => {
  const stopped = consumer?.stop(0);
  await time.advance(0);
  await stopped;
});

function start(settings: Partial<SqsSettings> = {}) {
  consumer = startSqsConsumer({
    queue: queue.port,
    intake: engine.intake,
    refusals: engine.recorder,
    ready: async () => ready,
    source: 'alerts',
    clock: time.clock,
    random: () => 0,
    log: silentLog,
    settings,
  });
  return consumer;
}

function gate() {
  let open = () => {};
  engine.faults.gate = new Promise((resolve) => {
    open = resolve;
  });
  return { open: () => open() };
}

describe('a message', () => {
  test('is submitted with its queue as the sender, and deleted after the commit', async () => {
    queue.send(ALERT);
    const held = gate();
    start();
    await settle();
    expect([queue.bodies().length, engine.submissions.length]).toEqual([1, 0]);
    held.open();
    await settle();
    expect(queue.bodies()).toEqual([]);
    expect(engine.submissions).toMatchObject([{ via: 'sqs', source: 'alerts' }]);
    expect(engine.refusals).toEqual([]);
  });

  test('that cannot be read is committed as a refusal by the engine, and deleted: no loop', async () => {
    queue.send('not an alert');
    start();
    await time.advance(3_600_000);
    expect(engine.submissions).toHaveLength(1);
    expect(queue.bodies()).toEqual([]);
  });

  test('that is sent while the consumer waits is taken at once', async () => {
    start();
    await settle();
    queue.send(ALERT);
    await settle();
    expect(engine.submissions).toHaveLength(1);
  });

  test('stays hidden while it is worked on, however long, up to the hold', async () => {
    queue.send(ALERT);
    const held = gate();
    start({ visibilitySeconds: 30, maxHoldSeconds: 300 });
    await time.advance(299_000);
    expect([queue.calls.extend, engine.submissions.length]).toEqual([29, 0]);
    expect(queue.hiddenMs()).toBeGreaterThan(0);
    held.open();
    await settle();
    expect(engine.submissions).toHaveLength(1);
    expect(queue.bodies()).toEqual([]);
  });

  test('is delivered again when its handling hangs beyond the hold', async () => {
    queue.send(ALERT);
    const held = gate();
    start({ visibilitySeconds: 30, maxHoldSeconds: 60 });
    await time.advance(120_000);
    held.open();
    await settle();
    expect(engine.submissions.length).toBeGreaterThan(1);
  });

  test('is kept and delivered again, later each time, while the engine cannot commit it', async () => {
    queue.send(ALERT);
    engine.faults.submit = new Error('no database');
    start({ maxReceives: 100 });
    await settle();
    const hidden = [queue.hiddenMs()];
    for (let round = 0; round < 3; round += 1) {
      await time.advance(queue.hiddenMs());
      hidden.push(queue.hiddenMs());
    }
    expect(hidden).toEqual([1_000, 2_000, 4_000, 8_000]);
    engine.faults.submit = null;
    await time.advance(8_000);
    expect(engine.submissions).toHaveLength(1);
    expect(queue.bodies()).toEqual([]);
  });
});

describe('a poisoned message', () => {
  test('is recorded with its content and then deleted', async () => {
    queue.send(ALERT);
    engine.faults.submit = new Error('this one never works');
    start({ maxReceives: 3 });
    await time.advance(3_600_000);
    expect(queue.bodies()).toEqual([]);
    expect(engine.refusals).toMatchObject([
      { code: 'cordon_intake_poisoned', via: 'sqs', source: 'alerts', size: ALERT.length },
    ]);
    expect(Buffer.from(engine.refusals[0]?.contentBase64 ?? '', 'base64').toString()).toBe(ALERT);
  });

  test('stays in the queue when it cannot be recorded', async () => {
    queue.send(ALERT);
    engine.faults.submit = new Error('no database');
    engine.faults.record = new Error('no database');
    start({ maxReceives: 3 });
    await time.advance(3_600_000);
    expect(queue.bodies()).toEqual([ALERT]);
  });

  test('is not tried any more when it was received so often that it may kill the process', async () => {
    queue.send(ALERT, 30);
    start();
    await settle();
    expect(engine.submissions).toEqual([]);
    expect(engine.refusals).toMatchObject([{ code: 'cordon_intake_poisoned' }]);
    expect(queue.bodies()).toEqual([]);
  });
});

describe('the consumer', () => {
  test('receives nothing while the engine is not ready, and goes on when it is', async () => {
    ready = false;
    queue.send(ALERT);
    start();
    await time.advance(3_600_000);
    expect(queue.calls.receive).toBe(0);
    ready = true;
    await time.advance(1_000);
    expect(engine.submissions).toHaveLength(1);
  });

  test('works on no more messages at once than it was told', async () => {
    for (let index = 0; index < 20; index += 1) queue.send(`{"n":${index}}`);
    let running = 0;
    let most = 0;
    const held = gate();
    const { submit } = engine.intake;
    Object.assign(engine.intake, {
      submit: async (submission: Parameters<typeof submit>[0]) => {
        running += 1;
        most = Math.max(most, running);
        const receipt = await submit(submission);
        running -= 1;
        return receipt;
      },
    });
    start({ concurrency: 3 });
    await settle();
    expect(running).toBe(3);
    held.open();
    await time.advance(1_000);
    expect([most, engine.submissions.length, queue.bodies().length]).toEqual([3, 20, 0]);
  });

  test('goes on after the queue failed', async () => {
    let failures = 2;
    const { receive } = queue.port;
    Object.assign(queue.port, {
      receive: async (request: Parameters<typeof receive>[0]) => {
        if (failures-- > 0) throw new Error('throttled');
        return receive(request);
      },
    });
    queue.send(ALERT);
    start();
    await time.advance(5_000);
    expect(engine.submissions).toHaveLength(1);
  });

  test('a message whose deletion failed is delivered again and recognised as a duplicate', async () => {
    const { delete: remove } = queue.port;
    let failures = 1;
    Object.assign(queue.port, {
      delete: async (handle: string) => {
        if (failures-- > 0) throw new Error('lost');
        return remove(handle);
      },
    });
    queue.send(ALERT);
    start();
    await time.advance(60_000);
    expect(engine.submissions).toHaveLength(2);
    expect(queue.bodies()).toEqual([]);
  });

  test('ends its long poll when it is stopped, and takes nothing more', async () => {
    const running = start();
    await settle();
    await running.stop(1_000);
    queue.send(ALERT);
    await time.advance(60_000);
    expect(engine.submissions).toEqual([]);
  });

  test('finishes what it works on before it stops', async () => {
    queue.send(ALERT);
    const held = gate();
    const running = start();
    await settle();
    const stopped = running.stop(10_000);
    held.open();
    await stopped;
    expect(engine.submissions).toHaveLength(1);
    expect(queue.bodies()).toEqual([]);
  });

  test('stops within its bound when a message hangs, and leaves the message in the queue', async () => {
    queue.send(ALERT);
    gate();
    const running = start();
    await settle();
    const stopped = running.stop(10_000);
    await time.advance(10_000);
    await stopped;
    expect(queue.bodies()).toEqual([ALERT]);
  });
});
