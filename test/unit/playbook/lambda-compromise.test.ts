import { describe, expect, test } from '@jest/globals';
import { target } from './fixtures.ts';
import {
  CONCURRENCY,
  DRAFTED,
  EFFECTIVE,
  EVIDENCE,
  HAND_OVER,
  MANIFEST,
  MANIFEST_OUTPUT,
  NO_FURTHER_ROLES,
  OTHER_ROLE,
  POSTMORTEM,
  QUARANTINE,
  QUESTION,
  RELEASE,
  RELEASED,
  ROLE,
  Run,
  SEALED,
  VERIFY,
} from './lambda-run.ts';

describe('the first step', () => {
  test('starts all arms of containment, the evidence and the triage question together', () => {
    const run = new Run();
    expect(run.sources()).toEqual([EVIDENCE, QUESTION, QUARANTINE, CONCURRENCY, MANIFEST].sort());
    expect(run.one(QUARANTINE).input).toEqual({ roles: [ROLE], mode: 'function' });
    expect(run.one(QUESTION).input).toEqual({ form: 'triage', to: 'responder' });
  });

  test('starts them for every target', () => {
    const run = new Run([target('checkout'), target('orders'), target('refunds')]);
    expect(run.sources().filter((src) => src === CONCURRENCY)).toHaveLength(3);
    expect(run.sources().filter((src) => src === QUESTION)).toHaveLength(1);
  });

  test('stops the function at once even when no role is known; the deny follows the manifest', () => {
    const run = new Run([target('checkout', [])]);
    expect(run.sources()).not.toContain(QUARANTINE);
    expect(run.sources()).toContain(CONCURRENCY);
    run.succeeded(MANIFEST, MANIFEST_OUTPUT);
    expect(run.one(QUARANTINE).input).toEqual({ roles: [ROLE], mode: 'function' });
  });
});

describe('a true positive', () => {
  test('is contained, released with its evidence sealed, written up and closed', () => {
    const run = new Run().contain().answer('triage', { verdict: 'true_positive', severity: 1 });
    run.succeeded(EVIDENCE, SEALED).answer('recovery', { decision: 'release' });
    run.succeeded(RELEASE, RELEASED).succeeded(POSTMORTEM, DRAFTED);
    expect(run.root).toMatchObject({
      status: 'done',
      output: {
        verdict: 'true_positive',
        severity: 1,
        containment: 'effective',
        evidence: 'sealed',
        decision: 'release',
      },
    });
    expect(run.names()).toEqual(['containment-effective']);
    expect(run.holds.size).toBe(0);
    expect(run.work()).toEqual([]);
    expect(run.timers()).toEqual([]);
  });

  test('is released only when its evidence is there, however quick the people are', () => {
    const run = new Run()
      .answer('triage', { verdict: 'true_positive' })
      .answer('recovery', { decision: 'release' });
    run.contain();
    expect(run.sources()).toEqual([EVIDENCE]);
    run.succeeded(EVIDENCE, SEALED);
    expect(run.sources()).toEqual([RELEASE]);
  });

  test('is released without evidence when a person insists', () => {
    const run = new Run()
      .answer('triage', { verdict: 'true_positive' })
      .answer('recovery', { decision: 'release' });
    run.contain().signal('release.requested');
    expect(run.sources()).toEqual([RELEASE, EVIDENCE].sort());
  });

  test('is kept and handed over to a named owner', () => {
    const run = new Run().contain().succeeded(EVIDENCE, SEALED);
    run.answer('triage', { verdict: 'true_positive' }).answer('recovery', { decision: 'keep' });
    expect(run.holds.size).toBe(2);
    run.succeeded(HAND_OVER, { owner: 'U7' }).succeeded(POSTMORTEM, DRAFTED);
    expect(run.root.output).toMatchObject({ decision: 'keep' });
    expect(run.holds.size).toBe(0);
  });

  test('is handed over again and again until somebody takes it', () => {
    const run = new Run().contain().succeeded(EVIDENCE, SEALED);
    run.answer('triage', { verdict: 'true_positive' }).answer('recovery', { decision: 'keep' });
    run.due(86_400_000).due(3_600_000);
    expect(run.sources()).toEqual([HAND_OVER]);
    expect(run.notifications.at(-1)).toMatchObject({ params: { reason: 'owner-missing' } });
  });
});

describe.each(['false_positive', 'benign'])('%s', (verdict) => {
  test('releases at once, withdraws the rest of containment and lets the evidence finish', () => {
    const run = new Run().succeeded(CONCURRENCY).answer('triage', { verdict });
    expect(run.sources()).toEqual([RELEASE, EVIDENCE].sort());
    run.succeeded(RELEASE, RELEASED);
    expect(run.done).toBe(false);
    expect(run.sources()).toEqual([EVIDENCE]);
    run.succeeded(EVIDENCE, SEALED).succeeded(POSTMORTEM, DRAFTED);
    expect(run.root.output).toMatchObject({ verdict, containment: 'withdrawn', evidence: 'sealed' });
  });

  test('stops the charts of its targets: nothing late can reach them', () => {
    const run = new Run();
    const late = run.one(CONCURRENCY);
    run.answer('triage', { verdict });
    expect(run.charts.get(late.chart)?.live).toBe(false);
    expect(run.root.openInvocations.map((open) => open.id)).not.toContain(
      'responding.response.acting.containment.containing',
    );
  });
});

describe('the arms of containment', () => {
  test('the failure of one does not stop the other, and people hear of it when it happens', () => {
    const run = new Run().failed(CONCURRENCY, 'cordon_aws_access_denied');
    expect(run.notifications).toEqual([
      {
        name: 'containment-failed',
        params: {
          functionArn: target('checkout').functionArn,
          step: CONCURRENCY,
          code: 'cordon_aws_access_denied',
        },
      },
    ]);
    expect(run.sources()).toContain(QUARANTINE);
    run.succeeded(QUARANTINE).succeeded(MANIFEST, MANIFEST_OUTPUT).due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.root.vars.containment).toBe('partial');
    expect(run.names()).not.toContain('containment-effective');
  });

  test('when both fail the target is reported as not contained', () => {
    const run = new Run().failed(CONCURRENCY).failed(QUARANTINE).succeeded(MANIFEST, MANIFEST_OUTPUT);
    expect(run.root.vars.containment).toBe('none');
    expect(run.names()).toEqual(['containment-failed', 'containment-failed']);
    expect(run.sources()).toEqual([EVIDENCE, QUESTION].sort());
  });

  test('an expired or denied approval is a failure that people hear of', () => {
    const run = new Run()
      .failed(CONCURRENCY, 'cordon_attempt_expired')
      .failed(QUARANTINE, 'cordon_attempt_denied');
    expect(run.notifications.map((item) => item.params.code)).toEqual([
      'cordon_attempt_expired',
      'cordon_attempt_denied',
    ]);
  });

  test('a role that only the manifest knows is denied too', () => {
    const run = new Run()
      .succeeded(QUARANTINE)
      .succeeded(MANIFEST, { ...MANIFEST_OUTPUT, roles: [ROLE, OTHER_ROLE] });
    expect(run.one(QUARANTINE).input).toEqual({ roles: [OTHER_ROLE], mode: 'function' });
    run.succeeded(QUARANTINE).succeeded(CONCURRENCY).due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.root.vars.containment).toBe('effective');
  });

  test('failing to deny that role leaves the target partly contained', () => {
    const run = new Run()
      .succeeded(QUARANTINE)
      .succeeded(MANIFEST, { ...MANIFEST_OUTPUT, roles: [OTHER_ROLE] });
    run.failed(QUARANTINE).succeeded(CONCURRENCY).due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.root.vars.containment).toBe('partial');
    expect(run.names()).toEqual(['containment-failed']);
  });

  test('being refused that role after the first was denied is a failure, not an observation', () => {
    const run = new Run()
      .succeeded(QUARANTINE)
      .succeeded(MANIFEST, { ...MANIFEST_OUTPUT, roles: [OTHER_ROLE] });
    run
      .failed(QUARANTINE, 'cordon_attempt_refused')
      .succeeded(CONCURRENCY)
      .due(10_000)
      .succeeded(VERIFY, EFFECTIVE);
    expect(run.root.vars.containment).toBe('partial');
  });

  test('a role that cannot be known is a failure of the identity arm', () => {
    const run = new Run([target('checkout', [])]).failed(MANIFEST).succeeded(CONCURRENCY);
    expect(run.names()).toEqual(['containment-failed', 'containment-failed']);
    run.due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.root.vars.containment).toBe('partial');
  });

  test('a manifest that hangs is given up after a minute', () => {
    const run = new Run().succeeded(CONCURRENCY).succeeded(QUARANTINE).due(60_000);
    expect(run.timers().map((timer) => timer.delayMs)).toContain(10_000);
    expect(run.sources()).not.toContain(MANIFEST);
  });

  test('one slow target holds no other up', () => {
    const run = new Run([target('checkout'), target('orders')]).contain();
    expect(run.names()).toEqual(['containment-effective']);
    expect(run.sources()).toContain(CONCURRENCY);
    run.contain();
    expect(run.root.vars.containment).toBe('effective');
  });

  test('one target contained and one not is partial', () => {
    const run = new Run([target('checkout'), target('orders')]).contain();
    run.failed(CONCURRENCY).failed(QUARANTINE).succeeded(MANIFEST, NO_FURTHER_ROLES);
    expect(run.root.vars.containment).toBe('partial');
  });
});

describe('proving', () => {
  test('waits for the change to spread and verifies again until it is effective', () => {
    const run = new Run().strike();
    expect(run.sources()).not.toContain(VERIFY);
    for (let round = 0; round < 3; round += 1) {
      run.due(10_000).succeeded(VERIFY, { level: 'read_back', detail: 'not spread yet' });
    }
    run.due(10_000).failed(VERIFY, 'cordon_aws_throttled').due(10_000).succeeded(VERIFY, EFFECTIVE);
    expect(run.root.vars.containment).toBe('effective');
  });

  test('is given up after five minutes and people are told the level that was reached', () => {
    const run = new Run()
      .strike()
      .due(10_000)
      .succeeded(VERIFY, { level: 'read_back', detail: '' })
      .due(300_000);
    expect(run.notifications.at(-1)).toMatchObject({
      name: 'containment-unproven',
      params: { level: 'read_back' },
    });
    expect(run.root.vars.containment).toBe('partial');
    expect(run.timers().map((timer) => timer.delayMs)).not.toContain(10_000);
  });
});

describe('observe mode', () => {
  const refused = 'cordon_attempt_refused';

  test('goes on to people and says that nothing was contained', () => {
    const run = new Run()
      .failed(CONCURRENCY, refused)
      .failed(QUARANTINE, refused)
      .succeeded(MANIFEST, MANIFEST_OUTPUT);
    expect(run.root.vars.containment).toBe('observed-only');
    expect(run.names()).toEqual(['observed-only']);
    run
      .succeeded(EVIDENCE, SEALED)
      .answer('triage', { verdict: 'true_positive' })
      .answer('recovery', { decision: 'release' });
    run.succeeded(RELEASE, { ...RELEASED, restored: 0 }).succeeded(POSTMORTEM, DRAFTED);
    expect(run.root.output).toMatchObject({ containment: 'observed-only' });
  });

  test('with a role that only the manifest knows is still an observation', () => {
    const run = new Run([target('checkout', [])])
      .failed(CONCURRENCY, refused)
      .succeeded(MANIFEST, MANIFEST_OUTPUT);
    run.failed(QUARANTINE, refused);
    expect(run.root.vars.containment).toBe('observed-only');
  });
});

describe('evidence', () => {
  test('is tried three times, half a minute apart, then its absence is announced', () => {
    const run = new Run();
    run.failed(EVIDENCE).due(30_000).failed(EVIDENCE).due(30_000).failed(EVIDENCE, 'cordon_aws_not_found');
    expect(run.notifications).toEqual([
      {
        name: 'evidence-incomplete',
        params: { functionArn: target('checkout').functionArn, code: 'cordon_aws_not_found' },
      },
    ]);
    expect(run.root.vars.evidence).toBe('incomplete');
  });

  test('that hangs is given up after half an hour, so that the incident can end', () => {
    const run = new Run().contain().answer('triage', { verdict: 'true_positive' });
    run.answer('recovery', { decision: 'release' }).due(1_800_000);
    expect(run.sources()).toEqual([RELEASE]);
  });
});

describe('silence', () => {
  test('pages the commander, three times, then once a day, and never releases', () => {
    const run = new Run().contain().succeeded(EVIDENCE, SEALED).due(900_000);
    expect(run.notifications.at(-1)).toEqual({
      name: 'escalate',
      params: { to: 'commander', reason: 'triage-unanswered', round: 1 },
    });
    run.due(1_800_000).due(10_000).due(1_800_000).due(10_000).due(1_800_000);
    expect(run.names().filter((name) => name === 'escalate')).toHaveLength(3);
    expect(run.timers().map((timer) => timer.delayMs)).toEqual([86_400_000]);
    run.due(86_400_000);
    expect(run.names().filter((name) => name === 'escalate')).toHaveLength(4);
    expect(run.holds.size).toBe(2);
    expect(run.done).toBe(false);
  });

  test('ends with the first answer, whoever gives it', () => {
    const run = new Run().contain().succeeded(EVIDENCE, SEALED).due(900_000);
    expect(run.one(QUESTION).input).toMatchObject({ to: 'commander' });
    run.answer('triage', { verdict: 'benign' });
    expect(run.sources()).toEqual([RELEASE]);
  });

  test('a question that cannot be asked is asked of the commander', () => {
    const run = new Run().failed(QUESTION, 'cordon_question_failed');
    expect(run.one(QUESTION).input).toMatchObject({ to: 'commander' });
  });

  test('more time is half an hour, and then the question comes back', () => {
    const run = new Run()
      .contain()
      .succeeded(EVIDENCE, SEALED)
      .answer('triage', { verdict: 'needs_more_time' });
    expect(run.work()).toEqual([]);
    run.due(1_800_000);
    expect(run.one(QUESTION).input).toMatchObject({ form: 'triage', to: 'responder' });
  });
});

describe('release', () => {
  const ready = () => new Run().contain().succeeded(EVIDENCE, SEALED).answer('triage', { verdict: 'benign' });

  const CONFLICT = { restored: 1, conflicts: 1, degraded: false, left: ['changed'] };
  const SHORT = { restored: 1, conflicts: 0, degraded: true, left: ['no room'] };

  test('with a conflict is handed over when it is to be kept', () => {
    const run = ready().succeeded(RELEASE, CONFLICT).answer('conflict', { decision: 'keep' });
    expect(run.sources()).toEqual([HAND_OVER]);
  });

  test.each(['overwrite', 'accept'])(
    'with a conflict asks the commander, and does what was said: %s',
    (decision) => {
      const run = ready().succeeded(RELEASE, CONFLICT);
      expect(run.notifications.at(-1)).toMatchObject({
        name: 'release-incomplete',
        params: { conflicts: 1 },
      });
      expect(run.one(QUESTION).input).toMatchObject({ form: 'conflict', to: 'commander' });
      run.answer('conflict', { decision });
      expect(run.sources()).toEqual([RELEASE]);
      expect(run.one(RELEASE).input).toMatchObject({ onConflict: decision });
      // What was said holds for what was found then: the next conflict is asked about anew.
      run.succeeded(RELEASE, CONFLICT).answer('conflict', { decision: 'accept' });
      expect(run.one(RELEASE).input).toMatchObject({ onConflict: 'accept' });
    },
  );

  test('that leaves something to do says so, asks, and tries again by itself for an hour', () => {
    const run = ready().succeeded(RELEASE, SHORT);
    for (let round = 0; round < 6; round += 1) {
      expect(run.one(QUESTION).input).toMatchObject({ form: 'recovery', to: 'commander' });
      run.due(600_000).succeeded(RELEASE, SHORT);
    }
    expect(run.timers().map((timer) => timer.delayMs)).toEqual([86_400_000]);
    run
      .answer('recovery', { decision: 'release' })
      .succeeded(RELEASE, RELEASED)
      .succeeded(POSTMORTEM, DRAFTED);
    expect(run.done).toBe(true);
  });

  test('revokes earlier sessions, but not after a false alarm', () => {
    expect(ready().one(RELEASE).input).toMatchObject({ afterAttack: false });
    const attacked = new Run()
      .contain()
      .succeeded(EVIDENCE, SEALED)
      .answer('triage', { verdict: 'true_positive' });
    attacked.answer('recovery', { decision: 'release' });
    expect(attacked.one(RELEASE).input).toMatchObject({ afterAttack: true, onConflict: 'ask' });
  });

  test('that fails is never taken for done', () => {
    const run = ready().failed(RELEASE, 'cordon_aws_unavailable');
    expect(run.sources()).toEqual([QUESTION]);
    run.due(14_400_000).due(3_600_000).answer('recovery', { decision: 'keep' });
    expect(run.sources()).toEqual([HAND_OVER]);
  });

  test('by command leaves at once whatever people were asked', () => {
    const run = new Run().contain();
    run.signal('release.requested');
    expect(run.sources()).toEqual([RELEASE, EVIDENCE].sort());
  });

  test('closing by command hands over what is held', () => {
    const run = new Run().contain().succeeded(EVIDENCE, SEALED);
    run.signal('close.requested');
    expect(run.sources()).toEqual([HAND_OVER]);
  });
});

describe('the postmortem', () => {
  test('is drafted again when it fails, three times in all, and then its absence is announced', () => {
    const run = new Run().contain().succeeded(EVIDENCE, SEALED).answer('triage', { verdict: 'benign' });
    run.succeeded(RELEASE, RELEASED);
    run.failed(POSTMORTEM).due(60_000).failed(POSTMORTEM).due(60_000).failed(POSTMORTEM);
    expect(run.done).toBe(true);
    expect(run.names()).toContain('postmortem-failed');
  });
});

describe('an incident without targets', () => {
  test('claims neither containment nor evidence', () => {
    const run = new Run([]);
    expect(run.root.vars).toMatchObject({ containment: 'none', evidence: 'incomplete' });
    expect(run.sources()).toEqual([QUESTION]);
  });
});
