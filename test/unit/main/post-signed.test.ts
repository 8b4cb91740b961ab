import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkSignature } from '../../../src/alert/signature.ts';
import { systemClock } from '../../../src/clock.ts';
import { postSigned } from '../../../src/main/post-signed.ts';

const SECRET = 'a-secret-of-thirty-two-bytes-or-more';
const NONCE = 'nonce-of-this-request';

let server: ReturnType<typeof createServer>;
let url: string;
let status = 200;
let verdicts: string[] = [];

beforeEach(async () => {
  verdicts = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const header = (name: string) => request.headers[name]?.toString();
      const body = Buffer.concat(chunks);
      const check = (secrets: readonly string[]) =>
        checkSignature({
          signature: header('x-cordon-signature'),
          timestamp: header('x-cordon-timestamp'),
          nonce: header('x-cordon-nonce'),
          body,
          secrets,
          now: systemClock.now(),
        }).kind;
      verdicts.push(check([SECRET]), check(['another-secret-of-thirty-two-bytes-']), body.toString());
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/items`; // it listens on TCP
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
});

const send = (to: string) =>
  postSigned({
    url: to,
    secret: SECRET,
    body: { items: [{ action: 'x' }] },
    clock: systemClock,
    nonce: NONCE,
  });

describe('a document that is posted', () => {
  test('is signed as the intake checks it, and with nobody else’s secret', async () => {
    status = 200;
    expect(await send(url)).toEqual({ kind: 'sent' });
    expect(verdicts).toEqual(['valid', 'invalid', '{"items":[{"action":"x"}]}']);
  });

  test('is said not to be taken where it was not', async () => {
    status = 403;
    expect(await send(url)).toMatchObject({ kind: 'failed', message: expect.stringContaining('403') });
    expect(await send('http://127.0.0.1:1/')).toMatchObject({ kind: 'failed' });
  });

  test('follows no redirect', async () => {
    status = 302;
    expect(await send(url)).toMatchObject({ kind: 'failed' });
  });
});
