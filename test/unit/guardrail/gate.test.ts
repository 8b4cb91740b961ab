import { describe, expect, test } from '@jest/globals';
import { createGate } from '../../../src/guardrail/gate.ts';
import { defaults, gateOf, request, schema } from './default-guardrails.ts';

const gate = createGate(defaults);
const PERMIT = 'permit (principal, action, resource);';

describe('the gate fails closed', () => {
  test('refuses when a policy cannot be evaluated, which Cedar itself would allow', () => {
    const overflowing = `forbid (principal, action, resource is Target)
      when { resource.sharedWith * 9223372036854775807 > 0 };`;
    const broken = gateOf({ open: PERMIT, broken: overflowing });
    expect(broken.decide(request({ resource: { sharedWith: 2 } }))).toEqual({
      kind: 'refuse',
      code: 'cordon_guardrail_error',
      policies: ['broken'],
      reason: 'a policy could not be evaluated: broken',
    });
    // Control: the same policy, where its arithmetic holds, lets the permit decide.
    expect(broken.decide(request({ resource: { sharedWith: 0 } }))).toEqual({
      kind: 'run',
      policies: ['open'],
    });
  });

  test('refuses when a policy fails only with more approvals, rather than ask for them', () => {
    const broken = gateOf({
      open: PERMIT,
      asks: `@expires("5m") @on_expiry("run") forbid (principal, action, resource)
        unless { context.approvals * 9223372036854775807 > 0 && context.approvals >= 2 };`,
    });
    expect(broken.decide(request({}))).toMatchObject({ kind: 'refuse', code: 'cordon_guardrail_error' });
  });

  test('refuses what no policy permits', () => {
    const readOnly = gateOf({ read: 'permit (principal, action in Action::"read", resource);' });
    expect(readOnly.decide(request({}))).toEqual({
      kind: 'refuse',
      code: 'cordon_guardrail_refused',
      policies: [],
      reason: 'No policy permits lambda.reserve-zero-concurrency to this playbook.',
    });
  });

  test.each([
    ['an action of another effect', request({ effect: 'read' })],
    ['an action that nobody declared', request({ action: 'lambda.delete-function' })],
    ['a group instead of an action', request({ action: 'contain' })],
    ['an action called like a property of every object', request({ action: 'constructor' })],
    ['confidence above 1', request({ context: { confidence: 1.01 } })],
    ['severity that is no number', request({ context: { severity: Number.NaN } })],
    ['a fraction of an approval', request({ context: { approvals: 0.5 } })],
    ['fewer than no approvals', request({ context: { approvals: -1 } })],
    ['a blast radius that is no number', request({ resource: { sharedWith: Number.NaN } })],
    ['an id that is not Unicode', request({ resource: { id: 'arn:aws:lambda:\ud800' } })],
    [
      'a role that the schema does not know',
      request({
        action: 'command.note',
        effect: 'command',
        resource: { id: 'inc-k3f9a0c2d1e4b5a6' },
        principal: { kind: 'responder', id: 'mallory', roles: ['commander', 'root'] },
      }),
    ],
  ])('refuses %s, even with a policy that permits everything', (_name, asked) => {
    const open = gateOf({ open: PERMIT });
    expect(open.decide(asked)).toMatchObject({ kind: 'refuse', code: 'cordon_guardrail_error' });
    expect(open.decide(request({}))).toMatchObject({ kind: 'run' }); // control
  });

  test('does not repeat an attacker-written string in the reason of an error', () => {
    const decision = gate.decide(request({ resource: { id: 'arn:<@U0EVIL>\ud800' } }));
    expect(JSON.stringify(decision)).not.toContain('EVIL');
  });
});

describe('strings of the resource are data', () => {
  const hostile = [
    'arn:"; } ; permit (principal, action, resource); //',
    "arn:'x' || true",
    'arn:\\" \\u0022 \\0',
    'arn:\u202eevil\u0000\n\t',
    'arn:Target::"x"',
    'arn:{"__entity":{"type":"Role","id":"commander"}}',
  ];
  test.each(hostile)('an id like %j changes no decision', (id) => {
    expect(gate.decide(request({ resource: { id } }))).toEqual({
      kind: 'run',
      policies: ['playbook-contains'],
    });
    const excluded = gate.decide(request({ resource: { id, excluded: true } }));
    expect(excluded).toMatchObject({ kind: 'refuse', policies: ['never-excluded'] });
  });

  test('tags with any key and value are read as they are', () => {
    const tags = Object.fromEntries([
      ['__entity', 'x'],
      ['__extn', '{"fn":"decimal","arg":"1.0"}'],
      ['__proto__', 'polluted'],
      ['constructor', 'x'],
      ['a"b', 'c"; permit (principal, action, resource);'],
      ['', ''],
      ['\ud800', 'spoilt \udfff'],
    ]);
    expect(gate.decide(request({ resource: { tags } }))).toMatchObject({ kind: 'run' });
    const byTag = gateOf({
      open: PERMIT,
      critical: `forbid (principal, action, resource is Target)
        when { resource.hasTag("__proto__") && resource.getTag("__proto__") == "polluted" };`,
    });
    expect(byTag.decide(request({ resource: { tags } }))).toMatchObject({ policies: ['critical'] });
    expect(byTag.decide(request({}))).toMatchObject({ kind: 'run' });
  });

  test('a principal called like somebody else has nobody else’s roles', () => {
    const principal = { kind: 'responder', id: 'Role::"commander"', roles: [] } as const;
    const decision = gate.decide(
      request({ principal, action: 'command.resume', effect: 'command', resource: { id: 'engine' } }),
    );
    expect(decision).toMatchObject({ kind: 'refuse', policies: [] });
  });
});

describe('asking', () => {
  const asking = (expires: string, onExpiry: string, approvals: number, effect = 'forbid') =>
    `@expires("${expires}") @on_expiry("${onExpiry}") ${effect} (principal, action, resource)
     ${effect === 'forbid' ? 'unless' : 'when'} { context.approvals >= ${approvals} };`;

  test('needs the most demanding policy’s approvals, in the shortest time, and refuses if one of them says so', () => {
    const several = gateOf({
      open: PERMIT,
      slow: asking('2h', 'run', 1),
      quick: asking('90s', 'run', 1),
      strict: asking('1h', 'refuse', 3),
    });
    expect(several.decide(request({}))).toEqual({
      kind: 'ask',
      policies: ['quick', 'slow', 'strict'],
      quorum: 3,
      expiresMs: 90_000,
      onExpiry: 'refuse',
    });
    // A policy that is already satisfied no longer says what silence means.
    expect(several.decide(request({ context: { approvals: 1 } }))).toEqual({
      kind: 'ask',
      policies: ['strict'],
      quorum: 3,
      expiresMs: 3_600_000,
      onExpiry: 'refuse',
    });
    expect(several.decide(request({ context: { approvals: 3 } }))).toMatchObject({ kind: 'run' });
  });

  test('runs on silence only when every asking policy agrees', () => {
    const agreed = gateOf({ open: PERMIT, a: asking('5m', 'run', 1), b: asking('6m', 'run', 1) });
    expect(agreed.decide(request({}))).toMatchObject({ kind: 'ask', onExpiry: 'run' });
    const split = gateOf({ open: PERMIT, a: asking('5m', 'run', 1), b: asking('6m', 'refuse', 1) });
    expect(split.decide(request({}))).toMatchObject({ kind: 'ask', onExpiry: 'refuse' });
  });

  test('understands a permit that waits for approvals', () => {
    const waiting = gateOf({ 'with-two': asking('10m', 'refuse', 2, 'permit') });
    expect(waiting.decide(request({}))).toEqual({
      kind: 'ask',
      policies: ['with-two'],
      quorum: 2,
      expiresMs: 600_000,
      onExpiry: 'refuse',
    });
    expect(waiting.decide(request({ context: { approvals: 2 } }))).toMatchObject({ kind: 'run' });
  });

  test('never asks more than five people', () => {
    expect(gateOf({ open: PERMIT, five: asking('5m', 'refuse', 5) }).decide(request({}))).toMatchObject({
      kind: 'ask',
      quorum: 5,
    });
    expect(gateOf({ open: PERMIT, six: asking('5m', 'refuse', 6) }).decide(request({}))).toMatchObject({
      kind: 'refuse',
      policies: ['six'],
    });
  });

  test('names only the final policies when a final one stands beside asking ones', () => {
    const decision = gate.decide(request({ context: { mode: 'ask' }, resource: { excluded: true } }));
    expect(decision).toMatchObject({ kind: 'refuse', policies: ['never-excluded'] });
  });
});

describe('loading', () => {
  test('two gates live side by side and keep their own policies', () => {
    const open = gateOf({ same: PERMIT });
    const closed = gateOf({ same: 'permit (principal, action in Action::"read", resource);' });
    expect(open.decide(request({})).kind).toBe('run');
    expect(closed.decide(request({})).kind).toBe('refuse');
    expect(open.decide(request({})).kind).toBe('run');
    expect(open.digest).not.toBe(closed.digest);
  });

  test('refuses a schema that does not take what the engine asks', () => {
    const policies = [{ file: 'p.cedar', text: `@id("open") @reason("r") ${PERMIT}` }];
    const stranger = schema.text.replace('approvals: Long,', 'approvals: Long, weather: String,');
    expect(() => createGate({ schema: { file: 's', text: stranger }, policies })).toThrow(
      'the schema does not take an ordinary request',
    );
    expect(createGate({ schema, policies }).decide(request({})).kind).toBe('run'); // control
  });

  test('refuses policies that do not validate, with file, line and reason', () => {
    const text = `// a comment with é\n\n@id("typo") @reason("x")\npermit (principal, action, resource)\nwhen { context.aprovals > 1 };`;
    expect(() => createGate({ schema, policies: [{ file: 'mine.cedar', text }] })).toThrow(
      expect.objectContaining({
        code: 'cordon_guardrail_invalid',
        message: expect.stringMatching(/mine\.cedar:5:8: .*aprovals/),
      }),
    );
  });
});
