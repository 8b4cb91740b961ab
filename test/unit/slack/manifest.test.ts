import { describe, expect, test } from '@jest/globals';
import { NOTIFICATIONS } from '../../../src/playbook/notifications.ts';
import { METHODS } from '../../../src/simulation/slack-double/methods.ts';
import { SCOPES, slackManifest } from '../../../src/slack/manifest.ts';
import { ANNOUNCEMENTS } from '../../../src/slack/render/notice.ts';
import { registered } from './heard.ts';

describe('the manifest', () => {
  test('declares exactly the commands, shortcuts and events that are listened to', () => {
    const heard = registered();
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
