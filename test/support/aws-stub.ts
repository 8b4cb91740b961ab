import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An AWS endpoint that answers what a test tells it to, over a real socket: recorded shapes, refusals in both
 * wire formats, and the ways in which an answer gets lost. It keeps no state and evaluates nothing; for that
 * there is the simulated account.
 */

export interface StubRequest {
  /** `PUT /2017-10-31/functions/…/concurrency`, or the action of a query or JSON protocol: `PutRolePolicy`. */
  readonly operation: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Form fields of the query protocol, or the JSON body. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage['headers'];
}

export type StubReply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
    }
  /** The request arrived, the answer did not: the socket is reset. */
  | { readonly kind: 'reset' }
  /** Headers and half a body, then a reset. */
  | { readonly kind: 'truncated'; readonly body: string }
  /** Nothing ever comes. */
  | { readonly kind: 'hang' };

export interface AwsStub {
  readonly url: string;
  readonly requests: readonly StubRequest[];
  close(): Promise<void>;
}

export async function startAwsStub(
  answer: (request: StubRequest, nth: number) => StubReply,
): Promise<AwsStub> {
  const requests: StubRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const request = read(incoming, Buffer.concat(chunks).toString('utf8'));
      requests.push(request);
      const nth = requests.filter((item) => item.operation === request.operation).length;
      reply(incoming, outgoing, answer(request, nth));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function read(incoming: IncomingMessage, body: string): StubRequest {
  const url = new URL(incoming.url ?? '/', 'http://stub');
  const target = incoming.headers['x-amz-target'];
  const form = incoming.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const fields: Record<string, unknown> = form
    ? Object.fromEntries(new URLSearchParams(body))
    : body === ''
      ? {}
      : JSON.parse(body);
  const operation = form
    ? String(fields.Action)
    : typeof target === 'string'
      ? (target.split('.').at(-1) ?? '')
      : `${incoming.method} ${decodeURIComponent(url.pathname)}`;
  return {
    operation,
    path: decodeURIComponent(url.pathname),
    query: url.searchParams,
    fields,
    headers: incoming.headers,
  };
}

function reply(incoming: IncomingMessage, outgoing: ServerResponse, answer: StubReply): void {
  switch (answer.kind) {
    case 'answer':
      outgoing.writeHead(answer.status, answer.headers);
      outgoing.end(answer.body);
      return;
    case 'reset':
      incoming.socket.resetAndDestroy();
      return;
    case 'truncated':
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '100000' });
      outgoing.write(answer.body, () => incoming.socket.resetAndDestroy());
      return;
    case 'hang':
      return;
  }
}

/** A REST-JSON answer, as Lambda and Logs give. */
export function json(body: unknown, status = 200): StubReply {
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** A REST-JSON refusal, as Lambda and Logs give. */
export function jsonError(name: string, status: number, message = 'refused', headers = {}): StubReply {
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': name, ...headers },
    body: JSON.stringify({ Type: 'User', message, __type: name }),
  };
}

/** A query-protocol answer, as IAM and STS give. */
export function xml(action: string, result: string): StubReply {
  return {
    kind: 'answer',
    status: 200,
    headers: { 'content-type': 'text/xml' },
    body: `<${action}Response><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`,
  };
}

/** A query-protocol refusal, as IAM and STS give. */
export function xmlError(code: string, status: number, message = 'refused'): StubReply {
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  };
}
