import { AwsError } from '../action/failure.ts';
import type { SdkHandler, Wire } from './transport.ts';

const CALL = 'lambda:GetFunction (code package)';

/**
 * Streams what lies behind a presigned link, in constant memory. Redirects are not followed, and the link
 * must lead where the transport goes: it comes from an answer, so it is checked like one. Throws `AwsError`
 * (`cordon_aws_access_denied` when the link's ten minutes are over).
 */
export async function* download(
  wire: Wire,
  location: string,
  options: { readonly requestTimeoutMs: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!URL.canParse(location)) throw broken('expected a link, found something that is not a URL');
  const link = new URL(location);
  wire.checkLink(link);
  const port = link.port === '' ? undefined : Number(link.port);
  let answer: Awaited<ReturnType<SdkHandler['handle']>>['response'];
  try {
    ({ response: answer } = await wire.slowHandler.handle(
      {
        protocol: link.protocol,
        hostname: link.hostname,
        port,
        method: 'GET',
        path: `${link.pathname}${link.search}`,
        query: {},
        headers: { host: link.host },
      },
      {
        requestTimeout: options.requestTimeoutMs,
        ...(options.signal === undefined ? {} : { abortSignal: options.signal }),
      },
    ));
  } catch (error) {
    throw interrupted(error);
  }
  if (answer.statusCode === 403) {
    throw new AwsError(
      'cordon_aws_access_denied',
      CALL,
      'the link is refused; it lives for ten minutes: ask for a new one',
      {
        classification: 'terminal',
      },
    );
  }
  if (answer.statusCode !== 200) throw broken(`expected status 200, found ${answer.statusCode}`);
  try {
    for await (const chunk of bytesOf(answer.body)) yield chunk;
  } catch (error) {
    throw interrupted(error);
  }
}

async function* bytesOf(body: unknown): AsyncGenerator<Uint8Array, void, undefined> {
  if (body instanceof Uint8Array) {
    yield body;
    return;
  }
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) {
    throw broken('expected a body to read');
  }
  // Node's readable streams and nothing else have an async iterator here; each chunk is checked below.
  for await (const chunk of body as AsyncIterable<unknown>) {
    if (!(chunk instanceof Uint8Array)) throw broken('expected bytes in the body');
    yield chunk;
  }
}

function broken(message: string): AwsError {
  return new AwsError('cordon_aws_bad_response', CALL, message, { classification: 'terminal' });
}

function interrupted(error: unknown): unknown {
  if (error instanceof AwsError) return error;
  return new AwsError('cordon_aws_unavailable', CALL, 'the download broke off; it may be started again', {
    classification: 'retryable',
    cause: error,
  });
}
