import type { Config } from '../../config.ts';
import { loadEnrolment, loadGuardrails, loadPlaybooks } from '../../definitions.ts';
import type { Enrolment } from '../../enrolment/enrolment.ts';
import { responderByCli } from '../../enrolment/enrolment.ts';
import { codeOf, describeError } from '../../error.ts';
import { inspectGuardrails } from '../../guardrail/check.ts';
import type { Finding } from './finding.ts';
import { fail, off, ok, warn } from './finding.ts';

/** What people wrote: enrolment, playbooks, guardrails. */
export async function definitionFindings(
  config: Config,
): Promise<{ readonly findings: readonly Finding[]; readonly enrolment: Enrolment | null }> {
  const { finding, enrolment } = await enrolmentOf(config);
  const identity = enrolment === null ? [] : [identityOf(config, enrolment)];
  return {
    findings: [finding, ...identity, await playbooksOf(config), await guardrailsOf(config)],
    enrolment,
  };
}

async function enrolmentOf(config: Config): Promise<{ finding: Finding; enrolment: Enrolment | null }> {
  const name = 'enrolment';
  let enrolment: Enrolment;
  try {
    enrolment = await loadEnrolment(config.enrolmentFile);
  } catch (error) {
    return { finding: problem(name, error, 'mend each place that it names'), enrolment: null };
  }
  if (!enrolment.configured) {
    const finding = off(name, 'none: every account is observed, nothing is written to any');
    return { finding, enrolment };
  }
  const count = (mode: string) => enrolment.accounts.filter((account) => account.mode === mode).length;
  const found = `${enrolment.accounts.length} accounts (${count('observe')} observe, ${count('ask')} ask, ${count('act')} act), ${enrolment.responders.length} responders, ${enrolment.exclusions.length} exclusions`;
  const approvers = enrolment.responders.filter(({ roles }) => roles.includes('approver'));
  const finding =
    count('ask') + count('act') > 0 && approvers.length === 0
      ? warn(
          name,
          `${found}; nobody is an approver`,
          'give somebody the role approver: plans that ask wait for one',
        )
      : ok(name, found);
  return { finding, enrolment };
}

function identityOf(config: Config, enrolment: Enrolment): Finding {
  const name = 'your identity';
  const responder = responderByCli(enrolment, config.cliIdentity);
  return responder === undefined
    ? warn(
        name,
        'no responder of the enrolment file has your CLI name',
        'set CORDON_USER to it, or have yourself added with your roles: without it you can look, not act',
      )
    : ok(name, `${responder.id}, with the roles ${responder.roles.join(', ')}`);
}

async function playbooksOf(config: Config): Promise<Finding> {
  const name = 'playbooks';
  try {
    const playbooks = await loadPlaybooks(config.playbooksDir);
    if (playbooks.length > 0) {
      return ok(name, playbooks.map(({ id, version }) => `${id} (version ${version})`).join(', '));
    }
    return fail(name, 'the folder has none', 'every alert would be refused: put a playbook there');
  } catch (error) {
    return problem(name, error, 'run cordon playbook check on each file of the folder');
  }
}

async function guardrailsOf(config: Config): Promise<Finding> {
  const name = 'guardrails';
  try {
    const { guardrails, diagnostics } = inspectGuardrails(await loadGuardrails(config.guardrailsDir));
    const [first] = diagnostics;
    return first === undefined
      ? ok(name, `${guardrails.length} policies`)
      : fail(
          name,
          `${diagnostics.length} faults, the first at ${first.file}:${first.line}:${first.column}: ${first.message}`,
          'cordon guardrail check names them all',
        );
  } catch (error) {
    return problem(name, error, 'correct the folder of CORDON_GUARDRAILS');
  }
}

function problem(name: string, error: unknown, mend: string): Finding {
  return fail(name, `${codeOf(error)}: ${describeError(error)}`, mend);
}
