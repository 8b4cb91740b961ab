import { describe, expect, test } from '@jest/globals';
import { parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { diffSnapshots } from '../../../src/simulation/world/snapshot.ts';
import { readWorldSpec } from '../../../src/simulation/world/spec.ts';
import { answer, untilClosed, untilLevel, untilNothingIsHeld } from '../../support/answers.ts';
import { alertJson, freshGround, startEngine } from '../../support/engine.ts';
import { enrolmentOf, worldOf, worst } from '../../support/random-account.ts';
import { REGION } from '../../support/world.ts';

describe.each([
  // The release after an attack is the longer one; one partition goes through it.
  ['aws-cn', 'cn-north-1', 'true_positive'],
  ['aws-us-gov', 'us-gov-west-1', 'false_positive'],
] as const)('an incident in partition %s', (partition, region, verdict) => {
  const moved = (text: string) =>
    text
      .replaceAll('arn:aws:', `arn:${partition}:`)
      .replaceAll(REGION, region)
      .replaceAll('"partition":"aws"', `"partition":"${partition}"`);

  test('is contained with the generated least-privilege policies, and released exactly', async () => {
    const world = readWorldSpec(JSON.parse(moved(JSON.stringify(worldOf(worst)))));
    const ground = await freshGround({ world, seed: partition });
    const enrolment = moved(enrolmentOf(worst)).replace(
      'name: random',
      `name: random\n    partition: ${partition}`,
    );
    const engine = await startEngine(ground, {
      overrides: { enrolment: parseEnrolment(enrolment, 'enrolment.yaml') },
    });
    const before = ground.world.snapshot();
    const [outcome] = await engine.cordon.engine.accept.submit({
      bytes: new TextEncoder().encode(moved(JSON.stringify(alertJson()))),
      via: 'cli',
      source: 'test',
      receivedAt: ground.clock.now(),
    });
    const id = outcome?.kind === 'refused' || outcome === undefined ? '' : outcome.incidentId;
    await untilLevel(engine, id, 'effective');
    expect((await ground.world.attacker.invoke('checkout-webhook')).kind).toBe('throttled');
    await ground.world.attacker.invoke('checkout-webhook', { event: true });
    expect(ground.world.events()).toMatchObject({
      lost: [],
      delivered: [{ destination: expect.stringContaining(partition) }],
    });
    await answer(engine, id, 'triage', { verdict });
    if (verdict === 'true_positive') await answer(engine, id, 'recovery', { decision: 'release' });
    await untilClosed(engine, id);
    await untilNothingIsHeld(engine, id);
    expect(diffSnapshots(before, ground.world.snapshot())).toEqual([]);
    // Nothing was asked of another partition, and nothing that a role of Cordon's was not allowed.
    const calls = ground.world.journal.entries({ principalArn: (arn) => arn.includes('Cordon') });
    expect(calls.length).toBeGreaterThan(50);
    expect(calls.filter((call) => call.target.startsWith('arn:aws:'))).toEqual([]);
    expect(calls.filter((call) => /AccessDenied/.test(call.outcome))).toEqual([]);
    await engine.stop();
    await ground.sql.close();
  });
});
