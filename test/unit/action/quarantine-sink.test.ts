import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openDesk } from '../../../src/action/evidence/desk.ts';
import { collectQuarantine } from '../../../src/action/evidence/quarantine.ts';
import { systemClock } from '../../../src/clock.ts';
import { nodeDisk } from '../../../src/evidence/disk.ts';
import { loadEvidenceKeys } from '../../../src/evidence/keys.ts';
import { createLocalEvidence } from '../../../src/evidence/local.ts';
import { quarantineFolder } from '../../../src/evidence/quarantine-folder.ts';
import { verifyCase } from '../../../src/evidence/verify.ts';
import type { JsonObject } from '../../../src/json.ts';
import { actionWorld, TARGET } from '../../support/action-world.ts';
import { ACCOUNT, FUNCTION_ARN, REGION } from '../../support/world.ts';

const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:cordon-quarantine`;
const BUCKET = `cordon-quarantine-${ACCOUNT}-${REGION}`;
const event = (functionArn: string, order: number) => ({
  version: '1.0',
  requestContext: { functionArn: `${functionArn}:$LATEST`, condition: 'ZeroReservedConcurrency' },
  requestPayload: { order, note: '<script>alert(1)</script>' },
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cordon-sink-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const role = {
  name: 'checkout-webhook-role',
  policies: {
    work: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['sqs:SendMessage', 's3:PutObject', 's3:ListBucket'], Resource: '*' },
      ],
    },
  },
};

/** A stopped function whose callers go on calling: each event lands in the sink. */
async function attacked(sink: string, events: number, more: JsonObject = {}) {
  const target = { ...TARGET, means: { profile: 'dynamic' as const, sink, codeSigningConfig: null } };
  const functions = ['checkout-webhook', 'sibling'].map((name) => ({
    name,
    role: role.name,
    reservedConcurrency: 0,
    eventInvoke: [{ onFailure: sink }],
    permissions: [{ sid: 'edge', principal: { Service: 'apigateway.amazonaws.com' } }],
  }));
  const here = actionWorld(
    {
      roles: [role],
      functions,
      queues: [{ name: 'cordon-quarantine' }],
      buckets: [{ name: BUCKET }],
      ...more,
    },
    target,
  );
  for (let order = 0; order < events; order += 1) {
    for (const name of ['checkout-webhook', 'sibling']) {
      const payload = event(FUNCTION_ARN, order).requestPayload;
      expect(await here.world.attacker.invoke(name, { event: true, payload })).toEqual({ kind: 'accepted' });
    }
  }
  const keys = await loadEvidenceKeys(join(root, 'keys'));
  const evidence = createLocalEvidence({
    folder: join(root, 'evidence'),
    keys,
    clock: systemClock,
    collector: { name: 'cordon', version: '0' },
    quarantine: quarantineFolder(nodeDisk, join(root, 'quarantine')),
  }).openCase('inc-1', { account: ACCOUNT, region: REGION, caller: null, attempt: 'att-1' });
  const collect = async (limit = 1_000_000) => {
    const settings = { propagationBudgetMs: 0, logWindowMs: 0, quarantineAlarmBytes: limit };
    const desk = await openDesk(here.context({ evidence, settings }), '/sweep-20m');
    const count = await collectQuarantine(desk);
    await evidence.seal();
    return { count, missing: desk.missing() };
  };
  const verify = () => verifyCase(join(root, 'evidence'), 'inc-1');
  return { ...here, collect, verify };
}

describe.each([
  ['queue', QUEUE],
  ['bucket', `arn:aws:s3:::${BUCKET}`],
])('what arrived in a %s after suspicion', (_, sink) => {
  test('is counted and kept apart from evidence, without a lock, and marked as the attacker’s', async () => {
    const { collect, verify } = await attacked(sink, 12);
    expect(await collect()).toEqual({
      count: { events: 12, bytes: expect.any(Number), alarm: false }, // those of the sibling are not this incident's
      missing: 0,
    });
    const report = await verify();
    expect(report).toMatchObject({
      verified: true,
      items: 0,
      quarantined: [{ events: 12, name: expect.stringContaining('/sweep-20m/quarantine.ndjson') }],
    });
    const path = join(root, report.quarantined[0]?.place ?? '');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(12);
    expect(JSON.parse(lines[0] ?? '').body).toContain('<script>');
    // Nothing locks it: it may go at any time, and evidence is whole without it.
    await rm(path);
    expect(await verify()).toMatchObject({ verified: true });
  });

  test('is left in the sink for release, and counted again by the next sweep', async () => {
    const { collect, clock } = await attacked(sink, 3);
    expect((await collect()).count?.events).toBe(3);
    await clock.sleep(121_000);
    expect((await collect()).count?.events).toBe(3);
  });

  test('beyond a size is an alarm and a stated gap', async () => {
    const { collect, verify } = await attacked(sink, 12);
    const { count, missing } = await collect(1_000);
    expect(count).toMatchObject({ alarm: true });
    expect(count?.events).toBeGreaterThan(0);
    expect(count?.bytes).toBeLessThanOrEqual(1_000);
    expect(missing).toBe(1);
    expect((await verify()).contents).toContainEqual(
      expect.objectContaining({ kind: 'missing', reason: expect.stringContaining('more than 1000 bytes') }),
    );
  });
});

test('an account without a sink has nothing to count', async () => {
  const { context } = actionWorld({
    roles: [role],
    functions: [{ name: 'checkout-webhook', role: role.name }],
  });
  expect(await collectQuarantine(await openDesk(context()))).toBeNull();
});
