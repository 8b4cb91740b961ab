import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { exportCase } from '../../../src/evidence/export.ts';
import { readTimestamp, verifyTimestamp } from '../../../src/evidence/timestamp.ts';
import { httpTimestampAuthority } from '../../../src/evidence/timestamp-authority.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import {
  type Behaviour,
  type LocalAuthority,
  openLocalAuthority,
} from '../../support/timestamp-authority.ts';
import { collect, INCIDENT, item, withBench } from './case-fixture.ts';

const run = promisify(execFile);
const STAMP = `cases/${INCIDENT}/manifest.timestamp.dsse.json`;

let local: LocalAuthority;

beforeAll(async () => {
  local = await openLocalAuthority();
}, 60_000);
afterAll(() => local.close());
beforeEach(() => {
  local.behaviour = 'stamps';
});

const authority = (certificates = local.certificate) =>
  httpTimestampAuthority({
    url: local.url,
    certificates,
    random: (bytes) => randomBytes(bytes),
    timeoutMs: 300,
  });
const trust = () => ({ authorities: [local.certificate] });

describe('a time stamp of an authority', () => {
  test('is of exactly the bytes that were sent, and leads to the certificate that was given', async () => {
    const data = Buffer.from('the signature of a seal');
    const stamped = await authority().stamp(data);
    if (stamped.kind !== 'stamped') throw new Error(stamped.reason);
    const at = Date.parse(stamped.at);
    expect(Number.isNaN(at)).toBe(false);
    expect(readTimestamp(stamped.response)).toMatchObject({ kind: 'granted', at: stamped.at });
    expect(await verifyTimestamp(stamped.response, data, [local.certificate])).toBeNull();
    // Controls: other bytes, another authority.
    expect(
      await verifyTimestamp(stamped.response, Buffer.from('others'), [local.certificate]),
    ).not.toBeNull();
    expect(await verifyTimestamp(stamped.response, data, [local.otherCertificate])).not.toBeNull();
  });

  test.each([
    ['refuses', 'HTTP 503'],
    ['rejects', 'status 2'],
    ['is broken', 'no RFC 3161 response'],
    ['hangs', 'did not answer in time'],
    ['stamps something else', 'something else'],
  ] as const)('is refused in words when the authority %s', async (behaviour: Behaviour, reason) => {
    local.behaviour = behaviour;
    expect(await authority().stamp(Buffer.from('data'))).toEqual({
      kind: 'refused',
      reason: expect.stringContaining(reason),
    });
  });

  test('is refused when it leads to nobody who is trusted, and when nobody is there', async () => {
    expect(await authority(local.otherCertificate).stamp(Buffer.from('data'))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('cannot be trusted'),
    });
    const nowhere = httpTimestampAuthority({
      url: 'http://127.0.0.1:1/',
      certificates: local.certificate,
      random: (bytes) => randomBytes(bytes),
    });
    expect(await nowhere.stamp(Buffer.from('data'))).toMatchObject({ kind: 'refused' });
  });
});

describe('a seal', () => {
  test('says when it was time-stamped, and verifies with the authority’s certificate', () =>
    withBench(async (bench) => {
      const evidence = bench.open({ authority: authority() });
      await evidence.put(item('a', 'one'));
      expect(await evidence.seal()).toMatchObject({ timestamp: { kind: 'stamped' } });
      const report = await verifyCase(bench.folder, INCIDENT, trust());
      expect(report).toMatchObject({ verified: true, timestamps: [{ seal: 1, trusted: true }] });
      // Without certificates only our own signature over it is checked, and that is said.
      expect(await verifyCase(bench.folder, INCIDENT)).toMatchObject({
        verified: true,
        timestamps: [{ seal: 1, at: expect.any(String), trusted: false }],
      });
      expect(
        await verifyCase(bench.folder, INCIDENT, { authorities: [local.otherCertificate] }),
      ).toMatchObject({
        verified: false,
        findings: [{ kind: 'timestamp-untrusted', file: STAMP }],
      });
    }));

  test.each(['refuses', 'rejects', 'is broken', 'hangs', 'stamps something else'] as const)(
    'is made though the authority %s; the next seal asks again',
    (behaviour) =>
      withBench(async (bench) => {
        local.behaviour = behaviour;
        const evidence = bench.open({ authority: authority() });
        await evidence.put(item('a', 'one'));
        expect(await evidence.seal()).toMatchObject({
          items: 1,
          timestamp: { kind: 'refused', reason: expect.any(String) },
        });
        expect(await verifyCase(bench.folder, INCIDENT, trust())).toMatchObject({
          verified: true,
          timestamps: [{ seal: 1, at: null }],
        });
        local.behaviour = 'stamps';
        expect(await evidence.seal()).toMatchObject({ timestamp: { kind: 'stamped' } });
        expect(await verifyCase(bench.folder, INCIDENT, trust())).toMatchObject({
          verified: true,
          timestamps: [{ seal: 1, trusted: true }],
        });
      }),
  );

  test('whose time stamp was changed anywhere, or taken from another seal, does not verify', () =>
    withBench(async (bench) => {
      const evidence = bench.open({ authority: authority() });
      await evidence.put(item('a', 'one'));
      await evidence.seal();
      await evidence.put(item('b', 'two'));
      await evidence.seal();
      const path = join(bench.folder, STAMP);
      const bytes = await readFile(path);
      await chmod(path, 0o600);
      const found = async (changed: Uint8Array) => {
        await writeFile(path, changed);
        return (await verifyCase(bench.folder, INCIDENT)).findings.map(({ file }) => file);
      };
      for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
        const flipped = bytes.map((byte, index) => (index === at ? byte ^ 1 : byte));
        expect({ at, found: await found(flipped) }).toEqual({ at, found: [STAMP] });
      }
      const second = await readFile(path.replace('manifest.', 'manifest-2.'));
      expect(await found(second)).toEqual([STAMP]);
      expect(await found(bytes)).toEqual([]); // control
    }));

  test('of an export is checked by its own instructions, with openssl', () =>
    withBench(async (bench) => {
      const evidence = bench.open({ authority: authority() });
      await collect(evidence);
      const file = join(bench.root, 'out.tar');
      await exportCase({
        disk: nodeDisk,
        folder: bench.folder,
        signer: bench.keys.signer,
        expectations: trust(),
        subject: {
          incident: {
            id: INCIDENT,
            name: 'INC-1',
            title: 'title',
            status: 'closed',
            severity: 1,
            exercise: false,
            openedAt: '2026-01-31T12:00:00.000Z',
            closedAt: null,
          },
          entries: [],
        },
        gzip: false,
        to: createWriteStream(file),
      });
      await mkdir(join(bench.root, 'out'));
      await run('tar', ['xf', '../out.tar'], { cwd: join(bench.root, 'out') });
      const cwd = join(bench.root, 'out', `cordon-${INCIDENT}`);
      const verifiers = async () => {
        const said: string[] = [];
        for (const [program, name] of [
          [process.execPath, 'verify.mjs'],
          ['sh', 'verify.sh'],
        ] as const) {
          const how = { cwd, env: { PATH: process.env.PATH ?? '' } };
          const { stdout } = await run(program, [name, bench.keys.signer.keyId], how).catch(
            (error: { stdout: string }) => error,
          );
          said.push(stdout);
        }
        return said.join('');
      };
      const said = await verifiers();
      expect(said.match(/: verified/g)).toHaveLength(2);
      expect(said).toContain('time stamp of manifest.dsse.json: ');
      expect(await readFile(join(cwd, 'README.txt'), 'utf8')).toContain('openssl ts -verify');
      // Control: with the certificate of somebody else in its place openssl refuses the time stamp.
      const path = join(cwd, 'evidence', 'timestamp-authority.pem');
      await chmod(path, 0o600);
      await writeFile(path, local.otherCertificate);
      expect(await verifiers()).not.toMatch(/: verified/);
    }));
});
