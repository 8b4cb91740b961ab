import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ReadAction } from '../../../src/action/action.ts';
import { verifyContainment } from '../../../src/action/containment-verify.ts';
import { snapshotEvidence } from '../../../src/action/evidence-snapshot.ts';
import { AwsError } from '../../../src/action/failure.ts';
import { quarantinePolicy } from '../../../src/action/quarantine-policy.ts';
import { captureManifest } from '../../../src/action/target-capture-manifest.ts';
import type { JsonObject } from '../../../src/json.ts';
import { actionContext, held, memoryEvidence } from '../../support/action-context.ts';
import { accessTo, FUNCTION_ARN, failureOf, openGuard, ROLE_ARN, SCOPE } from '../../support/aws-access.ts';
import { type AwsStub, jsonError, startAwsStub, xmlError } from '../../support/aws-stub.ts';
import { OTHER_ROLE, type StubAccount, stubAccount } from '../../support/stub-account.ts';

let stub: AwsStub;
let account: StubAccount;
let evidence: ReturnType<typeof memoryEvidence>;

beforeEach(async () => {
  account = stubAccount();
  stub = await startAwsStub((request) => account.answer(request));
  account.origin = stub.url;
  evidence = memoryEvidence();
});
afterEach(() => stub.close());

async function run(action: unknown, overrides = {}): Promise<JsonObject> {
  const read = action as ReadAction; // the actions under test are declared with defineReadAction
  const context = actionContext(accessTo(stub.url, { readAttempts: 1 }), { evidence, ...overrides });
  return read.output.parse(await read.run(context, {}));
}

const writes = () => stub.requests.filter((item) => /^(PUT|DELETE|POST|Put|Delete)/.test(item.operation));
const FOLDER = '123456789012/eu-west-1/checkout';

describe('target.capture-manifest', () => {
  test('finds every distinct role of every version, and who shares them', async () => {
    expect(await run(captureManifest)).toEqual({
      roles: [OTHER_ROLE, ROLE_ARN].sort(),
      sharedWith: 1,
      codeSha256: account.codeSha256,
      unknown: [],
    });
    expect(writes()).toEqual([]);
  });

  test('stores the manifest without a secret in it', async () => {
    await run(captureManifest);
    const stored = evidence.items.get(`${FOLDER}/manifest.json`);
    expect(stored?.text).not.toContain('hush-hush');
    expect(JSON.parse(stored?.text ?? '')).toMatchObject({ reservedConcurrency: null, unknown: [] });
  });

  test('records an unreadable part with its code, and goes on', async () => {
    account.instead.set('GET /2015-03-31/functions', jsonError('AccessDeniedException', 403));
    account.instead.set('GetRole', xmlError('AccessDenied', 403));
    account.instead.set(`GET /2015-03-31/functions/${FUNCTION_ARN}`, jsonError('AccessDeniedException', 403));
    const result = await run(captureManifest);
    expect(result).toMatchObject({ sharedWith: -1, codeSha256: null, roles: [OTHER_ROLE, ROLE_ARN].sort() });
    expect(result.unknown).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ part: 'functions on the same role', code: 'cordon_aws_access_denied' }),
        expect.objectContaining({ part: 'role checkout-role', code: 'cordon_aws_access_denied' }),
        expect.objectContaining({ part: 'function', code: 'cordon_aws_access_denied' }),
      ]),
    );
  });

  test('is not held up by an evidence store that refuses', async () => {
    const refusing = {
      ...evidence,
      put: async () => {
        throw new AwsError('cordon_aws_access_denied', 'evidence', 'full', { classification: 'terminal' });
      },
    };
    expect(await run(captureManifest, { evidence: refusing })).toMatchObject({
      sharedWith: 1,
      unknown: [expect.objectContaining({ part: 'manifest.json in the evidence' })],
    });
  });

  test('stops when the lease is lost, unlike for any other failure', async () => {
    const lost = new AwsError('cordon_lease_lost', 'x', 'lost', { classification: 'retryable' });
    const guard = openGuard({
      beforeSend: () => {
        throw lost;
      },
    });
    const open = accessTo(stub.url);
    expect(await failureOf(run(captureManifest, { aws: () => open(SCOPE, guard) }))).toBe(lost);
  });
});

describe('containment.verify', () => {
  const NAME = 'CordonQuarantine-eu-west-1-checkout';
  const document = quarantinePolicy({ kind: 'function', functionArn: FUNCTION_ARN }, []);
  const quarantine = (ageMs: number) =>
    held(
      `role-quarantine:function:${ROLE_ARN}`,
      'iam.quarantine-role',
      { roleArn: ROLE_ARN, policyName: NAME, document, functionArn: FUNCTION_ARN },
      ageMs,
    );
  const concurrency = (ageMs: number) =>
    held(`lambda-concurrency:${FUNCTION_ARN}`, 'lambda.reserve-zero-concurrency', { reserved: 0 }, ageMs);
  const both = (ageMs: number) => ({ held: [quarantine(ageMs), concurrency(ageMs)] });

  beforeEach(() => {
    account.reserved = 0;
    account.inline.set(NAME, JSON.stringify(document));
  });

  test('says read back until the propagation budget of the youngest write is over, then effective', async () => {
    expect(await run(verifyContainment, both(9_999))).toMatchObject({ level: 'read_back', effectiveInMs: 1 });
    expect(await run(verifyContainment, { held: [quarantine(60_000), concurrency(0)] })).toMatchObject({
      level: 'read_back',
      effectiveInMs: 10_000,
    });
    expect(await run(verifyContainment, both(10_000))).toMatchObject({
      level: 'effective',
      effectiveInMs: 0,
    });
    expect(writes().map((item) => item.operation)).toEqual([]);
  });

  test('never says effective of a write that was not accepted, or in the future', async () => {
    const { acceptedAt: _, ...unaccepted } = quarantine(60_000);
    expect(await run(verifyContainment, { held: [unaccepted] })).toMatchObject({ level: 'read_back' });
    expect(await run(verifyContainment, { held: [quarantine(-3_600_000)] })).toMatchObject({
      level: 'read_back',
      effectiveInMs: 10_000,
    });
  });

  test.each<[string, () => void, string]>([
    ['a deny that was stripped', () => account.inline.delete(NAME), 'is gone'],
    ['a deny that was changed', () => account.inline.set(NAME, '{}'), 'another content'],
    ['concurrency that was given back', () => (account.reserved = null), 'is unset, expected 0'],
    ['concurrency that was raised', () => (account.reserved = 9), 'is 9, expected 0'],
    [
      'a read-back that is refused',
      () => account.instead.set('GetRolePolicy', xmlError('AccessDenied', 403)),
      'could not be read back (cordon_aws_access_denied)',
    ],
  ])('says no more than accepted of %s', async (_, change, detail) => {
    change();
    expect(await run(verifyContainment, both(60_000))).toMatchObject({
      level: 'accepted',
      detail: expect.stringContaining(detail),
    });
  });

  test('says no more than read back while the simulator still allows', async () => {
    account.simulated = 'allowed';
    expect(await run(verifyContainment, both(60_000))).toMatchObject({
      level: 'read_back',
      detail: expect.stringContaining('still allows checkout-role s3:GetObject'),
    });
  });

  test('says what it rests on when the simulator cannot be asked', async () => {
    account.simulated = 'refused';
    expect(await run(verifyContainment, both(60_000))).toMatchObject({
      level: 'effective',
      detail: expect.stringContaining('the IAM simulator gave no answer'),
    });
  });

  test('claims nothing of what it does not know, or when nothing is held', async () => {
    const foreign = held('x:y', 'some.other-action', {}, 60_000);
    expect(await run(verifyContainment, { held: [concurrency(60_000), foreign] })).toMatchObject({
      level: 'accepted',
    });
    expect(await run(verifyContainment)).toMatchObject({ level: 'none' });
  });
});

describe('evidence.snapshot', () => {
  test('collects configurations, code, settings, roles and logs, and seals them', async () => {
    const result = await run(snapshotEvidence);
    expect([...evidence.items.keys()].map((name) => name.slice(FOLDER.length + 1))).toEqual(
      [
        'function.json',
        'configuration/LATEST.json',
        'environment/LATEST.json',
        'configuration/1.json',
        'environment/1.json',
        'code/LATEST.zip',
        'aliases.json',
        'policy.json',
        'event-source-mappings.json',
        'event-invoke-configs.json',
        'function-urls.json',
        'provisioned-concurrency.json',
        'policy/live.json',
        `roles/${encodeURIComponent(ROLE_ARN)}.json`,
        `roles/${encodeURIComponent(OTHER_ROLE)}.json`,
        'logs/%2Faws%2Flambda%2Fcheckout.ndjson',
      ].sort((left, right) =>
        left.startsWith('roles') && right.startsWith('roles') ? (left < right ? -1 : 1) : 0,
      ),
    );
    expect(result).toEqual({ items: 16, missing: 0, manifestSha256: 'f'.repeat(64) });
    expect(writes()).toEqual([]);
  });

  test('keeps environment values in secret items only', async () => {
    await run(snapshotEvidence);
    const leaking = [...evidence.items.values()].filter(({ text }) => text.includes('hush-hush'));
    expect(leaking.length).toBeGreaterThan(0);
    expect(leaking.every(({ item }) => item.secret && item.artifact === 'function-environment')).toBe(true);
  });

  test('gives the store the digest that the code must have', async () => {
    await run(snapshotEvidence);
    expect(evidence.items.get(`${FOLDER}/code/LATEST.zip`)).toMatchObject({ matches: true });
    account.codeSha256 = 'c29tZXRoaW5nIGVsc2U=';
    await run(snapshotEvidence);
    expect(evidence.items.get(`${FOLDER}/code/LATEST.zip`)).toMatchObject({ matches: false });
  });

  test('states each gap with its reason, and seals what there is', async () => {
    account.instead.set('GET /code.zip', { kind: 'answer', status: 403, body: '' });
    account.instead.set('GetPolicyVersion', xmlError('AccessDenied', 403));
    account.logPages = undefined;
    const result = await run(snapshotEvidence);
    expect(evidence.gaps).toEqual([
      expect.objectContaining({
        name: `${FOLDER}/code/LATEST.zip`,
        reason: expect.stringContaining('ten minutes'),
      }),
      expect.objectContaining({ name: expect.stringContaining('attached policy') }),
      expect.objectContaining({ name: expect.stringContaining('attached policy') }),
      expect.objectContaining({
        name: expect.stringContaining('/logs/'),
        reason: expect.stringContaining('no such group'),
      }),
    ]);
    expect(result).toMatchObject({ missing: 4 });
  });

  test('keeps the log pages that came before a failure, and states the rest as a gap', async () => {
    account.logPages = [['one'], [], null];
    await run(snapshotEvidence);
    expect(evidence.items.get(`${FOLDER}/logs/%2Faws%2Flambda%2Fcheckout.ndjson`)?.text).toBe(
      '{"stream":"stream","timestampMs":0,"message":"one"}\n',
    );
    expect(evidence.gaps).toEqual([
      expect.objectContaining({ reason: expect.stringContaining('broke off after 1 events') }),
    ]);
  });

  test('asks for the logs of the window before the alert', async () => {
    await run(snapshotEvidence);
    expect(stub.requests.find((item) => item.operation === 'FilterLogEvents')?.fields).toMatchObject({
      startTime: Date.parse('2026-11-19T10:00:00.000Z'),
      endTime: Date.parse('2026-11-20T12:00:00.000Z'),
    });
  });

  test('keeps a log group with a hostile name inside its folder', async () => {
    account.logGroup = '/../../../escape';
    await run(snapshotEvidence);
    expect([...evidence.items.keys()].every((name) => !name.split('/').includes('..'))).toBe(true);
  });
});
