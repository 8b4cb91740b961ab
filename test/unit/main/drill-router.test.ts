import { describe, expect, test } from '@jest/globals';
import { loadPlaybooks } from '../../../src/definitions.ts';
import { emptyEnrolment, parseEnrolment } from '../../../src/enrolment/enrolment.ts';
import { drillIds, isDrillId, randomIds } from '../../../src/id.ts';
import { missingRoles, unansweredRoles, withRealPeople } from '../../../src/main/drill/enrolment.ts';
import { routeSlack, type Side } from '../../../src/main/drill/router.ts';
import { loadExercise } from '../../../src/main/exercise/library.ts';
import type { SlackCommand } from '../../../src/slack/port.ts';
import { fakeEngine, incident } from '../slack/harness.ts';

const DRILL = 'inc-drillk3f9a0c2d1e4b5a6';
const act = (input: SlackCommand['input']) => ({
  command: 'note',
  input,
  actor: { kind: 'responder', slackUserId: 'U0ALICE000' } as const,
  idempotencyKey: JSON.stringify(input),
});

/** Two engines whose incidents have the same number, and what was done to each. */
function sides() {
  const live = fakeEngine(incident({ id: 'inc-k3f9a0c2d1e4b5a6' }));
  const drill = fakeEngine(incident({ id: DRILL, exercise: true }));
  const running: { side: Side | undefined } = { side: drill };
  const routed = routeSlack(live, {
    current: () => running.side,
    holds: (channel) => running.side !== undefined && channel === 'C0DRILL000',
  });
  const over = () => {
    running.side = undefined;
  };
  return { live, drill, routed, over };
}

describe('what comes from Slack', () => {
  test.each([
    ['an incident of the drill', { incidentId: DRILL }, 'drill'],
    ['an incident of the drill, in capitals', { incidentId: DRILL.toUpperCase() }, 'drill'],
    ['a campaign of the drill', { campaign: 'cmp-drillk3f9a0c2d1e4b5a6' }, 'drill'],
    ['a name of the drill', { incident: 'drill-INC-12' }, 'drill'],
    ['a real incident (control)', { incidentId: 'inc-k3f9a0c2d1e4b5a6' }, 'live'],
    ['a real name (control)', { incident: 'INC-12' }, 'live'],
    ['nothing', {}, 'live'],
  ])('is done by the engine of %s alone', async (_, input, by) => {
    const { live, drill, routed } = sides();
    expect(await routed.commands.execute(act(input))).toMatchObject({ kind: 'done' });
    expect([live.executed.length, drill.executed.length]).toEqual(by === 'live' ? [1, 0] : [0, 1]);
  });

  test('has the channel looked at by the engine whose incident it is, and by none when no drill runs', async () => {
    const { live, drill, routed, over } = sides();
    await routed.keepOut(DRILL);
    await routed.keepOut('inc-k3f9a0c2d1e4b5a6');
    expect([live.keptOut, drill.keptOut]).toEqual([['inc-k3f9a0c2d1e4b5a6'], [DRILL]]);
    over();
    await routed.keepOut(DRILL);
    expect([live.keptOut.length, drill.keptOut.length]).toEqual([1, 1]);
  });

  test('is done by neither when it names both', async () => {
    const { live, drill, routed } = sides();
    const mixed = { campaign: 'cmp-k3f9a0c2d1e4b5a6', into: 'drill-CMP-1' };
    expect(await routed.commands.execute(act(mixed))).toMatchObject({ code: 'cordon_drill_mixed' });
    expect([live.executed, drill.executed]).toEqual([[], []]);
  });

  test('about a drill that is over, or runs in another process, is refused and never reaches the live engine', async () => {
    const { live, routed, over } = sides();
    over();
    expect(await routed.commands.execute(act({ incidentId: DRILL }))).toMatchObject({
      code: 'cordon_drill_not_here',
    });
    expect(await routed.views.incidentView(DRILL)).toBeUndefined();
    expect(await routed.views.incidentOfApproval('att-drillk3f9a0c2d1e4b5a6')).toBeUndefined();
    expect(live.executed).toEqual([]);
  });

  test('is looked up where it belongs, though both call it 12', async () => {
    const { live, drill, routed } = sides();
    expect((await routed.views.findIncident('inc-12'))?.id).toBe('inc-k3f9a0c2d1e4b5a6');
    expect((await routed.views.incidentView(DRILL))?.exercise).toBe(true);
    expect((await routed.views.openIncidents()).map(({ exercise }) => exercise)).toEqual([false, true]);
    // The same approval id in both would be a real one's: a drill's says that it is.
    expect((await routed.views.incidentOfApproval('att-7'))?.exercise).toBe(false);
    drill.set({ number: 13 });
    live.set({ number: 14 });
    expect(await routed.views.findIncident('13')).toBeUndefined();
  });
});

describe('the ids of a drill', () => {
  const ids = drillIds(randomIds);

  test('say what they are, and no other id does', () => {
    const made = Array.from({ length: 500 }, () => [ids.next('att'), randomIds.next('att')] as const);
    expect(made.filter(([drill]) => !isDrillId(drill))).toEqual([]);
    expect(made.filter(([, real]) => isDrillId(real))).toEqual([]);
  });
});

describe('the people of a drill', () => {
  const at = new Date('2026-11-24T03:00:00.000Z');
  const live = parseEnrolment(
    `
responders:
  - { id: ada, name: Ada, slack: U0ADA00000, roles: [responder], principals: ['arn:aws:iam::222233334444:user/ada'] }
  - { id: carl, name: Carl, cli: carl, roles: [commander] }
stakeholders:
  - { id: board, title: Board, slack: C0BOARD000, audience: executive }
`,
    'enrolment.yaml',
  );

  test('are those of the live file, and nothing of it leads out of the drill', async () => {
    const { enrolment, scenario } = withRealPeople(await loadExercise('c2-callback'), live, at);
    expect(enrolment.responders.map(({ id }) => id)).toEqual(['ada', 'carl']);
    expect(enrolment.responders.flatMap(({ principals }) => principals ?? [])).toEqual([]);
    expect(enrolment.stakeholders).toEqual([]);
    expect(enrolment.slack).toMatchObject({ channelPrefix: '1124-0300-', bookmarks: [] });
    expect(enrolment.accounts.map(({ name }) => name)).toEqual(['shop (simulated)']);
    expect(scenario.script).toEqual([]);
    expect(scenario.roles[0]).toMatchObject({ role: 'responder', people: ['ada'] });
  });

  test('are missing where nobody with a Slack id has a role that is needed or asked', async () => {
    const loaded = withRealPeople(await loadExercise('c2-callback'), live, at);
    expect(missingRoles(loaded)).toEqual(['commander']);
    const nobody = withRealPeople(await loadExercise('c2-callback'), emptyEnrolment(), at);
    expect(missingRoles(nobody)).toEqual(['responder', 'commander']);
    expect(unansweredRoles(nobody, await loadPlaybooks())).toContain('responder');
    // Control: who is there is not missing.
    expect(unansweredRoles(loaded, await loadPlaybooks())).not.toContain('responder');
  });
});
