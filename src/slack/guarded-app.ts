import { App, type AppOptions, type Authorize, type ReceiverEvent } from '@slack/bolt';
import type { Log } from '../log.ts';
import { SlackError } from './failure.ts';
import type { SlackSource, Workspaces } from './workspaces.ts';

/**
 * Bolt's `authorize`: the token of the workspace that a request comes from, and who acts. Slack's ids of people are
 * unique in their workspace only, so somebody of another one than that of the incidents is `T…/U…`: never taken for the
 * responder who has the same id there. Asks Slack nothing: its answer would hold the acknowledgement up.
 */
export function authorizeBy(workspaces: Workspaces): Authorize<boolean> {
  return async ({ teamId, enterpriseId, userId }) => {
    const workspace = workspaces.find({ teamId, enterpriseId });
    if (workspace === undefined) throw unknownWorkspace({ teamId, enterpriseId });
    const { botToken, incidents } = workspace;
    if (userId === undefined) return { botToken };
    return { botToken, userId: incidents ? userId : `${teamId ?? enterpriseId}/${userId}` };
  };
}

function unknownWorkspace({ teamId, enterpriseId }: SlackSource): SlackError {
  return new SlackError(
    'cordon_slack_unknown_workspace',
    `Expected a request from a workspace that CORDON_SLACK_INSTALLATIONS names, found one from ${teamId ?? 'no workspace'} of ${enterpriseId ?? 'no organisation'}. Add it with its bot token, or uninstall the app there.`,
  );
}

/** A Bolt app that takes nothing from a workspace that it is not set up for, and says so where Slack shows an answer. */
export class GuardedApp extends App {
  readonly #workspaces: Workspaces;
  readonly #log: Log;

  constructor(options: AppOptions, workspaces: Workspaces, log: Log) {
    super(options);
    this.#workspaces = workspaces;
    this.#log = log;
  }

  override async processEvent(event: ReceiverEvent): Promise<void> {
    const source = sourceOf(event.body);
    if (this.#workspaces.find(source) !== undefined) return super.processEvent(event);
    this.#log.error(
      {
        code: 'cordon_slack_unknown_workspace',
        team: source.teamId ?? '',
        enterprise: source.enterpriseId ?? '',
      },
      'a request from a workspace that CORDON_SLACK_INSTALLATIONS does not name was refused',
    );
    await event.ack(
      typeof event.body.command === 'string'
        ? {
            response_type: 'ephemeral',
            text: 'Cordon is not set up for this workspace. Nothing was done; ask whoever runs it.',
          }
        : undefined,
    );
  }
}

/** Commands and events name their workspace flat, what is pressed in an object. */
function sourceOf(body: Record<string, unknown>): SlackSource {
  return {
    teamId: idOf(body.team_id) ?? idOf(body.team),
    enterpriseId: idOf(body.enterprise_id) ?? idOf(body.enterprise),
  };
}

function idOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  return typeof value.id === 'string' ? value.id : undefined;
}
