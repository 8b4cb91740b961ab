import { Redis } from 'ioredis';
import { CodedError, systemWord } from '../error.ts';

class QueueError extends CodedError<'cordon_queue_unreachable'> {}

const CONNECT_TIMEOUT_MS = 3000;

/** Returns the version of the Redis server at `url`. Throws `cordon_queue_unreachable`; never names the URL. */
export async function pingRedis(url: string): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // Without a listener a failed connection is an uncaught error event.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const info = await redis.info('server');
    return /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  } catch (cause) {
    throw new QueueError(
      'cordon_queue_unreachable',
      `expected the Redis server of REDIS_URL to answer; it did not${systemWord(cause)}. Start it, correct the URL, or unset it to queue on the database`,
      { cause },
    );
  } finally {
    redis.disconnect();
  }
}
