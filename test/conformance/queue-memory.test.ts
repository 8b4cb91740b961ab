import { silentLog } from '../../src/log.ts';
import { createMemoryQueue } from '../../src/queue/memory.ts';
import { createVirtualClock } from '../../src/simulation/virtual-clock.ts';
import { describeQueue } from '../support/conformance/queue.ts';

describeQueue('memory, in virtual time', { durable: false }, async () => {
  const clock = createVirtualClock(new Date('2026-11-24T03:00:00.000Z'));
  return {
    clock,
    connect: () => createMemoryQueue({ clock, log: silentLog }),
    async until(promise) {
      let settled = false;
      const done = () => {
        settled = true;
      };
      promise.then(done, done);
      while (!settled) {
        // A turn of the event loop, then time: what can happen now happens first.
        await new Promise((resolve) => setImmediate(resolve));
        if (!settled) clock.advanceToNext();
      }
      return promise;
    },
    close: async () => {},
  };
});
