import { describe, expect, test } from '@jest/globals';
import { entryBody } from '../../../src/timeline/body.ts';
import { canonicalJson, digestOf } from '../../../src/timeline/canonical.ts';
import { appendEntries, CHAIN_START } from '../../../src/timeline/chain.ts';
import type { Entry } from '../../../src/timeline/entry.ts';
import { renderEntry } from '../../../src/timeline/render.ts';
import { describeVerdict, verifyChain } from '../../../src/timeline/verify.ts';

const AT = new Date('2026-01-31T12:00:00.000Z');

function chainOf(count: number): readonly Entry[] {
  const bodies = Array.from({ length: count }, (_, index) =>
    entryBody('note.added', { kind: 'responder', id: 'U1', via: 'cli' }, `note ${index + 1}`, { index }),
  );
  return appendEntries(CHAIN_START, 'inc-1', AT, bodies).entries;
}

function altered(entries: readonly Entry[], index: number, change: Partial<Entry>): readonly Entry[] {
  return entries.map((entry, at) => (at === index ? { ...entry, ...change } : entry));
}

describe('canonical JSON', () => {
  test('orders properties and drops absent ones', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 1e21], z: undefined })).toBe(
      '{"a":[true,null,1e+21],"b":1}',
    );
  });

  test.each([
    ['NaN', { a: Number.NaN }, '$.a'],
    ['infinity', [Number.POSITIVE_INFINITY], '$[0]'],
    ['undefined in a list', [undefined], '$[0]'],
    ['a BigInt', { a: 1n }, '$.a'],
    ['a lone surrogate', { a: 'x\ud800' }, '$.a'],
    ['a lone surrogate in a name', { 'x\udc00': 1 }, '$'],
    ['a Date', { a: new Date(0) }, '$.a'],
    ['a function', { a: () => 1 }, '$.a'],
    ['undefined itself', undefined, '$'],
  ])('refuses %s and names the place', (_, value, path) => {
    // What the types forbid still arrives at run time, from a library or a database.
    expect(() => canonicalJson(value as never)).toThrow(
      expect.objectContaining({
        code: 'cordon_not_canonical',
        message: expect.stringContaining(`at ${path},`),
      }),
    );
  });

  test('refuses a value nested beyond its limit instead of overflowing the stack', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(() => canonicalJson(deep as never)).toThrow(
      expect.objectContaining({ code: 'cordon_not_canonical' }),
    );
  });

  test('gives the digest that any RFC 8785 implementation gives', () => {
    // printf '{"a":"€","b":1}' | sha256sum
    expect(digestOf({ b: 1, a: '€' })).toBe(
      '2c6fbbec1f6bfa5ea5d93187c7f6960ae2fbc3f05c442ebb923b9a6777b85c76',
    );
  });
});

describe('a chain', () => {
  test('verifies untouched, and says its head', () => {
    const entries = chainOf(3);
    const verdict = verifyChain('inc-1', entries);
    expect(verdict).toEqual({
      kind: 'intact',
      entries: 3,
      purged: 0,
      head: { seq: 3, hash: entries[2]?.hash },
    });
    expect(describeVerdict('inc-1', verdict)).toContain('3 entries, intact');
  });

  test('continues from a stored head', () => {
    const first = appendEntries(CHAIN_START, 'inc-1', AT, [
      entryBody('incident.opened', { kind: 'engine' }, 'a'),
    ]);
    const second = appendEntries(first.head, 'inc-1', AT, [
      entryBody('incident.closed', { kind: 'engine' }, 'b'),
    ]);
    expect(verifyChain('inc-1', [...first.entries, ...second.entries])).toMatchObject({ kind: 'intact' });
    expect(appendEntries(second.head, 'inc-1', AT, [])).toEqual({ entries: [], head: second.head });
  });

  test('is broken by a body that is gone, unless a later entry says that it was removed', () => {
    expect(verifyChain('inc-1', altered(chainOf(3), 1, { body: null }))).toMatchObject({
      kind: 'broken',
      seq: 2,
      what: 'removed-body',
    });
  });

  const entries = chainOf(4);
  const [one, two, three, four] = entries as [Entry, Entry, Entry, Entry]; // chainOf(4) makes four
  const otherBody = entryBody('note.added', { kind: 'engine' }, 'something else');
  test.each<[string, readonly Entry[], number, string]>([
    ['a removed entry', [one, three, four], 2, 'gap'],
    ['two entries in the wrong order', [one, three, two, four], 2, 'out-of-order'],
    ['an entry twice', [one, two, two, three], 2, 'duplicate'],
    ['an altered body', altered(entries, 2, { body: otherBody }), 3, 'altered-body'],
    ['an altered hash', altered(entries, 1, { hash: 'f'.repeat(64) }), 2, 'altered-hash'],
    ['an altered body hash', altered(entries, 1, { bodyHash: 'f'.repeat(64) }), 2, 'altered-hash'],
    ['an altered time', altered(entries, 1, { at: '2026-01-31T12:00:00.001Z' }), 2, 'altered-hash'],
    ['a wrong previous hash', altered(entries, 1, { prevHash: 'f'.repeat(64) }), 2, 'wrong-previous-hash'],
    ['an entry of another chain', altered(entries, 0, { chain: 'inc-2' }), 1, 'wrong-chain'],
    ['a time that is none', altered(entries, 3, { at: 'yesterday' }), 4, 'malformed'],
  ])('names the entry for %s', (_, tampered, seq, what) => {
    expect(verifyChain('inc-1', tampered)).toMatchObject({ kind: 'broken', seq, what });
  });

  test('refuses a kind that it does not know, even when its hashes fit', () => {
    const body = { ...otherBody, kind: 'note.invented' as never };
    const { entries: forged } = appendEntries(CHAIN_START, 'inc-1', AT, [body]);
    expect(verifyChain('inc-1', forged)).toMatchObject({ kind: 'broken', seq: 1, what: 'unknown-kind' });
  });

  test('finds a removed tail when the head is known', () => {
    const head = { seq: 4, hash: four.hash };
    expect(verifyChain('inc-1', entries.slice(0, 2), head)).toMatchObject({
      kind: 'broken',
      seq: 3,
      what: 'gap',
    });
    expect(verifyChain('inc-1', entries.slice(0, 2))).toMatchObject({ kind: 'intact' }); // control
  });
});

describe('a body', () => {
  test('holds no secret that can be told by its name or shape', () => {
    const body = entryBody('note.added', { kind: 'engine' }, 'see https://s3/x?X-Amz-Signature=abc123&y=1', {
      configuration: { Environment: { Variables: { DB_PASSWORD: 'hunter2' } } },
      credentials: { AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'wJalr', SessionToken: 'FwoG' },
      text: ['token xoxb-1234567890-abcdef and -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----'],
    });
    const text = canonicalJson(body);
    for (const secret of ['abc123', 'hunter2', 'wJalr', 'FwoG', 'xoxb-', 'MIIE']) {
      expect(text).not.toContain(secret);
    }
    for (const kept of ['DB_PASSWORD', 'ASIAEXAMPLE', 'y=1']) expect(text).toContain(kept);
  });

  test('is mended where an attacker made it unhashable, so that the commit goes through', () => {
    const { entries } = appendEntries(CHAIN_START, 'inc-1', AT, [
      { kind: 'note.added', actor: { kind: 'engine' }, summary: 'x\ud800', data: { 'k\udc00': ['\ud800'] } },
    ]);
    expect(entries[0]?.body).toMatchObject({ summary: 'x\ufffd', data: { 'k\ufffd': ['\ufffd'] } });
    expect(verifyChain('inc-1', entries)).toMatchObject({ kind: 'intact' });
  });
});

describe('a rendered entry', () => {
  test('is one line that cannot drive a terminal', () => {
    const { entries } = appendEntries(CHAIN_START, 'inc-1', AT, [
      entryBody('note.added', { kind: 'responder', id: 'U1', via: 'slack' }, 'a\u001b[2J\nb\u202ec'),
    ]);
    const [entry] = entries;
    expect(entry && renderEntry(entry)).toBe(
      '2026-01-31 12:00:00.000Z  #1  note.added  U1 (slack)  a\ufffd[2J b\ufffdc',
    );
  });

  test('says of a purged body that it was removed', () => {
    const [entry] = altered(chainOf(1), 0, { body: null });
    expect(entry && renderEntry(entry)).toContain('body removed by retention');
  });
});
