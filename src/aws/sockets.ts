import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CodedError } from '../error.ts';

/**
 * The connections that requests to AWS go out on. Node writes a request into a socket that still connects, and the
 * kernel sends it whenever that is done: a process that is frozen meanwhile would make its call when it thaws, long
 * after another one took the work over. So a request gets its socket when the connection stands, and what guards it is
 * asked once more then. For the same reason no request waits in a queue of Node's: the rate budget bounds how many
 * there are.
 */

/** Throws when a request must not go out any more. */
export type Check = () => void;

const checking = new AsyncLocalStorage<Check>();

/** Runs `send`; `check` is asked again for the connection that it may open, before anything is written to it. */
export function checkedOnConnect<Result>(check: Check, send: () => Result): Result {
  return checking.run(check, send);
}

/** The two agents of one kind of call. A connection that does not stand within `connectionTimeoutMs` is given up. */
export function socketAgents(connectionTimeoutMs: number): {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
} {
  const settings = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  return {
    httpAgent: new StandingAgent(settings, connectionTimeoutMs),
    httpsAgent: new StandingTlsAgent(settings, connectionTimeoutMs),
  };
}

type Done = (error: Error | null, socket: Duplex) => void;

class StandingAgent extends http.Agent {
  readonly #timeoutMs: number;

  constructor(options: http.AgentOptions, timeoutMs: number) {
    super(options);
    this.#timeoutMs = timeoutMs;
  }

  override createConnection(options: http.ClientRequestArgs, done?: Done): undefined {
    whenItStands(super.createConnection(options), 'connect', this.#timeoutMs, done);
  }
}

class StandingTlsAgent extends https.Agent {
  readonly #timeoutMs: number;

  constructor(options: https.AgentOptions, timeoutMs: number) {
    super(options);
    this.#timeoutMs = timeoutMs;
  }

  override createConnection(options: https.RequestOptions, done?: Done): undefined {
    whenItStands(super.createConnection(options), 'secureConnect', this.#timeoutMs, done);
  }
}

/** Why a connection was given up; no byte of a request was written to it. */
class ConnectionError extends CodedError<'cordon_aws_no_connection'> {
  /** As Node names the phase: what failed in it was never sent. */
  readonly syscall = 'connect';
}

function whenItStands(
  socket: Duplex | null | undefined,
  stands: 'connect' | 'secureConnect',
  timeoutMs: number,
  done: Done | undefined,
): void {
  // Both agents open sockets of this kind; the wider type is for those that take theirs from elsewhere.
  if (!(socket instanceof Socket)) {
    throw new ConnectionError('cordon_aws_no_connection', 'expected a socket of node:net, found none');
  }
  const check = checking.getStore();
  const late = () =>
    socket.destroy(
      new ConnectionError('cordon_aws_no_connection', `no connection stood after ${timeoutMs} ms`),
    );
  const failed = (error: Error) => done?.(error, socket);
  socket.setTimeout(timeoutMs, late);
  socket.once('error', failed);
  socket.once(stands, () => {
    try {
      check?.();
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    socket.setTimeout(0);
    socket.off('timeout', late);
    socket.off('error', failed);
    done?.(null, socket);
  });
}
