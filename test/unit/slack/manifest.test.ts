import { describe, expect, test } from '@jest/globals';
import { silentLog } from '../../../src/log.ts';
import { NOTIFICATIONS } from '../../../src/playbook/notifications.ts';
import { METHODS } from '../../../src/simulation/slack-double/methods.ts';
import { SCOPES, slackManifest } from '../../../src/slack/manifest.ts';
import { registerListeners } from '../../../src/slack/registered.ts';
import { ANNOUNCEMENTS } from '../../../src/slack/render/notice.ts';
import { memorySeen } from '../../../src/slack/seen.ts';
import { fakeEngine, handClock, NOBODY_ON_CALL } from './harness.ts';

describe('the manifest', () => {
  test('declares exactly the commands, shortcuts and events that are listened to', () => {
    const heard = { commands: [] as unknown[], shortcuts: [] as unknown[], events: [] as unknown[] };
    const recorder = {
      command: (name: unknown) => heard.commands.push(name),
      shortcut: (constraint: { callback_id: unknown }) => heard.shortcuts.push(constraint.callback_id),
      event: (name: unknown) => heard.events.push(name),
      action: () => {},
      view: () => {},
    };
    const engine = fakeEngine();
    registerListeners(
      // Only what `registerListeners` calls: it records the names and never runs a listener.
      recorder as unknown as Parameters<typeof registerListeners>[0],
      {
        commands: engine.commands,
        views: engine.views,
        people: {
          slackIdOf: () => undefined,
          responderOf: () => undefined,
          stakeholders: () => [],
          invitees: () => [],
          onCall: NOBODY_ON_CALL,
        },
        places: engine.places,
        seen: memorySeen(handClock().clock),
        outsiders: { known: () => null, look: async () => null },
        clock: handClock().clock,
        log: silentLog,
      },
    );
    const manifest = JSON.parse(
      JSON.stringify(slackManifest({ requestUrl: 'https://cordon.example/slack/events' })),
    );
    expect(manifest.features.slash_commands.map((one: { command: string }) => one.command)).toEqual(
      heard.commands,
    );
    expect(manifest.features.shortcuts.map((one: { callback_id: string }) => one.callback_id)).toEqual(
      heard.shortcuts,
    );
    expect(manifest.settings.event_subscriptions.bot_events).toEqual(heard.events);
  });

  test('asks for each scope once, each with a reason', () => {
    expect(new Set(SCOPES.map(({ scope }) => scope)).size).toBe(SCOPES.length);
    for (const { why } of SCOPES) expect(why.length).toBeGreaterThan(10);
  });

  test('asks for no scope that no method of ours needs', () => {
    const needed = new Set(Object.values(METHODS).flatMap(({ scopes }) => scopes));
    const apart = ['commands', 'metadata.message:read'];
    expect(SCOPES.map(({ scope }) => scope).filter((scope) => !needed.has(scope))).toEqual(apart);
  });

  test('stays within the limits of a manifest', () => {
    const manifest = JSON.parse(JSON.stringify(slackManifest()));
    expect(manifest.display_information.name.length).toBeLessThanOrEqual(35);
    expect(manifest.display_information.description.length).toBeLessThanOrEqual(140);
    expect(manifest.settings.socket_mode_enabled).toBe(true);
    for (const one of manifest.features.slash_commands) expect(one.command.length).toBeLessThanOrEqual(32);
    for (const one of manifest.features.shortcuts) expect(one.name.length).toBeLessThanOrEqual(24);
  });
});

test('every notification of the playbook language has words', () => {
  expect(NOTIFICATIONS.map(({ name }) => name).filter((name) => !Object.hasOwn(ANNOUNCEMENTS, name))).toEqual(
    [],
  );
});
