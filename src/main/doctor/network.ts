import { createServer } from 'node:net';
import { codeOf, describeError } from '../../error.ts';
import { checkSenders } from '../../intake/senders.ts';
import type { Workspaces } from '../../slack/workspaces.ts';
import { slackWorkspaces } from '../slack-parts.ts';
import type { Finding } from './finding.ts';
import { fail, off, ok, warn } from './finding.ts';
import type { Patient } from './patient.ts';

/** What people and machines come in by: webhook, Slack, and the ports of both. */
export async function networkFindings(patient: Patient): Promise<readonly Finding[]> {
  const { config } = patient;
  const { slack } = config;
  const ports = [port(patient, 'webhook port', config.httpHost, config.httpPort)];
  if (slack !== undefined && slack.appToken === undefined) {
    ports.push(port(patient, 'slack port', '0.0.0.0', slack.port));
  }
  return [senders(patient), ...(await Promise.all([...ports, slackOf(patient)]))];
}

function senders({ config }: Patient): Finding {
  const name = 'webhook senders';
  const names = Object.keys(config.webhookSecrets);
  try {
    checkSenders(config.webhookSecrets);
  } catch (error) {
    return fail(name, `${codeOf(error)}: ${describeError(error)}`, 'correct CORDON_WEBHOOK_SECRETS');
  }
  return names.length === 0
    ? off(name, 'none: alerts come from the queue or the command line')
    : ok(name, names.join(', '));
}

async function port({ holder }: Patient, name: string, host: string, number: number): Promise<Finding> {
  if (number === 0) return ok(name, 'any free one');
  const free = await new Promise<string | null>((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve('code' in error ? String(error.code) : 'refused'));
    probe.listen(number, host, () => probe.close(() => resolve(null)));
  });
  if (free === null) return ok(name, `${number} is free`);
  return holder?.kind === 'serve'
    ? ok(name, `${number} is taken, by the running engine as it seems`)
    : warn(name, `${number} on ${host} cannot be had (${free})`, 'end what has it, or choose another port');
}

async function slackOf({ config }: Patient): Promise<Finding> {
  const name = 'slack';
  const { slack } = config;
  if (slack === undefined) return off(name, 'not configured; people use the command line');
  if ((slack.appToken ?? slack.signingSecret) === undefined) {
    return fail(
      name,
      'a bot token alone cannot be talked to',
      'set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP',
    );
  }
  const { reachSlack } = await import('../../slack/reach.ts');
  let workspaces: Workspaces;
  try {
    workspaces = await slackWorkspaces(slack);
  } catch (error) {
    return fail(name, `${codeOf(error)}: ${describeError(error)}`, 'correct CORDON_SLACK_INSTALLATIONS');
  }
  const reached = await Promise.all(
    workspaces.all.map(async (workspace) => ({
      of: workspace.name,
      ...(await reachSlack({
        botToken: workspace.botToken,
        ...(slack.apiUrl === undefined ? {} : { apiUrl: slack.apiUrl }),
      })),
    })),
  );
  const failed = reached.flatMap((one) => (one.kind === 'failed' ? [`${one.of}: ${one.reason}`] : []));
  if (failed.length > 0) {
    return fail(
      name,
      `auth.test failed: ${failed.join('; ')}`,
      'correct the bot tokens that it names; the app must be installed there',
    );
  }
  // Another workspace's token under this id would answer its people with somebody else's.
  const mixed = reached.flatMap((one) =>
    one.kind === 'reached' &&
    slack.tokens.kind === 'several' &&
    one.id !== one.of &&
    one.enterprise !== one.of
      ? [`the token of ${one.of} is that of ${one.id}`]
      : [],
  );
  if (mixed.length > 0) return fail(name, mixed.join('; '), 'correct CORDON_SLACK_INSTALLATIONS');
  return ok(
    name,
    reached.flatMap((one) => (one.kind === 'reached' ? [`${one.user} in ${one.team}`] : [])).join(', '),
  );
}
