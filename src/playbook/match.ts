import type { Alert } from '../alert/alert.ts';
import type { CompiledPlaybook } from './compile.ts';

/**
 * Chooses the playbook for an alert: of all triggers whose `when` holds, the one of the lowest `order`,
 * and of equals the playbook whose id sorts first. `undefined` when none holds. Throws
 * `cordon_expression_failed`: an alert that a trigger cannot judge goes to a person, not to the next one.
 */
export function matchPlaybook(
  playbooks: readonly CompiledPlaybook[],
  alert: Alert,
): CompiledPlaybook | undefined {
  return playbooks
    .flatMap((playbook) => playbook.triggers.map((trigger) => ({ playbook, trigger })))
    .sort((a, b) => a.trigger.order - b.trigger.order || (a.playbook.id < b.playbook.id ? -1 : 1))
    .find(({ trigger }) => trigger.when.evaluate({ alert }) === true)?.playbook;
}
