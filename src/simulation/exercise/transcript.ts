import type { JsonObject } from '../../json.ts';
import type { SlackDouble } from '../slack-double/double.ts';
import type { SlackMessageState } from '../slack-double/state.ts';

/** One state of one message, as people saw it. Instants are ISO 8601 in UTC. */
export interface MessageVersion {
  readonly at: string;
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | null;
  readonly user: string;
  /** The whole name; an app is told from a person by `app`. */
  readonly name: string;
  readonly app: boolean;
  readonly text: string;
  readonly blocks: readonly JsonObject[];
  readonly pinned: boolean;
}

/** Everything that could be read in the workspace, message by message and edit by edit. */
export interface Transcript {
  /** Keeps what is new or was edited since the last look. */
  look(now: Date): void;
  readonly versions: readonly MessageVersion[];
  /** Names of people, by user id. */
  nameOf(user: string): string;
}

/** Watches the channels of a workspace; every state of a message is kept, since a card says most while it changes. */
export function watchTranscript(slack: SlackDouble): Transcript {
  const versions: MessageVersion[] = [];
  const known = new Map<string, string>();
  const nameOf = (user: string) => slack.workspace.users.get(user)?.name ?? user;
  return {
    versions,
    nameOf,
    look(now) {
      for (const channel of slack.people.channels()) {
        for (const message of channel.messages) {
          const key = `${channel.id} ${message.ts}`;
          const content = contentOf(message);
          const before = known.get(key);
          if (before === content) continue;
          known.set(key, content);
          versions.push({
            at: before === undefined ? new Date(Number(message.ts) * 1000).toISOString() : now.toISOString(),
            channel: channel.name,
            ts: message.ts,
            threadTs: message.threadTs ?? null,
            user: message.user,
            name: nameOf(message.user),
            app: message.user === slack.botUserId,
            text: message.text,
            // The double edits in place: what is kept is a copy.
            blocks: structuredClone(message.blocks),
            pinned: channel.pins.has(message.ts),
          });
        }
      }
    },
  };
}

function contentOf(message: SlackMessageState): string {
  // Slack gives the blocks new ids with every edit: those say nothing to people.
  return JSON.stringify([message.text, message.blocks.map(({ block_id: _, ...block }) => block)]);
}
