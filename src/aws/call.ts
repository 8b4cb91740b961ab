import { z } from 'zod';
import { AwsError } from '../action/failure.ts';
import type { Clock } from '../clock.ts';
import { classify } from './classify.ts';
import type { CallGuard } from './guard.ts';
import { factsOf, type Operation } from './operations.ts';
import type { SentRequests } from './transport.ts';

/** What one `client.send` gets besides its command. */
export interface SendOptions {
  /** This call's own; it is also how the wire tells the call what became of the request. */
  readonly abortSignal: AbortSignal;
  readonly requestTimeout: number;
}

/** Makes one SDK call: rate budget, send, classification, and for reads a few more tries. */
export type Caller = <Output>(
  operation: Operation,
  send: (options: SendOptions) => Promise<Output>,
) => Promise<Output>;

export interface CallerOptions {
  readonly guard: CallGuard;
  readonly sent: SentRequests;
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  /** Uniform in [0, 1): full jitter is drawn from it. */
  readonly random: () => number;
  /** Tries of a read, the first included. A write is tried once: what follows is the engine's decision. */
  readonly readAttempts: number;
  readonly requestTimeoutMs: number;
  /** For operations marked slow, which never write. */
  readonly slowRequestTimeoutMs: number;
  /** Told of each answer, by its AWS request id where it has one. */
  readonly answered?: (requestId: string | undefined) => void;
}

// What waiting here cannot mend: the engine takes the attempt up again when it may.
const NOT_HERE: ReadonlySet<string> = new Set(['cordon_lease_lost', 'cordon_writes_paused']);

const metadata = z.object({ $metadata: z.object({ requestId: z.string().optional() }) });

const BACKOFF_BASE_MS = 200;
const BACKOFF_CAP_MS = 2000;

/**
 * Builds the caller of one scope. The SDK's own retries are off everywhere: they use real timers and count
 * against no budget. Throws `AwsError`s only, or what the guard's `take` throws.
 */
export function createCaller(options: CallerOptions): Caller {
  const { guard, clock } = options;
  return async (operation, send) => {
    const facts = factsOf(operation);
    const region = facts.family === 'iam' ? 'global' : options.region;
    const attempts = facts.effect === 'write' ? 1 : Math.max(1, options.readAttempts);
    for (let attempt = 1; ; attempt += 1) {
      await guard.take({ family: facts.family, account: options.account, region, operation });
      const over = new AbortController();
      const lost = () => over.abort(guard.signal?.reason);
      if (guard.signal?.aborted === true) lost();
      guard.signal?.addEventListener('abort', lost, { once: true });
      try {
        const answer = await send({
          requestTimeout: facts.slow === true ? options.slowRequestTimeoutMs : options.requestTimeoutMs,
          abortSignal: over.signal,
        });
        options.answered?.(requestIdOf(answer));
        return answer;
      } catch (error) {
        const failure = classify(error, operation, options.sent.get(over.signal));
        const hopeless = failure.classification !== 'retryable' || NOT_HERE.has(failure.code);
        if (hopeless || attempt >= attempts) throw failure;
        const backoff = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1)) * options.random();
        await clock.sleep(Math.max(backoff, failure.retryAfterMs ?? 0), guard.signal);
        if (guard.signal?.aborted === true) {
          throw new AwsError('cordon_lease_lost', operation, 'not tried again because the lease was lost', {
            classification: 'retryable',
            cause: failure,
          });
        }
      } finally {
        guard.signal?.removeEventListener('abort', lost);
      }
    }
  };
}

/** Every answer of the SDK carries its metadata; what came from elsewhere has none. */
function requestIdOf(answer: unknown): string | undefined {
  const read = metadata.safeParse(answer);
  return read.success ? read.data.$metadata.requestId : undefined;
}
