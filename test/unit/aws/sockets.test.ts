import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkedOnConnect, socketAgents } from '../../../src/aws/sockets.ts';

/** Real AWS is behind TLS, where a connection takes two turns there and back before it stands. */

const run = promisify(execFile);
const ends: (() => Promise<void> | void)[] = [];

let key: string;
let cert: string;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cordon-tls-'));
  ends.push(() => rm(folder, { recursive: true }));
  const form = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('openssl', ['req', ...form, ...names, '-keyout', 'k.pem', '-out', 'c.pem'], { cwd: folder });
  [key, cert] = await Promise.all(
    ['k.pem', 'c.pem'].map((name) => readFile(join(folder, name), 'utf8')),
  ).then(([k = '', c = '']) => [k, c]);
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port; // a TCP server that listens has one
}

/** An https server that remembers what reached it. */
async function tlsServer() {
  const paths: string[] = [];
  let connections = 0;
  const server = https.createServer({ key, cert }, (request, response) => {
    paths.push(request.url ?? '');
    response.end('ok');
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  const port = await listening(server);
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, paths, connections: () => connections };
}

function get(port: number, path: string, agent: https.Agent): Promise<number> {
  const asked = { host: '127.0.0.1', servername: 'localhost', port, path, agent, ca: cert, timeout: 5000 };
  return new Promise((resolve, reject) => {
    https
      .get(asked, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
      .on('error', reject);
  });
}

describe('a connection over TLS', () => {
  test('stands before its request is checked once more, and is used again', async () => {
    const { port, paths, connections } = await tlsServer();
    const { httpsAgent } = socketAgents(5000);
    ends.push(() => httpsAgent.destroy());
    const standing: number[] = [];
    const check = () => void standing.push(connections());
    const send = (path: string) => checkedOnConnect(check, () => get(port, path, httpsAgent));

    expect(await send('/first')).toBe(200);
    expect(await send('/second')).toBe(200);
    expect(paths).toEqual(['/first', '/second']);
    expect(connections()).toBe(1);
    expect(standing).toHaveLength(1);
  });

  test('carries nothing of a request that must not go out any more', async () => {
    const { port, paths } = await tlsServer();
    const { httpsAgent } = socketAgents(5000);
    ends.push(() => httpsAgent.destroy());
    const over = new Error('the lease is over');
    const refuse = () => {
      throw over;
    };
    await expect(checkedOnConnect(refuse, () => get(port, '/late', httpsAgent))).rejects.toBe(over);
    expect(await get(port, '/next', httpsAgent)).toBe(200);
    expect(paths).toEqual(['/next']);
  });

  test('that is not trusted is an error of its request', async () => {
    const { port, paths } = await tlsServer();
    const { httpsAgent } = socketAgents(5000);
    ends.push(() => httpsAgent.destroy());
    cert = ''; // nothing is trusted then
    await expect(get(port, '/', httpsAgent)).rejects.toMatchObject({ code: expect.stringMatching(/CERT/) });
    expect(paths).toEqual([]);
  });
});

test('a connection that never stands is given up in time, as one on which nothing was sent', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket));
  const port = await listening(silent);
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { httpsAgent } = socketAgents(50);
  ends.push(() => httpsAgent.destroy());
  await expect(get(port, '/', httpsAgent)).rejects.toMatchObject({
    code: 'cordon_aws_no_connection',
    syscall: 'connect',
  });
});
