import { LambdaClient, type LambdaClientResolvedConfig } from '@aws-sdk/client-lambda';
import { AwsError } from '../action/failure.ts';
import { CodedError } from '../error.ts';
import type { SentRequest } from './classify.ts';
import type { CallGuard } from './guard.ts';
import { checkedOnConnect, socketAgents } from './sockets.ts';

/** The SDK's own seam to the network: one request in, one response out. */
export type SdkHandler = LambdaClientResolvedConfig['requestHandler'];

/**
 * Where calls go. `aws`: the SDK's default endpoints and credential chain. `world`: one endpoint on this
 * machine and made-up credentials, so that an exercise can reach nothing real whatever else is configured.
 */
export type AwsTransport =
  | { readonly kind: 'aws' }
  | {
      readonly kind: 'world';
      /** `http://127.0.0.1:<port>`; any host that is not a loopback address is refused. */
      readonly endpoint: string;
      /** In place of sockets; see `inProcessHandler`. */
      readonly requestHandler?: SdkHandler;
      /** What the simulated account knows its engine by. */
      readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
    };

type TransportErrorCode = 'cordon_world_not_loopback';

/** A transport that must not be used: raised when it is opened. */
class TransportError extends CodedError<TransportErrorCode> {}

export interface Wire {
  /** Shared by all clients, so that connections are kept alive across attempts. */
  readonly handler: SdkHandler;
  /** Its own sockets: silence is bounded per socket, and a slow call may be silent for longer. */
  readonly slowHandler: SdkHandler;
  /** Client settings besides handler, Region and credentials. */
  readonly settings: {
    readonly maxAttempts: 1;
    readonly retryMode: 'standard';
    readonly endpoint?: string;
  } & Partial<typeof NOTHING_OF_THE_MACHINE>;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Throws `cordon_aws_bad_response` for a link that this transport must not follow. */
  checkLink(link: URL): void;
}

// Shaped like a key so that the SDK signs, and unlike any that AWS has ever issued.
const WORLD_CREDENTIALS = { accessKeyId: 'AKIACORDONWORLD00000', secretAccessKey: 'cordon-world' };

// What the SDK would else read from the environment and ~/.aws/config, for each client anew.
const NOTHING_OF_THE_MACHINE = {
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
  defaultsMode: 'standard',
  authSchemePreference: async () => [],
  userAgentAppId: async () => undefined,
} as const;

export interface Timeouts {
  readonly requestTimeoutMs: number;
  readonly slowRequestTimeoutMs: number;
  readonly connectionTimeoutMs: number;
}

/**
 * Opens the wire of a transport. Times are milliseconds: a request timeout bounds the time to the response's
 * headers, and then each silence in its body. Throws `cordon_world_not_loopback`.
 */
export function openWire(transport: AwsTransport, timeouts: Timeouts): Wire {
  const sockets = (timeoutMs: number) =>
    socketHandler({
      requestTimeout: timeoutMs,
      // The SDK only warns when a request is late unless it is told to throw.
      throwOnRequestTimeout: true,
      // Its request timeout ends with the headers; without this a body that stalls would hang for ever.
      socketTimeout: timeoutMs,
      connectionTimeout: timeouts.connectionTimeoutMs,
      ...socketAgents(timeouts.connectionTimeoutMs),
    });
  switch (transport.kind) {
    case 'aws':
      return {
        handler: sockets(timeouts.requestTimeoutMs),
        slowHandler: sockets(timeouts.slowRequestTimeoutMs),
        settings: { maxAttempts: 1, retryMode: 'standard' },
        credentials: undefined,
        checkLink(link) {
          const ours =
            link.hostname.endsWith('.amazonaws.com') || link.hostname.endsWith('.amazonaws.com.cn');
          if (link.protocol === 'https:' && ours) return;
          throw refusedLink(link, 'an https link to an amazonaws.com host');
        },
      };
    case 'world': {
      const endpoint = loopbackEndpoint(transport.endpoint);
      return {
        handler: onlyTo(endpoint, transport.requestHandler ?? sockets(timeouts.requestTimeoutMs)),
        slowHandler: onlyTo(endpoint, transport.requestHandler ?? sockets(timeouts.slowRequestTimeoutMs)),
        settings: {
          maxAttempts: 1,
          retryMode: 'standard',
          endpoint: endpoint.origin,
          ...NOTHING_OF_THE_MACHINE,
        },
        credentials: transport.credentials ?? WORLD_CREDENTIALS,
        checkLink(link) {
          if (link.host !== endpoint.host) throw refusedLink(link, `a link to ${endpoint.host}`);
        },
      };
    }
  }
}

/**
 * Requests that went to the socket, by the abort signal of their call. By the signal and not by the error,
 * since the SDK may wrap an error, and a write whose error was not recognised would be taken for unsent.
 */
export type SentRequests = WeakMap<object, SentRequest>;

/**
 * Wraps a handler for one guard: the lease is checked in the same turn in which the request goes to the
 * socket, after signing and whatever else the SDK awaits, and again when a new socket stands; what went out is noted in
 * `sent`. Calls whose timeout is over `slowerThanMs` use the slow sockets.
 */
export function guardedHandler(
  wire: Wire,
  slowerThanMs: number,
  guard: CallGuard,
  sent: SentRequests,
): SdkHandler {
  return wrap(wire.handler, async (request, options: HandleOptions = {}) => {
    const call = options.abortSignal;
    const note = (what: SentRequest) => {
      if (call instanceof AbortSignal) sent.set(call, what);
    };
    const handler = (options.requestTimeout ?? 0) > slowerThanMs ? wire.slowHandler : wire.handler;
    guard.beforeSend();
    note({});
    try {
      return await checkedOnConnect(
        () => guard.beforeSend(),
        () => handler.handle(request, options),
      );
    } catch (error) {
      note({ failure: error });
      throw error;
    }
  });
}

interface HandleOptions {
  readonly abortSignal?: unknown;
  readonly requestTimeout?: number;
}

type Handle = SdkHandler['handle'];

function wrap(handler: SdkHandler, handle: Handle): SdkHandler {
  return {
    destroy: () => handler.destroy?.(),
    ...(handler.metadata === undefined ? {} : { metadata: handler.metadata }),
    handle,
    // Clients must not retune a handler that they share.
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

// A second lock beside the configured endpoint: it holds whatever an SDK client resolves.
function onlyTo(endpoint: URL, handler: SdkHandler): SdkHandler {
  return wrap(handler, async (request, options) => {
    const port = request.port === undefined ? '' : `:${request.port}`;
    if (`${request.protocol}//${request.hostname}${port}` !== endpoint.origin) {
      throw new AwsError(
        'cordon_aws_invalid_request',
        'world',
        `expected a request to ${endpoint.origin}, found one to ${request.hostname}${port}: an exercise reaches nothing else`,
        { classification: 'terminal' },
      );
    }
    return handler.handle(request, options);
  });
}

function socketHandler(params: Record<string, unknown>): SdkHandler {
  // The SDK's own Node handler, without depending on the package that holds it: a client makes one.
  // Never used as a client, so the Region and credentials are of no consequence.
  return new LambdaClient({ region: 'us-east-1', credentials: WORLD_CREDENTIALS, requestHandler: params })
    .config.requestHandler;
}

function loopbackEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // `localhost` is a name, and names can be made to point anywhere; 127.0.0.1 cannot.
  if (url?.hostname === 'localhost') url.hostname = '127.0.0.1';
  const loopback = url !== null && (/^127(\.\d{1,3}){3}$/.test(url.hostname) || url.hostname === '[::1]');
  if (loopback && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new TransportError(
    'cordon_world_not_loopback',
    `expected the endpoint of a simulated account on a loopback address (http://127.0.0.1:<port>), found ${url?.host ?? 'no URL'}`,
  );
}

function refusedLink(link: URL, expected: string): AwsError {
  // The host only: the rest of a presigned link is a secret while it lives.
  return new AwsError(
    'cordon_aws_bad_response',
    'lambda:GetFunction (code package)',
    `expected ${expected}, found ${link.protocol}//${link.host}; the link is not followed`,
    { classification: 'terminal' },
  );
}
