import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../src/config.ts';
import { readRoles } from '../../../src/main/roles.ts';

const server = { DATABASE_URL: 'postgres://127.0.0.1/cordon' };
const roles = (text: string | undefined, environment: Record<string, string> = {}) =>
  [...readRoles(text, readConfig(environment))].sort();
const codeOf = (text: string | undefined, environment: Record<string, string> = {}) => {
  try {
    roles(text, environment);
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('--roles', () => {
  test('is everything when it is left out', () => {
    expect(roles(undefined)).toEqual(['intake', 'slack', 'worker']);
    expect(roles(undefined, server)).toEqual(['intake', 'slack', 'worker']);
  });

  test('takes any of them on a server', () => {
    expect(roles('worker', server)).toEqual(['worker']);
    expect(roles('intake, worker', server)).toEqual(['intake', 'worker']);
  });

  test.each([
    ['a part alone on the embedded database', 'worker', {}, 'cordon_serve_roles_need_server'],
    ['an unknown role', 'dancer', server, 'cordon_serve_unknown_role'],
    ['an empty list', '', server, 'cordon_serve_unknown_role'],
    ['Slack alone without Slack', 'slack', server, 'cordon_serve_nothing_to_do'],
    [
      'a bot token without a way in',
      undefined,
      { SLACK_BOT_TOKEN: 'xoxb-1' },
      'cordon_serve_slack_incomplete',
    ],
  ])('refuses %s', (_what, text, environment: Record<string, string>, code) => {
    expect(codeOf(text, environment)).toBe(code);
  });

  test('takes the whole list on the embedded database', () => {
    expect(roles('intake,worker,slack')).toHaveLength(3);
  });
});
