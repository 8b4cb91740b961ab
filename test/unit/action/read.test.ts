import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ReadAction } from '../../../src/action/action.ts';
import { createCodeLinks } from '../../../src/action/code-links.ts';
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
const LOGS = 'logs/%2Faws%2Flambda%2Fcheckout';
const CODE = 'code/LATEST-a159de5b4a84.zip';

describe('target.capture-manifest', () => {
  test('finds every distinct role of every version, and who shares them', async () => {
    expect(await run(captureManifest)).toEqual({
      roles: [OTHER_ROLE, ROLE_ARN].sort(),
      sharedWith: 1,
      siblings: [FUNCTION_ARN.replace(/[^:]+$/, 'sibling')],
      codeSha256: account.codeSha256,
      timeoutSeconds: 3,
      parts: expect.objectContaining({ 'reserved concurrency': 'unset', code: account.codeSha256 }),
      // The stub's trust policies say nothing, so nobody is known to use these roles, or not to.
      exclusive: [],
      outside: [],
      sinks: ['arn:aws:s3:::failed'],
      logGroups: [],
      published: [],
      forPeople: [],
      openUrls: [],
      strangers: [],
      codes: [account.codeSha256],
      freezes: false,
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
  const document = quarantinePolicy(
    { kind: 'function', functionArn: FUNCTION_ARN },
    { logGroups: [], sinks: [] },
  );
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

  test('takes a cap under an isolation for held, and the cap alone for what it is', async () => {
    const cap = (ageMs: number) =>
      held(`lambda-concurrency:${FUNCTION_ARN}`, 'lambda.cap-concurrency', { reserved: 5 }, ageMs);
    for (const order of [
      [cap(60_000), concurrency(60_000)],
      [concurrency(60_000), cap(60_000)],
    ]) {
      expect(await run(verifyContainment, { held: order })).toMatchObject({ level: 'effective' });
    }
    expect(await run(verifyContainment, { held: [cap(60_000)] })).toMatchObject({
      level: 'accepted',
      detail: expect.stringContaining('is 0, expected 5'),
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
  const names = () => [...evidence.items.keys()].map((name) => name.slice(FOLDER.length + 1));

  test('collects what disappears first before what lasts, and seals it', async () => {
    const result = await run(snapshotEvidence);
    const roles = [OTHER_ROLE, ROLE_ARN].sort().map((role) => `roles/${encodeURIComponent(role)}.json`);
    expect(names()).toEqual([
      'alerts/aaaaaaaaaaaa.json',
      'function.json',
      'versions.json',
      'configuration/LATEST.json',
      'environment/LATEST.json',
      'configuration/1.json',
      'environment/1.json',
      CODE,
      'aliases.json',
      'event-source-mappings.json',
      'event-invoke-configs.json',
      'function-urls.json',
      'provisioned-concurrency.json',
      'recursion.json',
      'runtime-management.json',
      'code-signing.json',
      'scaling-targets.ndjson',
      'scaling-policies.ndjson',
      'policy.json',
      'policy/live.json',
      'policy/1.json',
      ...roles,
      'metrics.ndjson',
      ...[
        'from-the-alert',
        'from-2026-11-20T0400',
        'from-2026-11-19T2200',
        'from-2026-11-19T1600',
        'from-2026-11-19T1000',
      ].map((piece) => `${LOGS}/${piece}.ndjson`),
      ...names().filter((name) => name.startsWith('cloudtrail/')),
      'secrets.ndjson',
      'config-history.ndjson',
      'coverage.json',
    ]);
    expect(result).toEqual({
      items: names().length,
      missing: 0,
      mismatches: 0,
      manifestSha256: 'f'.repeat(64),
    });
    expect(writes()).toEqual([]);
  });

  test('looks CloudTrail up by versioned names, and keeps only what is about the function', async () => {
    await run(snapshotEvidence);
    const asked = stub.requests
      .filter((item) => item.operation === 'LookupEvents')
      .map((item) => JSON.stringify(item.fields.LookupAttributes));
    expect(asked).toContain('[{"AttributeKey":"EventName","AttributeValue":"UpdateFunctionCode20150331v2"}]');
    expect(asked).toContain('[{"AttributeKey":"Username","AttributeValue":"checkout"}]');
    const found = evidence.items.get(`${FOLDER}/cloudtrail/EventName-UpdateFunctionCode20150331v2.ndjson`);
    expect(found?.text).toContain('checkout');
    expect(found?.text).not.toContain('another');
  });

  test('goes on after what an earlier try has stored', async () => {
    await run(snapshotEvidence);
    const first = names().length;
    const before = stub.requests.length;
    await run(snapshotEvidence);
    expect(names().length).toBe(first);
    const again = new Set(stub.requests.slice(before).map((item) => item.operation));
    for (const large of ['GET /code.zip', 'FilterLogEvents', 'LookupEvents', 'GetMetricData', 'GetRole']) {
      expect(again.has(large)).toBe(false);
    }
  });

  test('tries again, after everything else, what may work later', async () => {
    let refused = 0;
    const answer = account.answer;
    account.answer = (request) =>
      request.operation === 'ListSecrets' && refused++ === 0
        ? jsonError('ThrottlingException', 400)
        : answer(request);
    expect(await run(snapshotEvidence)).toMatchObject({ missing: 0 });
    expect(names().slice(-2)).toEqual(['secrets.ndjson', 'coverage.json']);
  });

  test('says how often it tried what stays out of reach', async () => {
    account.instead.set('ListSecrets', jsonError('ThrottlingException', 400));
    account.instead.set('GetMetricData', jsonError('AccessDeniedException', 400));
    await run(snapshotEvidence);
    expect(evidence.gaps).toEqual([
      expect.objectContaining({
        name: `${FOLDER}/metrics.ndjson`,
        code: 'cordon_aws_access_denied',
        tries: 1,
      }),
      expect.objectContaining({ name: `${FOLDER}/secrets.ndjson`, code: 'cordon_aws_throttled', tries: 2 }),
    ]);
  });

  test('fetches the code behind the link of the first round, whatever was deployed since', async () => {
    const overrides = { codeLinks: createCodeLinks(actionContext(accessTo(stub.url)).clock) };
    await run(captureManifest, overrides);
    account.codeSha256 = createHash('sha256').update('PK code of the attacker').digest('base64');
    const attackers = Buffer.from('PK code of the attacker');
    account.instead.set('GET /new.zip', { kind: 'answer', status: 200, body: attackers });
    account.codePath = '/new.zip';
    await run(snapshotEvidence, overrides);
    expect(evidence.items.get(`${FOLDER}/${CODE}`)).toMatchObject({
      matches: true,
      text: 'PK code of checkout',
    });
    expect(names().filter((name) => name.startsWith('code/')).length).toBe(2);
    // Before anything else is asked: right after the manifest.
    expect(names().slice(0, 2)).toEqual(['manifest.json', CODE]);
  });

  test('keeps environment values in secret items only', async () => {
    await run(snapshotEvidence);
    const leaking = [...evidence.items.values()].filter(({ text }) => text.includes('hush-hush'));
    expect(leaking.length).toBeGreaterThan(0);
    expect(leaking.every(({ item }) => item.secret && item.artifact === 'function-environment')).toBe(true);
  });

  test('calls code that is not what Lambda says a mismatch, and keeps it', async () => {
    account.codeSha256 = 'c29tZXRoaW5nIGVsc2U=';
    expect(await run(snapshotEvidence)).toMatchObject({ mismatches: 1, missing: 0 });
    expect(evidence.items.get(`${FOLDER}/code/LATEST-736f6d657468.zip`)).toMatchObject({ matches: false });
  });

  test('states each gap with its reason, and seals what there is', async () => {
    account.instead.set('GET /code.zip', { kind: 'answer', status: 403, body: '' });
    account.instead.set('GetPolicyVersion', xmlError('AccessDenied', 403));
    account.logPages = undefined;
    const result = await run(snapshotEvidence);
    expect(evidence.gaps).toEqual([
      expect.objectContaining({ name: `${FOLDER}/${CODE}`, reason: expect.stringContaining('ten minutes') }),
      expect.objectContaining({ name: expect.stringContaining('attached policy') }),
      expect.objectContaining({ name: expect.stringContaining('attached policy') }),
      expect.objectContaining({
        name: `${FOLDER}/${LOGS}/from-the-alert.ndjson`,
        reason: expect.stringContaining('no such group'),
      }),
      expect.objectContaining({ name: `${FOLDER}/${LOGS}/earlier` }),
    ]);
    expect(result).toMatchObject({ missing: 5 });
  });

  test('keeps the log pages that came before a log group was deleted, and states the rest as a gap', async () => {
    account.logPages = [['one'], [], null];
    await run(snapshotEvidence);
    expect(evidence.items.get(`${FOLDER}/${LOGS}/from-the-alert.ndjson`)?.text).toBe(
      '{"stream":"stream","timestampMs":0,"message":"one"}\n',
    );
    expect(await evidence.stored()).not.toContain(`${FOLDER}/${LOGS}/from-the-alert.ndjson`);
    expect(evidence.gaps).toContainEqual(
      expect.objectContaining({
        name: `${FOLDER}/${LOGS}/from-the-alert.ndjson#rest`,
        reason: expect.stringContaining('broke off after 1 rows'),
      }),
    );
  });

  test('asks for the logs of the window before the alert', async () => {
    await run(snapshotEvidence);
    const asked = stub.requests
      .filter((item) => item.operation === 'FilterLogEvents')
      .map((item) => item.fields);
    const from = asked.map((fields) => Number(fields.startTime)).sort();
    expect(from[0]).toBe(Date.parse('2026-11-19T10:00:00.000Z'));
    expect(asked[0]).toMatchObject({
      startTime: Date.parse('2026-11-20T10:00:00.000Z'),
      endTime: Date.parse('2026-11-20T12:00:00.000Z'),
    });
    // Both ends belong to a piece, so each begins a millisecond after the one before it ends.
    const ends = asked.map((fields) => Number(fields.endTime) + 1);
    expect(from.slice(1).every((start) => ends.includes(start))).toBe(true);
  });

  test('keeps a log group with a hostile name inside its folder', async () => {
    account.logGroup = '/../../../escape';
    await run(snapshotEvidence);
    expect([...evidence.items.keys()].every((name) => !name.split('/').includes('..'))).toBe(true);
  });
});
