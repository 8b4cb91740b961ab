import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../../src/timeline/canonical.ts';
import type { Checkpoint, CheckpointRecord } from '../../../src/timeline/checkpoint.ts';
import {
  checkpointLeaf,
  checkpointStatement,
  compareWithCheckpoint,
  readCheckpoint,
} from '../../../src/timeline/checkpoint.ts';
import {
  openEnvelope,
  parseEnvelope,
  preAuthEncoding,
  publicKeyId,
  signEnvelope,
} from '../../../src/timeline/dsse.ts';
import { growTree, leafHash, merkleRoot } from '../../../src/timeline/merkle.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('a Merkle tree', () => {
  // The test vectors of the Certificate Transparency implementations for RFC 6962.
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ];
  test.each([
    [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('over %d leaves has the known root', (size, root) => {
    const hashes = leaves.slice(0, size).map((leaf) => leafHash(Buffer.from(leaf, 'hex')));
    expect(hex(merkleRoot(hashes))).toBe(root);
  });
});

describe('an envelope', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const signer = {
    keyId: publicKeyId(publicKeyPem),
    publicKeyPem,
    sign: async (bytes: Uint8Array) => sign(null, bytes, privateKey),
  };
  const payload = Buffer.from('hello world');

  test('encodes what is signed as the DSSE protocol gives it', () => {
    const encoded = preAuthEncoding('http://example.com/HelloWorld', payload);
    expect(Buffer.from(encoded).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  test('opens with its key, and with no other key, type or byte', async () => {
    const envelope = await signEnvelope(signer, 'text/plain', payload);
    expect(openEnvelope(envelope, 'text/plain', publicKeyPem)).toEqual(payload);
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(openEnvelope(envelope, 'text/plain', other)).toBeNull();
    expect(openEnvelope(envelope, 'text/html', publicKeyPem)).toBeNull();
    const changed = { ...envelope, payload: Buffer.from('hello World').toString('base64') };
    expect(openEnvelope(changed, 'text/plain', publicKeyPem)).toBeNull();
  });

  test('verifies by the primitive alone, without the code that signed it', async () => {
    const { payloadType, payload: text, signatures } = await signEnvelope(signer, 'text/plain', payload);
    const bytes = Buffer.from(text, 'base64');
    const signed = Buffer.concat([
      Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${bytes.length} `),
      bytes,
    ]);
    expect(verify(null, signed, publicKey, Buffer.from(signatures[0]?.sig ?? '', 'base64'))).toBe(true);
  });

  test.each([
    ['no signature', { payloadType: 'a', payload: '', signatures: [] }],
    [
      'another spelling of base64',
      { payloadType: 'a', payload: 'YR==', signatures: [{ keyid: 'k', sig: '' }] },
    ],
    ['one more member', { payloadType: 'a', payload: '', signatures: [{ keyid: 'k', sig: '' }], more: 1 }],
  ])('is refused with %s', (_, value) => {
    expect(() => parseEnvelope(value)).toThrow(
      expect.objectContaining({ code: 'cordon_envelope_malformed' }),
    );
  });
});

describe('a checkpoint', () => {
  const at = new Date('2026-01-31T12:00:00.000Z');
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const log: readonly CheckpointRecord[] = [
    { index: 0, chain: 'inc-a', seq: 1, head: hash('a1') },
    { index: 1, chain: 'inc-b', seq: 2, head: hash('b2') },
    { index: 2, chain: 'inc-a', seq: 3, head: hash('a3') },
  ];
  const checkpointOf = (previous: string | null): Checkpoint => {
    const tree = growTree();
    for (const record of log) tree.append(checkpointLeaf(record));
    return {
      size: log.length,
      root: Buffer.from(tree.root()).toString('hex'),
      at: at.toISOString(),
      previous,
    };
  };
  const present = new Map([
    ['inc-a 1', hash('a1')],
    ['inc-a 3', hash('a3')],
    ['inc-b 2', hash('b2')],
  ]);
  const hashAt = (chain: string, seq: number) => present.get(`${chain} ${seq}`) ?? null;

  test('finds nothing when nothing was changed', () => {
    expect(compareWithCheckpoint(checkpointOf(null), log, hashAt)).toEqual([]);
  });

  test('finds a removed incident, an altered one and an altered log', () => {
    const checkpoint = checkpointOf(null);
    const without = (chain: string, seq: number) => (chain === 'inc-b' ? null : hashAt(chain, seq));
    expect(compareWithCheckpoint(checkpoint, log, without)).toEqual([
      { kind: 'chain-removed', chain: 'inc-b', seq: 2 },
    ]);
    const other = (chain: string, seq: number) => (seq === 3 ? hash('forged') : hashAt(chain, seq));
    expect(compareWithCheckpoint(checkpoint, log, other)).toMatchObject([
      { kind: 'chain-altered', chain: 'inc-a', seq: 3 },
    ]);
    expect(compareWithCheckpoint(checkpoint, log.slice(0, 2), hashAt)).toMatchObject([
      { kind: 'log-altered' },
    ]);
  });

  test('is signed as an in-toto statement over its root', () => {
    const checkpoint = checkpointOf('p'.repeat(64));
    const statement = checkpointStatement(checkpoint);
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'timeline-log', digest: { sha256: checkpoint.root } }],
      predicate: { size: 3, previous: 'p'.repeat(64) },
    });
    const payload = Buffer.from(canonicalJson(statement));
    expect(readCheckpoint(payload)).toEqual(checkpoint);
    expect(readCheckpoint(Buffer.from(payload.toString().replace('"size":3', '"size":2.5')))).toBeNull();
    expect(readCheckpoint(Buffer.from('no JSON'))).toBeNull();
  });
});
