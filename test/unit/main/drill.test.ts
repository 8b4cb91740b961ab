import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { isDrillId } from '../../../src/id.ts';
import { EXERCISE_MARK } from '../../../src/slack/text.ts';
import { ALICE, BRUNO, type DrillHouse, EVE, MALLORY, openDrillHouse } from '../../support/drill.ts';

const ALONE = `
responders:
  - { id: alice, name: alice, slack: ${ALICE}, roles: [responder] }
`;

let house: DrillHouse;
afterEach(async () => {
  await house.close();
});

describe('a drill that is started from Slack', () => {
  test('runs its whole course beside the live engine, which has no part in it', async () => {
    house = await openDrillHouse();
    const { slack, side, cordon, world } = house;
    const live = await house.alert();
    await house.until(async () => (await cordon.views.incidentView(live))?.level === 'effective');
    const liveChannel = slack.people.channels().find(({ name }) => name.startsWith('inc-'))?.id ?? '';
    const writes = () => world.journal.entries().filter((call) => call.write).length;
    const liveWrites = writes();

    expect(await house.type(ALICE, '/cordon drill start c2-callback')).toContain(`drill “C2 callback`);
    const channel = await house.drillChannel();
    const { name, topic } = slack.people.channel(channel);
    expect(name).toMatch(/^drill-\d{4}-\d{4}-1-checkout-webhook$/);
    expect(topic).toContain(EXERCISE_MARK);
    await house.until(() => slack.people.channel(channel).members.has(BRUNO));

    const drill = await side.drills.current()?.views.findIncident('1');
    expect(isDrillId(drill?.id ?? '')).toBe(true);
    await house.until(
      async () => (await side.drills.current()?.views.incidentView(drill?.id ?? ''))?.level === 'effective',
    );

    // What a person says in the drill is the drill's, and what is said of INC-1 is the live engine's.
    expect(await house.type(ALICE, '/cordon note Seen in the drill', channel)).toContain(EXERCISE_MARK);
    expect(await house.type(ALICE, '/cordon note INC-1 Seen in the drill', channel)).toContain(
      'This is the channel of a drill',
    );
    expect(await house.type(ALICE, '/cordon show 1', channel)).toContain('drill-INC-1');
    expect(await house.type(ALICE, '/cordon declare arn:aws:lambda:x:1:function:f seen', channel)).toContain(
      'nothing was declared',
    );
    expect(await house.type(ALICE, '/cordon drill start c2-callback')).toContain('alice runs the drill');
    await slack.people.sendEvent({ type: 'app_home_opened', user: ALICE, tab: 'home', channel: 'D1' });
    await house.until(() => JSON.stringify(slack.people.home(ALICE) ?? {}).includes('started by'));

    await house.press(ALICE, channel, 'True positive');
    await house.press(BRUNO, channel, 'Release');
    await house.until(() => side.drills.running() === undefined && side.drills.current() === undefined);
    await house.until(() =>
      slack.people.messages(channel).some(({ text }) => text.includes('The drill is over')),
    );
    const said = slack.people.messages(channel).map(({ text }) => text);
    expect(said.at(-1)).toMatch(/the incident was closed; passed with \d+ of \d+ points/);

    expect(said.some((text) => text.includes('relayed by the scribe'))).toBe(true);
    // Every word of it says that it is none, on both faces; what people write themselves does not.
    const ofBot = (where: string) =>
      slack.people.messages(where).filter(({ user }) => user === slack.botUserId);
    expect(ofBot(channel).length).toBeGreaterThan(7);
    expect(ofBot(channel).filter(({ text }) => !text.includes(EXERCISE_MARK))).toEqual([]);
    expect(
      ofBot(channel).filter(
        ({ blocks }) => blocks.length > 0 && !JSON.stringify(blocks).includes('*EXERCISE*'),
      ),
    ).toEqual([]);
    const shown = slack.workspace.ephemerals.filter((each) => each.channel === channel);
    expect(shown.length).toBeGreaterThan(0);
    for (const each of shown) expect(`${each.text}${JSON.stringify(each.blocks)}`).toContain('EXERCISE');
    // Control: what the live engine says has no such mark.
    expect(ofBot(liveChannel).filter(({ text }) => text.includes(EXERCISE_MARK))).toEqual([]);

    // The live engine knows of nothing, and its account was left alone.
    expect((await cordon.views.allIncidents(100)).map(({ id }) => id)).toEqual([live]);
    expect(writes()).toBe(liveWrites);
    expect((await cordon.views.incidentView(live))?.questions.map(({ status }) => status)).toEqual(['open']);
    const [run] = await readdir(join(house.dataDir, 'exercises'));
    const report = await readFile(join(house.dataDir, 'exercises', run ?? '', 'report.md'), 'utf8');
    expect(report).toContain('After-action report');

    // Afterwards its buttons answer that it is over, and do nothing to anybody.
    expect(await house.press(ALICE, channel, 'STOP – real incident')).toContain('no drill runs');
    // Control: the same press in the channel of the live incident is the live engine's.
    expect(await house.press(ALICE, liveChannel, 'True positive')).toBe('✅ Triage: True positive');
    await house.until(
      async () =>
        (await cordon.views.incidentView(live))?.questions.some(({ status }) => status === 'answered') ===
        true,
    );
  });

  test('is ended at once by STOP, and only then may another begin', async () => {
    house = await openDrillHouse();
    const { slack, side } = house;
    expect(await house.type(ALICE, '/cordon drill stop')).toContain('no drill runs');
    // Slack delivers at least once: the same command again is the same drill, and is told once.
    await slack.people.runCommand(ALICE, '/cordon drill start c2-callback', 'general', { duplicates: 1 });
    await side.app.idle();
    const told = slack.people.messages('general').map(({ text }) => text);
    expect(told).toEqual([expect.stringContaining('starts')]);
    expect(slack.people.ephemerals(ALICE).at(-1)?.text).toContain('no drill runs');
    const channel = await house.drillChannel();
    const drill = await side.drills.current()?.views.findIncident('1');
    const stop = await house.press(BRUNO, channel, 'STOP – real incident');
    expect(stop).toContain('is stopped');
    // At once: what names it is refused before anything is shut down.
    expect(side.drills.current()).toBeUndefined();
    expect(side.drills.running()).toBeUndefined();
    const note = (incident: string) =>
      side.drills.current() ?? house.type(ALICE, `/cordon note ${incident} too late`);
    expect(await note(drill?.id ?? '')).toContain('of a drill that is over');
    const texts = () => slack.people.messages(channel).map(({ text }) => text);
    await house.until(() => texts().some((text) => text.includes('The drill is over')));
    expect(texts().find((text) => text.includes('STOPPED'))).toContain(`<@${BRUNO}> stopped it`);
    expect(texts().at(-1)).toContain('stopped before its end, so that this is no result');
    const said = texts().length;

    let answer = '';
    await house.until(async () => {
      answer = await house.type(ALICE, '/cordon drill start c2-callback');
      return !answer.includes('shut down');
    });
    expect(answer).toContain('starts');
    // The button of the first is not one for the second.
    expect(await house.press(ALICE, channel, 'STOP – real incident')).toContain('that drill is over');
    expect(side.drills.running()).toBeDefined();
    expect(texts().length).toBe(said);
    // A process that stops ends it, and no other begins.
    await side.drills.close();
    expect(side.drills.current()).toBeUndefined();
    expect(await house.type(ALICE, '/cordon drill start c2-callback')).toContain('is being stopped');
  });

  test('is refused to whoever may not start one, and for what does not exist', async () => {
    house = await openDrillHouse();
    const start = (user: string, name: string) => house.type(user, `/cordon drill start ${name}`);
    expect(await start(MALLORY, 'c2-callback')).toContain('not among the responders');
    expect(await start(EVE, 'c2-callback')).toContain('may not start a drill');
    expect(await house.type(MALLORY, '/cordon drill list')).toContain('Only responders');
    expect(await start(ALICE, 'c2-calback')).toContain('Did you mean c2-callback?');
    expect(await start(ALICE, '../../../etc')).toMatch(/There are: .*\bc2-callback\b/);
    expect(await house.type(ALICE, '/cordon drill')).toContain('/cordon drill start c2-callback');
    expect(await house.type(ALICE, '/cordon drill strat x')).toContain('Did you mean *start*?');
    expect(house.side.drills.running()).toBeUndefined();
    expect(house.slack.people.channels().map(({ name }) => name)).toEqual(['general']);
  });

  test('is refused when nobody has a role that it needs', async () => {
    house = await openDrillHouse({ enrolment: ALONE });
    expect(await house.type(ALICE, '/cordon drill start c2-callback')).toContain('needs a commander');
  });

  test('that cannot be built is an answer, and the live engine goes on', async () => {
    house = await openDrillHouse();
    await writeFile(join(house.dataDir, 'exercises'), 'no folder');
    await house.type(ALICE, '/cordon drill start c2-callback');
    await house.until(() =>
      house.slack.people
        .ephemerals(ALICE)
        .some(({ text }) => text.includes('could not run: for a reason that the log has')),
    );
    expect(house.side.drills.running()).toBeUndefined();
    const live = await house.alert();
    await house.until(async () => (await house.cordon.views.incidentView(live))?.level === 'effective');
  });
});
