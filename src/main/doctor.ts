import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { ConfigError, readConfig, settingsGiven } from '../config.ts';
import { codeOf, describeError } from '../error.ts';
import { SETTINGS } from '../settings.ts';
import { folderHolder } from '../store/folder-lock.ts';
import { awsFindings } from './doctor/aws.ts';
import { custodyFindings } from './doctor/custody.ts';
import { databaseFindings } from './doctor/database.ts';
import { definitionFindings } from './doctor/definitions.ts';
import type { Finding } from './doctor/finding.ts';
import { fail, ok, warn } from './doctor/finding.ts';
import { folderFindings } from './doctor/folder.ts';
import { networkFindings } from './doctor/network.ts';
import type { Patient } from './doctor/patient.ts';

// engines in package.json.
const LEAST_NODE = [20, 19] as const;

/**
 * Examines the configuration and everything that it names, and says how to mend what is wrong. Changes nothing;
 * asks AWS, Slack and servers only where they are configured. Never shows a value of a secret setting.
 */
export async function examine(options: {
  readonly clock: Clock;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}): Promise<readonly Finding[]> {
  const { clock, environment } = options;
  const findings: Finding[] = [node(), ...settings(environment)];
  let config: Config;
  try {
    config = environment === undefined ? readConfig() : readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.push(fail('configuration', error.message, 'correct the variables that it names, and ask again'));
    return findings;
  }
  findings.push(ok('configuration', 'every variable can be read'));
  const holder = config.databaseUrl === undefined ? await folderHolder(config.dataDir) : undefined;
  const definitions = await definitionFindings(config);
  const patient: Patient = { config, clock, holder, enrolment: definitions.enrolment };
  findings.push(...definitions.findings);
  const parts = [folderFindings, databaseFindings, networkFindings, awsFindings, custodyFindings];
  const found = await Promise.all(parts.map((part) => guarded(part, patient)));
  return [...findings, ...found.flat()];
}

/** A check that fails in a way nobody thought of is itself a finding, and keeps no other from being made. */
async function guarded(
  part: (patient: Patient) => Promise<readonly Finding[]>,
  patient: Patient,
): Promise<readonly Finding[]> {
  try {
    return await part(patient);
  } catch (error) {
    const found = `${codeOf(error)}: ${describeError(error)}`;
    return [fail(part.name, found, 'this check itself failed; please report it')];
  }
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
  return enough
    ? ok('node', process.versions.node)
    : fail('node', process.versions.node, `use Node ${LEAST_NODE.join('.')} or later`);
}

function settings(environment: Readonly<Record<string, string | undefined>> | undefined): readonly Finding[] {
  const given = environment === undefined ? settingsGiven() : settingsGiven(environment);
  const findings = SETTINGS.map(({ name, secret, fallback, purpose }): Finding => {
    if (given.has(name)) return ok(name, secret ? 'set (secret)' : 'set');
    const status = fallback.startsWith('none') ? 'off' : 'ok';
    return { name, status, found: `not set; ${fallback}`, mend: status === 'off' ? purpose : null };
  });
  const both = given.has('SLACK_APP_TOKEN') && given.has('SLACK_SIGNING_SECRET');
  return both
    ? [
        ...findings,
        warn(
          'slack transport',
          'both transports are configured; Socket Mode is used',
          'unset SLACK_APP_TOKEN to use HTTP',
        ),
      ]
    : findings;
}
