import { systemClock } from '../../src/clock.ts';
import { randomIds } from '../../src/id.ts';
import { silentLog } from '../../src/log.ts';
import { createBullQueue } from '../../src/queue/bullmq.ts';
import { describeQueue } from '../support/conformance/queue.ts';
import { redisUrl } from '../support/servers.ts';

describeQueue('Redis (BullMQ through ioredis)', { durable: true }, async () => {
  // A prefix of its own, so that what other runs left in the server is not ours.
  const backend = { kind: 'redis', url: redisUrl(), prefix: randomIds.next<never>('wrk') } as const;
  return {
    clock: systemClock,
    until: (promise) => promise,
    connect: () => createBullQueue({ backend, log: silentLog }),
    close: async () => {},
  };
});
