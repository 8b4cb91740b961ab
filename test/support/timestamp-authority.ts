import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CONFIGURATION = `
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
[tsa]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[mail]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,emailProtection
[reply]
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
certs = ./ca.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`;

export type Behaviour = 'stamps' | 'refuses' | 'is broken' | 'hangs' | 'stamps something else' | 'rejects';

/** A time stamp authority of its own, made and run with openssl: what others wrote checks what ours takes. */
export interface LocalAuthority {
  readonly url: string;
  /** PEM of the certificate that its time stamps lead to. */
  readonly certificate: string;
  /** PEM of another authority's, for controls. */
  readonly otherCertificate: string;
  readonly folder: string;
  behaviour: Behaviour;
  /** Requests taken so far. */
  asked(): number;
  close(): Promise<void>;
}

export async function openLocalAuthority(): Promise<LocalAuthority> {
  const folder = await mkdtemp(join(tmpdir(), 'cordon-tsa-'));
  const openssl = (...parameters: string[]) => run('openssl', parameters, { cwd: folder });
  await writeFile(join(folder, 'tsa.cnf'), CONFIGURATION);
  await writeFile(join(folder, 'serial'), '01');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', 'tsa.cnf'];
  for (const name of ['ca', 'other']) {
    const self = ['req', '-x509', ...key, '-keyout', `${name}.key`, '-out', `${name}.pem`];
    await openssl(...self, '-subj', `/CN=${name}`, '-days', '3650', '-extensions', 'ca');
  }
  await openssl('req', ...key, '-keyout', 'tsa.key', '-out', 'tsa.csr', '-subj', '/CN=tsa');
  const signed = ['x509', '-req', '-in', 'tsa.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-set_serial', '2'];
  await openssl(...signed, '-days', '3650', '-out', 'tsa.pem', '-extfile', 'tsa.cnf', '-extensions', 'tsa');

  let asked = 0;
  const authority = { behaviour: 'stamps' as Behaviour };
  const reply = async (query: Buffer): Promise<Buffer> => {
    const name = `${asked}`;
    await writeFile(join(folder, `${name}.tsq`), query);
    await openssl(
      ...[
        'ts',
        '-reply',
        '-config',
        'tsa.cnf',
        '-section',
        'reply',
        '-queryfile',
        `${name}.tsq`,
        '-out',
        `${name}.tsr`,
      ],
    );
    return readFile(join(folder, `${name}.tsr`));
  };
  const answer = async (query: Buffer): Promise<readonly [number, Buffer] | null> => {
    switch (authority.behaviour) {
      case 'stamps':
        return [200, await reply(query)];
      case 'stamps something else': {
        // The digest is the one run of 32 bytes in the request: a time stamp of other bytes.
        const at = query.indexOf(Buffer.from([0x04, 0x20])) + 2;
        return [
          200,
          await reply(Buffer.concat([query.subarray(0, at), Buffer.alloc(32, 7), query.subarray(at + 32)])),
        ];
      }
      case 'refuses':
        return [503, Buffer.from('not now')];
      case 'rejects':
        // PKIStatus 2, rejection (RFC 3161, 2.4.2).
        return [200, Buffer.from([0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02])];
      case 'is broken':
        return [200, Buffer.from('no DER at all')];
      case 'hangs':
        return null;
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      asked += 1;
      const found = await answer(Buffer.concat(chunks));
      if (found === null) return;
      response.writeHead(found[0], { 'content-type': 'application/timestamp-reply' }).end(found[1]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  return Object.assign(authority, {
    url: `http://127.0.0.1:${port}/`,
    certificate: await readFile(join(folder, 'ca.pem'), 'utf8'),
    otherCertificate: await readFile(join(folder, 'other.pem'), 'utf8'),
    folder,
    asked: () => asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  });
}
