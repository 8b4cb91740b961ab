import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/clock.ts';
import { type IncidentId, randomIds } from '../../../src/id.ts';
import type { Wake, WakeLane, WakeQueue } from '../../../src/incident/wake.ts';
import { markTransaction } from '../../../src/store/sql.ts';

/** Where queues of one kind live: what several processes would share. */
export interface QueueGround {
  /** One process's door to it. */
  connect(): WakeQueue;
  readonly clock: Clock;
  /** Lets time pass, where it is virtual, until `promise` is settled. */
  until<Result>(promise: Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface QueueKind {
  /** True when wake-ups outlive the process that added them, and may have been written by anybody. */
  readonly durable: boolean;
}

const LANES: ReadonlySet<WakeLane> = new Set(['attempt', 'delivery', 'timer']);
// A worker that polls looks every 5 s (BullMQ's `drainDelay`): far above this, and this far above a busy machine.
const WOKEN_WITHIN_MS = 1500;
// A worker is idle when nothing happens, for which there is no signal to wait for.
const IDLE_AFTER_MS = 300;

/** What every queue of wake-up calls must do. */
export function describeQueue(name: string, kind: QueueKind, open: () => Promise<QueueGround>): void {
  describe(`the queue on ${name}`, () => {
    let ground: QueueGround;
    let connected: WakeQueue[] = [];

    beforeAll(async () => {
      ground = await open();
    });
    afterEach(async () => {
      for (const queue of connected) {
        await queue.stop();
        await queue.close();
      }
      connected = [];
    });
    afterAll(() => ground.close());

    const connect = () => {
      const queue = ground.connect();
      connected.push(queue);
      return queue;
    };

    /** A test's own wake-ups: others may lie in the same queue. */
    const ours = () => {
      const incident: IncidentId = randomIds.next('inc');
      const seen: Wake[] = [];
      const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
      return {
        incident,
        seen,
        subjects: () => seen.map((wake) => wake.subject),
        wake: (subject: string, lane: WakeLane = 'attempt'): Wake => ({ lane, incident, subject }),
        note(wake: Wake) {
          if (wake.incident !== incident) return false;
          seen.push(wake);
          for (const each of waiting) if (seen.length >= each.count) each.resolve();
          return true;
        },
        /** Resolves when so many have come in all. */
        come: (count: number) =>
          ground.until(
            new Promise<void>((resolve) => {
              if (seen.length >= count) resolve();
              else waiting.push({ count, resolve });
            }),
          ),
      };
    };
    const now = (wakes: readonly Wake[]) => wakes.map((wake) => ({ wake, delayMs: 0 }));

    test('wakes once for each wake-up of its lanes, with what it carries', async () => {
      const mine = ours();
      const queue = connect();
      await queue.consume(LANES, async (wake) => void mine.note(wake));
      const wakes = [...LANES].flatMap((lane) =>
        Array.from({ length: 20 }, (_, n) => mine.wake(`${lane}-${n}`, lane)),
      );
      await queue.add(now(wakes));
      await mine.come(60);
      await queue.add(now([mine.wake('last')]));
      await mine.come(61);
      const sorted = (list: readonly Wake[]) => list.map((wake) => `${wake.lane} ${wake.subject}`).sort();
      expect(sorted(mine.seen)).toEqual(sorted([...wakes, mine.wake('last')]));
    });

    test('wakes for what was added before anybody listened', async () => {
      const mine = ours();
      const queue = connect();
      await queue.add(now([mine.wake('early')]));
      await queue.consume(LANES, async (wake) => void mine.note(wake));
      await mine.come(1);
    });

    test('leaves the wake-ups of other lanes alone', async () => {
      const mine = ours();
      const queue = connect();
      await queue.consume(new Set<WakeLane>(['attempt']), async (wake) => void mine.note(wake));
      await queue.add(now([mine.wake('theirs', 'delivery'), mine.wake('ours')]));
      await mine.come(1);
      await queue.add(now([mine.wake('ours too')]));
      await mine.come(2);
      expect(mine.subjects()).toEqual(['ours', 'ours too']);
    });

    test('holds a wake-up back for its delay and lets others pass, also where it waits already', async () => {
      const mine = ours();
      const queue = connect();
      const cameAt: Record<string, number> = {};
      await queue.consume(LANES, async (wake) => {
        cameAt[wake.subject] ??= ground.clock.monotonicMs();
        mine.note(wake);
      });
      await ground.until(ground.clock.sleep(IDLE_AFTER_MS));
      const start = ground.clock.monotonicMs();
      await queue.add([
        { wake: mine.wake('later'), delayMs: 600 },
        { wake: mine.wake('sooner'), delayMs: 200 },
        { wake: mine.wake('at once'), delayMs: 0 },
      ]);
      await mine.come(3);
      expect(mine.subjects()).toEqual(['at once', 'sooner', 'later']);
      for (const [subject, delayMs] of [['sooner', 200] as const, ['later', 600] as const]) {
        const tookMs = (cameAt[subject] ?? 0) - start;
        // A millisecond less is the rounding of the two clocks.
        expect(tookMs).toBeGreaterThanOrEqual(delayMs - 1);
        expect(tookMs).toBeLessThan(delayMs + WOKEN_WITHIN_MS);
      }
    });

    test('wakes an idle worker at once: no poll stands between', async () => {
      const mine = ours();
      const queue = connect();
      await queue.consume(LANES, async (wake) => void mine.note(wake));
      const tookMs = await idleLatencies(ground, async (round) => {
        await queue.add(now([mine.wake(`round ${round}`)]));
        await mine.come(round);
      });
      expect(Math.max(...tookMs)).toBeLessThan(WOKEN_WITHIN_MS);
      if (kind.durable)
        process.stdout.write(`idle wake-up on ${name}: ${tookMs.map((ms) => ms.toFixed(1)).join(', ')} ms\n`);
    });

    test('goes on after a handler failed, and does not try that wake-up again', async () => {
      const mine = ours();
      const queue = connect();
      await queue.consume(LANES, async (wake) => {
        if (mine.note(wake) && wake.subject === 'bad') throw new RangeError('planned');
      });
      await queue.add(now([mine.wake('bad')]));
      await mine.come(1);
      await queue.add(now([mine.wake('good'), mine.wake('better')]));
      await mine.come(3);
      expect(mine.subjects().sort()).toEqual(['bad', 'better', 'good']);
    });

    test('waits at stop for the handlers under way, and takes nothing after it', async () => {
      const mine = ours();
      const queue = connect();
      let finish = () => {};
      const held = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const ended: string[] = [];
      await queue.consume(new Set<WakeLane>(['attempt']), async (wake) => {
        if (!mine.note(wake)) return;
        await held;
        ended.push(wake.subject);
      });
      await queue.add(now([mine.wake('under way')]));
      await mine.come(1);
      let stopped = false;
      const stopping = queue.stop().then(() => {
        stopped = true;
      });
      await queue.add(now([mine.wake('too late')]));
      await ground.until(ground.clock.sleep(50));
      expect([stopped, ended]).toEqual([false, []]);
      finish();
      await ground.until(stopping);
      expect(ended).toEqual(['under way']);
      expect(mine.subjects()).toEqual(['under way']);
    });

    test('refuses to be called inside a database transaction, where it would wait for itself', async () => {
      const queue = connect();
      const inside = markTransaction(async () => queue.add(now([ours().wake('x')])));
      await expect(inside).rejects.toThrow(
        expect.objectContaining({ code: 'cordon_store_queue_in_transaction' }),
      );
    });

    test('stops and closes without ever having been used', async () => {
      const queue = ground.connect();
      await queue.stop();
      await queue.close();
    });

    if (!kind.durable) return;

    test('shares its wake-ups among processes: each is taken by one', async () => {
      const mine = ours();
      const [one, other] = [connect(), connect()];
      for (const queue of [one, other]) await queue.consume(LANES, async (wake) => void mine.note(wake));
      const wakes = Array.from({ length: 40 }, (_, n) => mine.wake(`shared-${n}`));
      await one.add(now(wakes));
      await mine.come(40);
      await other.add(now([mine.wake('last')]));
      await mine.come(41);
      expect(new Set(mine.subjects()).size).toBe(41);
      expect(mine.seen).toHaveLength(41);
    });

    test('keeps a wake-up for a process that comes later', async () => {
      const mine = ours();
      const first = ground.connect();
      await first.add(now([mine.wake('kept')]));
      await first.stop();
      await first.close();
      await connect().consume(LANES, async (wake) => void mine.note(wake));
      await mine.come(1);
    });

    test('drops a job that is no wake-up of this version, and goes on', async () => {
      const mine = ours();
      const queue = connect();
      await queue.consume(LANES, async (wake) => void mine.note(wake));
      const { incident } = mine;
      const foreign: unknown[] = [
        { lane: 'attempt', incident, subject: '' },
        { lane: 'attempt', incident: `not-${incident}`, subject: 'x' },
        { lane: 'attempt', incident, subject: 'x', extra: true },
        { lane: 'attempt', incident, subject: 7 },
      ];
      // As somebody else who can write to the queue would: the type is what is being broken.
      await queue.add(foreign.map((wake) => ({ wake: wake as Wake, delayMs: 0 })));
      await queue.add(now([mine.wake('sound')]));
      await mine.come(1);
      expect(mine.subjects()).toEqual(['sound']);
    });
  });
}

/** Milliseconds from adding a wake-up to its handling by a worker that is idle, over a few rounds. */
export async function idleLatencies(
  ground: Pick<QueueGround, 'clock' | 'until'>,
  round: (number: number) => Promise<void>,
  rounds = 5,
): Promise<number[]> {
  const tookMs: number[] = [];
  for (let number = 1; number <= rounds; number++) {
    await ground.until(ground.clock.sleep(IDLE_AFTER_MS));
    const start = ground.clock.monotonicMs();
    await round(number);
    tookMs.push(ground.clock.monotonicMs() - start);
  }
  return tookMs;
}
