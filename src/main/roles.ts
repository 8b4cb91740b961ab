import type { Config } from '../config.ts';
import { CodedError } from '../error.ts';

export type ServeErrorCode =
  | 'cordon_serve_unknown_role'
  | 'cordon_serve_roles_need_server'
  | 'cordon_serve_nothing_to_do'
  | 'cordon_serve_slack_incomplete';

/** Why `cordon serve` does not start, before anything is opened. */
class ServeError extends CodedError<ServeErrorCode> {}

export const SERVE_ROLES = ['intake', 'worker', 'slack'] as const;
export type ServeRole = (typeof SERVE_ROLES)[number];

/**
 * Reads `--roles`. Throws `cordon_serve_unknown_role`; `cordon_serve_roles_need_server` for less than all of them
 * on the embedded database, which one process has to itself; `cordon_serve_nothing_to_do` and
 * `cordon_serve_slack_incomplete` where the configuration leaves a role without work.
 */
export function readRoles(text: string | undefined, config: Config): ReadonlySet<ServeRole> {
  const roles = text === undefined ? new Set(SERVE_ROLES) : parseRoles(text);
  if (config.databaseUrl === undefined && roles.size < SERVE_ROLES.length) {
    throw new ServeError(
      'cordon_serve_roles_need_server',
      'expected DATABASE_URL to be set: parts in processes of their own share a PostgreSQL server. Without it one process does everything: leave --roles out',
    );
  }
  const { slack } = config;
  if (roles.has('slack') && slack !== undefined && (slack.appToken ?? slack.signingSecret) === undefined) {
    throw new ServeError(
      'cordon_serve_slack_incomplete',
      'expected SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) beside SLACK_BOT_TOKEN; found neither',
    );
  }
  if (roles.size === 1 && roles.has('slack') && slack === undefined) {
    throw new ServeError(
      'cordon_serve_nothing_to_do',
      'expected SLACK_BOT_TOKEN to be set for --roles slack; this process would do nothing',
    );
  }
  return roles;
}

function parseRoles(text: string): ReadonlySet<ServeRole> {
  const names = text.split(',').map((name) => name.trim());
  const roles = new Set<ServeRole>();
  for (const name of names) {
    const role = SERVE_ROLES.find((known) => known === name);
    if (role === undefined) {
      throw new ServeError(
        'cordon_serve_unknown_role',
        `expected --roles to be a list of ${SERVE_ROLES.join(', ')}, found another word among them`,
      );
    }
    roles.add(role);
  }
  return roles;
}
