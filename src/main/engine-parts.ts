import type { Config } from '../config.ts';
import {
  loadEnrolment,
  loadGuardrails,
  loadOwners,
  loadPlaybooks,
  PLAYBOOK_CATALOGUE,
} from '../definitions.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { GuardrailFiles } from '../guardrail/check.ts';
import type { Ids } from '../id.ts';
import type { WorkerSession } from '../incident/worker.ts';
import type { OwnerRule } from '../inventory/owners.ts';
import type { CompiledPlaybook } from '../playbook/compile.ts';
import { compilePlaybook } from '../playbook/compile.ts';

/** What people write, loaded and checked before anything is opened. */
export interface Definitions {
  readonly enrolment: Enrolment;
  readonly playbooks: readonly CompiledPlaybook[];
  readonly guardrails: GuardrailFiles;
  /** Who owns what, from the owners file; empty without one. */
  readonly owners: readonly OwnerRule[];
}

/** Loads what the configuration names. Throws by code when one of them is not sound. */
export async function loadDefinitions(config: Config): Promise<Definitions> {
  return {
    enrolment: await loadEnrolment(config.enrolmentFile),
    playbooks: await loadPlaybooks(config.playbooksDir),
    guardrails: await loadGuardrails(config.guardrailsDir),
    owners: await loadOwners(config.ownersFile),
  };
}

/** The session of a process that performs nothing: it owns nothing, so it need not prove that it lives. */
export function idleSession(ids: Ids): WorkerSession {
  return { id: ids.next('wrk'), isLive: () => false, stop: async () => {} };
}

/** Compiles a document that an incident runs on and that this version no longer ships. */
export function compileStored(source: string): CompiledPlaybook {
  return compilePlaybook(source, PLAYBOOK_CATALOGUE);
}
