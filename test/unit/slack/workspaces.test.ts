import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Log, LogFields } from '../../../src/log.ts';
import { createSlackDouble, type SlackDouble } from '../../../src/simulation/slack-double/double.ts';
import { createSlackApp, type SlackApp } from '../../../src/slack/app.ts';
import { readInstallations, type Workspaces } from '../../../src/slack/workspaces.ts';
import { ALICE, BOB, fakeEngine, handClock, NOBODY_ON_CALL } from './harness.ts';

const SECRET = 'one-app-one-secret';
const [HOME, OTHER, UNKNOWN] = ['T0HOME0000', 'T0OTHER000', 'T0UNKNOWN0'] as const;
const TOKEN = { [HOME]: 'xoxb-home-token', [OTHER]: 'xoxb-other-token' };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-installations-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function installations(content: unknown): Promise<Workspaces> {
  const file = join(folder, 'installations.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readInstallations(file);
}

const both = {
  incidents: HOME,
  installations: [
    { team: HOME, botToken: TOKEN[HOME] },
    { team: OTHER, botToken: TOKEN[OTHER] },
  ],
};

describe('the file of installations', () => {
  test('gives each workspace its own token, an organisation those without one, and anybody else none', async () => {
    const workspaces = await installations({
      incidents: HOME,
      installations: [...both.installations, { enterprise: 'E0ORG00000', botToken: 'xoxb-org' }],
    });
    const tokenOf = (teamId: string | undefined, enterpriseId?: string) =>
      workspaces.find({ teamId, enterpriseId })?.botToken;
    expect(workspaces.incidentsToken).toBe('xoxb-home-token');
    expect(tokenOf(HOME)).toBe('xoxb-home-token');
    expect(tokenOf(OTHER, 'E0ORG00000')).toBe('xoxb-other-token');
    expect(tokenOf('T0THIRD000', 'E0ORG00000')).toBe('xoxb-org');
    expect(tokenOf(undefined, 'E0ORG00000')).toBe('xoxb-org');
    expect([tokenOf(UNKNOWN), tokenOf(undefined), tokenOf(UNKNOWN, 'E0ELSE0000')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['no JSON', `{"installations": xoxb-secret}`, 'no JSON'],
    [
      'a token of another kind',
      { ...both, installations: [{ team: HOME, botToken: 'xoxp-secret' }] },
      'xoxb-',
    ],
    [
      'a workspace twice',
      { ...both, installations: [...both.installations, both.installations[0]] },
      'twice',
    ],
    [
      'both ids in one',
      { incidents: HOME, installations: [{ team: HOME, enterprise: 'E0ORG00000', botToken: 'xoxb-secret' }] },
      'either team or enterprise',
    ],
    ['incidents nowhere', { ...both, incidents: UNKNOWN }, 'incidents must be'],
    ['a field that is none', { ...both, tokens: 'xoxb-secret' }, 'Unrecognized key'],
  ])('with %s is refused, and never quoted with a token', async (_, content, said) => {
    const error: unknown = await installations(content).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'cordon_slack_bad_installations',
      message: expect.stringContaining(said),
    });
    expect(String(error instanceof Error ? `${error.stack}${String(error.cause)}` : error)).not.toMatch(
      /xox[bp]-(secret|home|other)/,
    );
  });

  test('that is not there is refused by name', async () => {
    await expect(readInstallations(join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'cordon_slack_bad_installations',
      message: expect.stringContaining('ENOENT'),
    });
  });
});

describe('one app in two workspaces', () => {
  interface Stage {
    readonly app: SlackApp;
    readonly engine: ReturnType<typeof fakeEngine>;
    readonly logged: readonly string[];
    readonly slack: Readonly<Record<typeof HOME | typeof OTHER | typeof UNKNOWN, SlackDouble>>;
  }

  async function twoWorkspaces(
    hooks: {
      readonly homeHeld?: Promise<void>;
      readonly answered?: (team: string, path: string) => void;
    } = {},
  ): Promise<Stage> {
    const { clock } = handClock();
    const doubleOf = (teamId: string, botToken: string) =>
      createSlackDouble({
        clock,
        signingSecret: SECRET,
        botToken,
        teamId,
        users: [
          { id: ALICE, name: 'alice' },
          { id: BOB, name: 'bob' },
        ],
        channels: [{ name: 'general', members: [ALICE, BOB] }],
      });
    const slack = {
      [HOME]: doubleOf(HOME, TOKEN[HOME]),
      [OTHER]: doubleOf(OTHER, TOKEN[OTHER]),
      // It has the app's signing secret, as everybody who installed a distributed app has its signatures.
      [UNKNOWN]: doubleOf(UNKNOWN, 'xoxb-unknown-token'),
    };
    // Slack's ids of presses are its own everywhere; the doubles count each from one.
    for (const [double, ids] of [
      [slack[OTHER], 1000],
      [slack[UNKNOWN], 2000],
    ] as const) {
      for (let id = 0; id < ids; id += 1) double.workspace.nextId('');
    }
    const logged: string[] = [];
    const note = (fields: LogFields, message: string) =>
      void logged.push(`${JSON.stringify(fields)} ${message}`);
    const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
    const engine = fakeEngine();
    const app = createSlackApp({
      workspaces: await installations(both),
      receiver: { kind: 'http', signingSecret: SECRET, port: 0 },
      slackApiUrl: 'http://slack.invalid/api/',
      // One address for all of Slack, which knows a workspace by the token; an answer goes to where its URL says.
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const { hostname } = new URL(request.url);
        const team =
          Object.keys(slack).find((id) => hostname === `${id.toLowerCase()}.invalid`) ??
          Object.entries(TOKEN).find(
            ([, token]) => request.headers.get('authorization') === `Bearer ${token}`,
          )?.[0];
        const known = Object.entries(slack).find(([id]) => id === team)?.[1];
        if (team === HOME) await hooks.homeHeld;
        const answer = known === undefined ? new Response(null, { status: 500 }) : await known.fetch(request);
        hooks.answered?.(team ?? '', new URL(request.url).pathname);
        return answer;
      },
      clock,
      commands: engine.commands,
      keepOut: engine.keepOut,
      views: engine.views,
      places: engine.places,
      people: {
        slackIdOf: (id) => ({ alice: ALICE, bob: `${OTHER}/${BOB}` })[id],
        responderOf: (id) => ({ [ALICE]: 'alice', [`${OTHER}/${BOB}`]: 'bob' })[id],
        stakeholders: () => [],
        invitees: () => [],
        onCall: NOBODY_ON_CALL,
      },
      log,
    });
    for (const [id, double] of Object.entries(slack)) {
      double.dispatcher.connect({ url: 'http://app.invalid/slack/events', fetch: app.fetch });
      double.dispatcher.origin = `http://${id.toLowerCase()}.invalid`;
    }
    return { app, engine, logged, slack };
  }

  const homeOpened = (user: string) => ({ type: 'app_home_opened', user, tab: 'home', channel: 'D1' });

  test('answers each with its own token, also while the other one waits', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let answered = () => {};
    const otherAnswered = new Promise<void>((resolve) => {
      answered = resolve;
    });
    const { app, slack } = await twoWorkspaces({
      homeHeld: held,
      answered: (team, path) => {
        if (team === OTHER && path.startsWith('/response/')) answered();
      },
    });
    // Slack keeps the first workspace's answer back; the second one's request comes and is done meanwhile.
    await slack[HOME].people.sendEvent(homeOpened(ALICE));
    await slack[OTHER].people.sendEvent(homeOpened(BOB));
    await slack[HOME].people.runCommand(ALICE, '/cordon list', 'general');
    await slack[OTHER].people.runCommand(BOB, '/cordon list', 'general');
    const published = (team: typeof HOME | typeof OTHER) =>
      slack[team].journal.map(({ method, outcome }) => `${method} ${outcome}`);
    await otherAnswered;
    expect(slack[OTHER].people.ephemerals(BOB)).toHaveLength(1);
    expect(published(HOME)).toEqual([]);
    release();
    await app.idle();
    // A double refuses any token but its own, so that "ok" is the right one.
    expect(published(HOME)).toEqual(['views.publish ok']);
    expect(published(OTHER)).toEqual(['views.publish ok']);
    expect(slack[HOME].people.home(ALICE)).toBeDefined();
    expect(slack[OTHER].people.home(BOB)).toBeDefined();
    for (const [team, person] of [
      [HOME, ALICE],
      [OTHER, BOB],
    ] as const) {
      expect(slack[team].people.ephemerals(person).map(({ text }) => text)).toEqual([
        expect.stringContaining('INC-12'),
      ]);
    }
  });

  test('takes nobody of the other workspace for the responder who has the same id here', async () => {
    const { app, engine, slack } = await twoWorkspaces();
    const acknowledge = '/cordon acknowledge INC-12';
    await slack[OTHER].people.runCommand(ALICE, acknowledge, 'general');
    await slack[HOME].people.runCommand(ALICE, acknowledge, 'general');
    await slack[OTHER].people.runCommand(ALICE, '/cordon list', 'general');
    await app.idle();
    expect(engine.executed.map(({ actor }) => actor)).toEqual([
      { kind: 'responder', slackUserId: `${OTHER}/${ALICE}` },
      { kind: 'responder', slackUserId: ALICE },
    ]);
    expect(slack[OTHER].people.ephemerals(ALICE).at(-1)?.text).toContain('Only responders');
  });

  test.each([
    ['of a plan', 'cordon.approve.typed', { i: 'inc-abc', a: 'att-7', d: 'd'.repeat(64), c: 'C1' }],
    ['of a campaign', 'cordon.campaign-approve.typed', { k: 'cmp-1', d: 'd'.repeat(64), c: 'C1' }],
  ])('takes nobody of it for that responder in the form %s either', async (_, callback, metadata) => {
    const { app, engine, slack } = await twoWorkspaces();
    for (const team of [OTHER, HOME] as const) {
      await slack[team].dispatcher.send({
        kind: 'interaction',
        payload: {
          type: 'view_submission',
          team: { id: team, domain: 'example' },
          user: { id: ALICE, name: 'alice', team_id: team },
          api_app_id: 'A0CORDON',
          view: {
            type: 'modal',
            id: `V-${team}`,
            hash: '1.h',
            callback_id: callback,
            private_metadata: JSON.stringify(metadata),
            state: { values: { text: { value: { type: 'plain_text_input', value: 'checkout' } } } },
          },
        },
      });
    }
    await app.idle();
    // Approvals are for people of the home workspace; the second is the control.
    expect(engine.executed.map(({ actor }) => actor)).toEqual([{ kind: 'responder', slackUserId: ALICE }]);
  });

  test('refuses one that it is not set up for, and says so; the same from a known one is done (control)', async () => {
    const { app, engine, logged, slack } = await twoWorkspaces();
    const acknowledge = '/cordon acknowledge INC-12';
    const refused = await slack[UNKNOWN].people.runCommand(ALICE, acknowledge, 'general');
    await slack[UNKNOWN].people.sendEvent(homeOpened(ALICE));
    await app.idle();
    expect(refused).toMatchObject({
      status: 200,
      body: expect.stringContaining('not set up for this workspace'),
    });
    expect(engine.executed).toEqual([]);
    expect(Object.values(slack).flatMap(({ journal }) => journal)).toEqual([]);
    expect(logged).toEqual([
      expect.stringMatching(/cordon_slack_unknown_workspace.*T0UNKNOWN0/),
      expect.stringMatching(/cordon_slack_unknown_workspace.*T0UNKNOWN0/),
    ]);
    await slack[HOME].people.runCommand(ALICE, acknowledge, 'general');
    await app.idle();
    expect(engine.executed).toHaveLength(1);
    expect(logged.join('\n')).not.toContain('xoxb-');
  });
});
