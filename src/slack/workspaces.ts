import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { systemWord } from '../error.ts';
import { SlackError } from './failure.ts';

/**
 * The workspaces that the app is installed in, and the token of each. A request is worked on with the token of the
 * workspace or organisation that it comes from, found for it alone and handed along with it: there is no token that is
 * swapped for the next request while the work of the last one still goes on.
 */
export interface Workspaces {
  /** Where incidents' channels are opened. */
  readonly incidentsToken: string;
  /** All of them, for whoever looks whether they can be reached. */
  readonly all: readonly { readonly name: string; readonly botToken: string }[];
  /** `undefined` for a workspace that the app is not set up for. */
  find(source: SlackSource): Workspace | undefined;
}

interface Workspace {
  readonly botToken: string;
  /** The workspace of the incidents, whose members are known by their bare ids. */
  readonly incidents: boolean;
}

/** Which workspace a request comes from, as Slack says in it: under its signature, or on the connection of the app. */
export interface SlackSource {
  readonly teamId: string | undefined;
  readonly enterpriseId: string | undefined;
}

const installation = z
  .strictObject({
    team: z
      .string()
      .regex(/^T[A-Z0-9]{2,30}$/, 'must be the id of a workspace such as T0123ABCD')
      .optional(),
    enterprise: z
      .string()
      .regex(/^E[A-Z0-9]{2,30}$/, 'must be the id of an organisation such as E0123ABCD')
      .optional(),
    botToken: z.string().regex(/^xoxb-\S{1,500}$/, 'must be a bot token, which begins with xoxb-'),
  })
  .refine(({ team, enterprise }) => (team === undefined) !== (enterprise === undefined), {
    message: 'must have either team or enterprise',
  });

const installations = z
  .strictObject({ incidents: z.string(), installations: z.array(installation).min(1).max(500) })
  .superRefine((file, context) => {
    const ids = file.installations.map(({ team, enterprise }) => team ?? enterprise ?? '');
    const twice = ids.find((id, index) => ids.indexOf(id) !== index);
    if (twice !== undefined) {
      context.addIssue({ code: 'custom', path: ['installations'], message: `has ${twice} twice` });
    }
    if (!ids.includes(file.incidents)) {
      context.addIssue({
        code: 'custom',
        path: ['incidents'],
        message: 'must be the id of one of installations',
      });
    }
  });

/** Reads the file that `CORDON_SLACK_INSTALLATIONS` names. Throws `cordon_slack_bad_installations`, never with a token. */
export async function readInstallations(file: string): Promise<Workspaces> {
  const bad = (found: string) =>
    new SlackError(
      'cordon_slack_bad_installations',
      `Expected CORDON_SLACK_INSTALLATIONS to name a JSON file {"incidents": "T…", "installations": [{"team": "T…", "botToken": "xoxb-…"}]}, found: ${found}. Correct the file ${file}; see docs/slack.md.`,
    );
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw bad(`a file that cannot be read${systemWord(error)}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser quotes what it stumbled over, which may be a token.
    throw bad('no JSON');
  }
  const parsed = installations.safeParse(json);
  if (!parsed.success) {
    throw bad(
      parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'} ${message}`).join('; '),
    );
  }
  return workspacesOf(parsed.data);
}

function workspacesOf(file: z.infer<typeof installations>): Workspaces {
  const byId = new Map(
    file.installations.map(({ team, enterprise, botToken }) => [
      team ?? enterprise ?? '',
      { botToken, incidents: (team ?? enterprise) === file.incidents },
    ]),
  );
  const incidents = byId.get(file.incidents);
  if (incidents === undefined) throw new Error('expected the schema to have checked incidents');
  return {
    incidentsToken: incidents.botToken,
    all: [...byId].map(([name, { botToken }]) => ({ name, botToken })),
    // An installation in the workspace itself goes before one in its whole organisation.
    find: ({ teamId, enterpriseId }) => byId.get(teamId ?? '') ?? byId.get(enterpriseId ?? ''),
  };
}

/** The app in one workspace, whichever that is: requests carry the signature of an app that is installed nowhere else. */
export function oneWorkspace(botToken: string): Workspaces {
  return {
    incidentsToken: botToken,
    all: [{ name: 'SLACK_BOT_TOKEN', botToken }],
    find: () => ({ botToken, incidents: true }),
  };
}
