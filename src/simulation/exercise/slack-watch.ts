import type { Clock } from '../../clock.ts';
import type { SlackDouble } from '../slack-double/double.ts';
import type { SlackMessageState } from '../slack-double/state.ts';
import type { Observed, SlackSeen } from './record.ts';
import { buttonLabels, messageLines } from './slack-text.ts';

/** Looks into the channels as people do: what is new, what was edited since. */
export interface SlackWatch {
  /** Every message and edit since the last look. */
  look(): readonly Observed[];
}

export function createSlackWatch(options: {
  readonly slack: SlackDouble;
  readonly clock: Clock;
}): SlackWatch {
  const { slack, clock } = options;
  const known = new Map<string, string>();
  const nameOf = (user: string) => slack.workspace.users.get(user)?.name;
  return {
    look() {
      const fresh: Observed[] = [];
      for (const channel of slack.people.channels()) {
        for (const message of channel.messages) {
          const key = `${channel.id} ${message.ts}`;
          const version = versionOf(message);
          const before = known.get(key);
          if (before === version) continue;
          known.set(key, version);
          const edited = before !== undefined;
          fresh.push({
            kind: 'slack',
            at: edited ? clock.now().toISOString() : writtenAt(message.ts),
            message: seen(message, channel.name, edited, slack.botUserId, nameOf),
          });
        }
      }
      return fresh;
    },
  };
}

function seen(
  message: SlackMessageState,
  channel: string,
  edited: boolean,
  botUserId: string,
  nameOf: (user: string) => string | undefined,
): SlackSeen {
  return {
    channel,
    ts: message.ts,
    user: message.user,
    fromBot: message.user === botUserId,
    edited,
    lines: messageLines(message, nameOf),
    buttons: buttonLabels(message),
  };
}

/** A message's name is the instant at which it was written, in seconds. */
function writtenAt(ts: string): string {
  return new Date(Math.floor(Number(ts) * 1000)).toISOString();
}

// An edit without an edit mark would be a defect of the double; the text itself cannot lie.
function versionOf(message: SlackMessageState): string {
  return `${message.editedTs ?? ''} ${message.text} ${JSON.stringify(message.blocks)}`;
}
