import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { AwsAccess, AwsPurpose } from '../action/ports.ts';
import type { Clock } from '../clock.ts';
import { createCaller } from './call.ts';
import { callTrail } from './call-trail.ts';
import { doorsPort } from './doors.ts';
import { download } from './download.ts';
import type { CallGuard } from './guard.ts';
import { iamPort } from './iam.ts';
import { lambdaPort } from './lambda.ts';
import { logsPort } from './logs.ts';
import { once } from './once.ts';
import { scalingPort } from './scaling.ts';
import { type AssumedRole, type AwsScope, createSessions } from './sessions.ts';
import { createSharedReads, type SharedReads as SharedLists } from './shared-reads.ts';
import { surveyPort } from './survey.ts';
import { type AwsTransport, guardedHandler, openWire, type SentRequests } from './transport.ts';

export interface AwsAccessOptions {
  readonly transport: AwsTransport;
  readonly clock: Clock;
  /** Uniform in [0, 1): back-off jitter. */
  readonly random: () => number;
  /** The role to assume for calls of one purpose; `undefined` means the base credentials. */
  readonly roleFor?: (account: string, purpose: AwsPurpose) => AssumedRole | undefined;
  /** Told of each wait for a client to be loaded, so that virtual time stands still meanwhile. */
  readonly loading?: <Result>(work: Promise<Result>) => Promise<Result>;
  /** Tries of a read, the first included; default 3. Writes are tried once. */
  readonly readAttempts?: number;
  /** Milliseconds that a request may take; shorter than the lease of an attempt. Default 1500. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds that a connection may take; default 1000. */
  readonly connectionTimeoutMs?: number;
  /** Milliseconds for large listings, log searches, simulations and downloads, none of which write; default 10000. */
  readonly slowRequestTimeoutMs?: number;
}

/** Opens an account and Region for one chain of calls. Failures are `AwsError`s. */
export interface AwsAccessFactory {
  (scope: AwsScope, guard: CallGuard): AwsAccess;
  /** Sees to it that the scope's session, if it has a role, lives for at least `leastMs` more. */
  warm(scope: AwsScope, guard: CallGuard, leastMs: number): Promise<void>;
  /** Ends idle connections. */
  close(): void;
}

/**
 * Builds the way to AWS, or to a simulated account. Clients are made per call chain, when first used, because
 * each carries its guard; sockets and STS sessions are shared by all of them.
 * Throws `cordon_world_not_loopback` for a simulated account that is not on this machine.
 */
export function createAwsAccess(options: AwsAccessOptions): AwsAccessFactory {
  const requestTimeoutMs = options.requestTimeoutMs ?? 1500;
  const slowRequestTimeoutMs = options.slowRequestTimeoutMs ?? 10_000;
  const wire = openWire(options.transport, {
    requestTimeoutMs,
    slowRequestTimeoutMs,
    connectionTimeoutMs: options.connectionTimeoutMs ?? 1000,
  });
  const sessions = createSessions(wire, options.clock);
  const reads = createSharedReads(options.clock);
  const loading = options.loading ?? ((work) => work);

  const chain = (scope: AwsScope, guard: CallGuard) => {
    const sent: SentRequests = new WeakMap();
    const trail = callTrail();
    const handler = guardedHandler(wire, requestTimeoutMs, guard, sent);
    const call = createCaller({
      guard,
      sent,
      account: scope.account,
      region: scope.region,
      clock: options.clock,
      random: options.random,
      readAttempts: options.readAttempts ?? 3,
      requestTimeoutMs,
      slowRequestTimeoutMs,
      answered: trail.note,
    });
    return { trail, handler, call };
  };

  const open = (scope: AwsScope, guard: CallGuard): AwsAccess => {
    const { trail, handler, call } = chain(scope, guard);
    const role = options.roleFor?.(scope.account, scope.purpose);
    const config = {
      ...wire.settings,
      region: scope.region,
      requestHandler: handler,
      ...(role === undefined
        ? wire.credentials === undefined
          ? {}
          : { credentials: wire.credentials }
        : { credentials: () => sessions.assume(scope, role, call, handler) }),
    };
    // The base credentials of real AWS belong to one account: make sure that it is the one meant.
    const confirmed: typeof call =
      role !== undefined || options.transport.kind === 'world'
        ? call
        : async (operation, send) => {
            await sessions.confirmAccount(scope, call, handler);
            return call(operation, send);
          };
    const lambda = once(() => new LambdaClient(config));
    const iam = once(() => new IAMClient(config));
    const logs = once(() => new CloudWatchLogsClient(config));
    const scaling = once(() => new ApplicationAutoScalingClient(config));
    const downloadCode = (location: string) =>
      download(wire, location, { requestTimeoutMs: slowRequestTimeoutMs, signal: guard.signal });
    // Among calls of one urgency and role only: a list of another role may show less.
    const place = [scope.account, scope.region, scope.purpose, guard.priority ?? ''].join(' ');
    const shared: SharedLists = {
      whole: (what, read) => reads.whole(`${place} ${what}`, read),
      crowded: (what, subject) => reads.crowded(`${place} ${what}`, subject),
      offered: (what, read) => reads.offered(`${place} ${what}`, read),
      underWay: (what) => reads.underWay(`${place} ${what}`),
    };
    const ports = {
      lambda: once(() => lambdaPort(lambda(), confirmed, downloadCode, shared)),
      iam: once(() => iamPort(iam(), confirmed)),
      logs: once(() => logsPort(logs(), confirmed)),
      survey: once(() => surveyPort(config, confirmed, loading)),
      doors: once(() => doorsPort(lambda(), confirmed)),
      scaling: once(() => scalingPort(scaling(), confirmed)),
    };
    return {
      get lambda() {
        return ports.lambda();
      },
      get iam() {
        return ports.iam();
      },
      get logs() {
        return ports.logs();
      },
      get survey() {
        return ports.survey();
      },
      trail,
      get doors() {
        return ports.doors();
      },
      get scaling() {
        return ports.scaling();
      },
    };
  };
  return Object.assign(open, {
    async warm(scope: AwsScope, guard: CallGuard, leastMs: number) {
      const role = options.roleFor?.(scope.account, scope.purpose);
      if (role === undefined) return;
      const { handler, call } = chain(scope, guard);
      await sessions.assume(scope, role, call, handler, leastMs);
    },
    close() {
      wire.handler.destroy?.();
      wire.slowHandler.destroy?.();
    },
  });
}
