import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../src/json.ts';
import { target } from './fixtures.ts';
import {
  CONCURRENCY,
  EFFECTIVE,
  EVIDENCE,
  MANIFEST,
  MANIFEST_OUTPUT,
  QUARANTINE,
  QUESTION,
  ROLE,
  Run,
  VERIFY,
} from './lambda-run.ts';

describe('what stopping would lose', () => {
  const SURVEY = 'target.survey-doors';
  const DOORS = { mappings: ['m-1'], sinkless: ['live'], senders: [ROLE], provisioned: ['live'] };
  const NONE = { mappings: [], sinkless: [], senders: [], provisioned: [] };

  test('is preserved first, side by side, and then the function is stopped', () => {
    const run = new Run().failed(CONCURRENCY, 'cordon_preserve_first');
    expect(run.sources()).not.toContain(CONCURRENCY);
    run.succeeded(SURVEY, DOORS);
    expect(run.one('lambda.pause-event-source').input).toEqual({ mappings: ['m-1'] });
    expect(run.one('lambda.keep-async-events').input).toEqual({ qualifiers: ['live'] });
    run.succeeded('lambda.pause-event-source').succeeded('lambda.keep-async-events');
    expect(run.one(CONCURRENCY).input).toEqual({ losses: 'accept' });
  });

  test('is given ten seconds, and not one when the severity is critical', () => {
    const run = new Run().failed(CONCURRENCY, 'cordon_preserve_first').succeeded(SURVEY, DOORS);
    run.failed('lambda.keep-async-events', 'cordon_aws_invalid_request');
    expect(run.one('iam.grant-sink').input).toEqual({ roles: [ROLE] });
    run.succeeded('iam.grant-sink').due(2_000);
    run.failed('lambda.keep-async-events', 'cordon_aws_invalid_request').due(2_000).due(10_000);
    expect(run.one(CONCURRENCY).input).toEqual({ losses: 'accept' });
    expect(run.sources()).not.toContain('lambda.pause-event-source');

    const critical = new Run(undefined, 9).failed(CONCURRENCY, 'cordon_preserve_first');
    expect(critical.one(CONCURRENCY).input).toEqual({ losses: 'accept' });
  });

  test('holds up neither the deny nor the evidence', () => {
    const run = new Run().failed(CONCURRENCY, 'cordon_preserve_first');
    expect(run.sources()).toEqual([EVIDENCE, QUESTION, QUARANTINE, SURVEY, MANIFEST].sort());
  });

  test('provisioned concurrency is suspended, removed, and looked for again at most three times', () => {
    const run = new Run();
    for (let round = 0; round < 3; round += 1) {
      run.failed(CONCURRENCY, 'cordon_provisioned_concurrency').succeeded(SURVEY, DOORS);
      expect(run.sources()).not.toContain('lambda.remove-provisioned-concurrency');
      run.succeeded('lambda.suspend-scaling').succeeded('lambda.remove-provisioned-concurrency');
    }
    run.failed(CONCURRENCY, 'cordon_provisioned_concurrency');
    expect(run.names()).toEqual(['containment-failed']);
  });

  test('of nothing leads straight to stopping', () => {
    const run = new Run().failed(CONCURRENCY, 'cordon_preserve_first').succeeded(SURVEY, NONE);
    expect(run.one(CONCURRENCY).input).toEqual({ losses: 'accept' });
  });
});

describe('widening', () => {
  const struck = (output: Json) =>
    new Run().succeeded(CONCURRENCY).succeeded(QUARANTINE).succeeded(MANIFEST, output);

  test('denies every session of a role that only this function has, once it is stopped', () => {
    const run = struck({ ...MANIFEST_OUTPUT, exclusive: [ROLE], sinks: ['arn:aws:s3:::failed'] });
    expect(run.one(QUARANTINE).input).toEqual({
      roles: [ROLE],
      mode: 'role',
      sinks: ['arn:aws:s3:::failed'],
      logGroups: [],
    });
    run.succeeded(QUARANTINE).due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.names()).toEqual(['containment-effective']);
  });

  test('never denies the whole role while the function may still run: its sources poll with it', () => {
    const run = new Run().failed(CONCURRENCY).succeeded(QUARANTINE);
    run.succeeded(MANIFEST, { ...MANIFEST_OUTPUT, exclusive: [ROLE] });
    expect(run.sources()).not.toContain(QUARANTINE);
  });

  test('asks for a role that others may assume; silence leaves it open, and says so', () => {
    const run = struck({ ...MANIFEST_OUTPUT, outside: [ROLE] });
    expect(run.one(QUARANTINE).input).toMatchObject({ roles: [ROLE], mode: 'role' });
    run.due(10_000).succeeded(VERIFY, EFFECTIVE).failed(QUARANTINE, 'cordon_attempt_expired');
    expect(run.names()).toEqual(['containment-failed', 'containment-effective']);
  });
});

describe('the doors that stopping leaves ajar', () => {
  const DOORS = ['lambda.freeze-changes', 'lambda.close-url', 'lambda.remove-permission'];
  const struck = (output: Json) =>
    new Run().succeeded(CONCURRENCY).succeeded(QUARANTINE).succeeded(MANIFEST, output);

  test('are closed where the manifest found them, side by side, after the strike', () => {
    const found = { ...MANIFEST_OUTPUT, openUrls: ['live'], strangers: ['live/all'], freezes: true };
    const early = new Run().succeeded(MANIFEST, found);
    expect(early.sources().filter((src) => DOORS.includes(src))).toEqual([]);
    const run = struck(found);
    expect(run.one('lambda.close-url').input).toEqual({ urls: ['live'] });
    expect(run.one('lambda.remove-permission').input).toEqual({ statements: ['live/all'] });
    for (const door of DOORS) run.succeeded(door);
    run.due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.names()).toEqual(['containment-effective']);
  });

  test('cost a function that has none not a call', () => {
    expect(
      struck(MANIFEST_OUTPUT)
        .sources()
        .filter((src) => DOORS.includes(src)),
    ).toEqual([]);
  });

  test('that could not be closed are told, and contained is contained', () => {
    const run = struck({ ...MANIFEST_OUTPUT, openUrls: ['$LATEST'] }).failed('lambda.close-url');
    run.due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.names()).toEqual(['containment-failed', 'containment-effective']);
  });
});

describe('variants', () => {
  test('on Managed Instances are stopped by their scaling bounds, each published version', () => {
    const run = new Run().failed(CONCURRENCY, 'cordon_managed_instances').succeeded(QUARANTINE);
    run.succeeded(MANIFEST, { ...MANIFEST_OUTPUT, published: ['1', '2'] });
    expect(run.one('lambda.scale-instances-to-zero').input).toEqual({ qualifiers: ['1', '2'] });
    run.succeeded('lambda.scale-instances-to-zero').due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.root.vars.containment).toBe('effective');
  });

  test('that a step would mishandle are handed to a person', () => {
    const run = new Run().succeeded(MANIFEST, { ...MANIFEST_OUTPUT, forPeople: ['durable', 'edge'] });
    expect(run.notifications).toEqual([
      {
        name: 'needs-a-person',
        params: { functionArn: target('checkout').functionArn, variants: ['durable', 'edge'] },
      },
    ]);
  });
});

describe('what gets through', () => {
  const breached = (next: string, more = {}) => ({
    functionArn: target('checkout').functionArn,
    next,
    roles: [ROLE],
    mode: 'function',
    ...more,
  });

  test('is answered by a deny of every session, and again by a prepared policy', () => {
    const run = new Run().contain();
    run.signal('containment.breached', breached('role'));
    expect(run.one(QUARANTINE).input).toEqual({ roles: [ROLE], mode: 'role' });
    run.succeeded(QUARANTINE);
    run.signal('containment.breached', breached('attached', { mode: 'role' }));
    expect(run.one(QUARANTINE).input).toEqual({ roles: [ROLE], mode: 'role', way: 'attached' });
  });

  test('of a milder rung is answered by isolation: the deny, and then the stop', () => {
    const run = new Run().contain();
    run.signal('containment.breached', breached('isolate'));
    expect(run.one(QUARANTINE).input).toEqual({ roles: [ROLE], mode: 'function' });
    run.succeeded(QUARANTINE);
    expect(run.sources()).toContain(CONCURRENCY);
  });

  test('climbs for the function that it is about, and waits while it climbs', () => {
    const run = new Run([target('checkout'), target('orders')]);
    const [quarantines] = [run.sources().filter((src) => src === QUARANTINE).length];
    run.signal('containment.breached', breached('role'));
    run.signal('containment.breached', breached('attached'));
    expect(run.sources().filter((src) => src === QUARANTINE)).toHaveLength(quarantines + 1);
  });

  test('is told when it cannot be answered, and answered the next time', () => {
    const run = new Run().contain();
    run.signal('containment.breached', breached('attached'));
    run.failed(QUARANTINE, 'cordon_aws_not_found');
    expect(run.names()).toContain('containment-failed');
    run.due(60_000);
    run.signal('containment.breached', breached('role'));
    expect(run.one(QUARANTINE).input).toMatchObject({ mode: 'role' });
  });

  test('climbs no more once a release has begun', () => {
    const run = new Run().contain();
    run.signal('release.requested');
    run.signal('containment.breached', breached('role'));
    expect(run.sources()).not.toContain(QUARANTINE);
  });
});
