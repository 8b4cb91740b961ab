import { silentLog } from '../../../src/log.ts';
import { registerListeners } from '../../../src/slack/registered.ts';
import { memorySeen } from '../../../src/slack/seen.ts';
import { fakeEngine, handClock, NOBODY_ON_CALL } from './harness.ts';

/** Everything that the app listens to, by the ids that it asks Bolt for. */
export function registered() {
  const heard = {
    commands: [] as string[],
    shortcuts: [] as string[],
    events: [] as string[],
    actions: [] as (string | RegExp)[],
    views: [] as string[],
  };
  const recorder = {
    command: (name: string) => heard.commands.push(name),
    shortcut: (constraint: { callback_id: string }) => heard.shortcuts.push(constraint.callback_id),
    event: (name: string) => heard.events.push(name),
    action: (constraint: { action_id: string | RegExp }) => heard.actions.push(constraint.action_id),
    view: (constraint: { callback_id: string }) => heard.views.push(constraint.callback_id),
  };
  const engine = fakeEngine();
  const { clock } = handClock();
  registerListeners(
    // Only what `registerListeners` calls: it records the names and never runs a listener.
    recorder as unknown as Parameters<typeof registerListeners>[0],
    {
      commands: engine.commands,
      keepOut: engine.keepOut,
      views: engine.views,
      people: {
        slackIdOf: () => undefined,
        responderOf: () => undefined,
        stakeholders: () => [],
        invitees: () => [],
        onCall: NOBODY_ON_CALL,
      },
      places: engine.places,
      seen: memorySeen(clock),
      outsiders: { known: () => null, look: async () => null },
      clock,
      log: silentLog,
    },
  );
  return heard;
}
