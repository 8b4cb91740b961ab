import { systemClock } from '../../src/clock.ts';
import { silentLog } from '../../src/log.ts';
import { createBullQueue } from '../../src/queue/bullmq.ts';
import { openQueuePool } from '../../src/queue/server-pool.ts';
import { describeQueue } from '../support/conformance/queue.ts';
import { freshServerDatabase } from '../support/servers.ts';

describeQueue('a PostgreSQL server (BullMQ)', { durable: true }, async () => {
  const database = await freshServerDatabase();
  const { pool, close } = await openQueuePool(database.url, () => undefined);
  return {
    clock: systemClock,
    until: (promise) => promise,
    connect: () => createBullQueue({ backend: { kind: 'postgres', pool }, log: silentLog }),
    close: async () => {
      await close();
      await database.drop();
    },
  };
});
