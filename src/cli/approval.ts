import { CliError } from './error.ts';
import type { Incident } from './incident.ts';
import { nameOf } from './incident.ts';

// 32 bits: enough to tell the plans of one incident apart, short enough to type.
const LEAST_DIGEST = 8;

/** The approval whose plan's digest begins so. Throws `cordon_cli_usage`, `cordon_cli_no_approval`. */
export function findApproval(incident: Incident, plan: string): Incident['approvals'][number] {
  if (!/^[0-9a-f]+$/.test(plan) || plan.length < LEAST_DIGEST) {
    throw new CliError(
      'cordon_cli_usage',
      `expected at least ${LEAST_DIGEST} hex digits of the plan’s digest, as "cordon show ${nameOf(incident)}" prints it`,
    );
  }
  const matching = incident.approvals.filter((approval) => approval.digest.startsWith(plan));
  const open = matching.filter((approval) => approval.status === 'open');
  // Of settled ones any will do: the engine says what became of it.
  const found = open[0] ?? matching[0];
  if (found === undefined || open.length > 1) {
    throw new CliError(
      'cordon_cli_no_approval',
      `expected one plan of ${nameOf(incident)} with a digest that begins so, found ${matching.length}; the plan may have changed: look at it again with "cordon show ${nameOf(incident)}"`,
    );
  }
  return found;
}
