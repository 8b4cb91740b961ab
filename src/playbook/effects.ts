import type { JsonObject } from '../json.ts';
import { PlaybookError } from './error.ts';
import { NOTIFY } from './machine.ts';
import type { ChartEffect, OpenInvocation } from './types.ts';

/** An executable action as `transition` returns it; only its name and data are read, it is never executed. */
export interface XstateAction {
  readonly type: string;
  readonly params?: unknown;
}

/**
 * Reads XState's effects in its order, which matters: a timer is cancelled before it is scheduled again
 * under the same name, an invocation withdrawn before it is opened again under the same id. Throws
 * `cordon_playbook_unknown_effect`.
 */
export function readEffects(
  actions: readonly XstateAction[],
  open: readonly OpenInvocation[],
): { readonly effects: readonly ChartEffect[]; readonly openInvocations: readonly OpenInvocation[] } {
  const effects: ChartEffect[] = [];
  const openNow = new Map(open.map((invocation) => [invocation.id, invocation]));
  for (const action of actions) {
    const params = fieldsOf(action.params);
    switch (action.type) {
      case 'xstate.spawnChild': {
        // Input is what `machine.ts` computed for this invoke: a map of JSON values.
        const invocation = {
          id: text(params.id),
          src: text(params.src),
          input: fieldsOf(params.input) as JsonObject,
        };
        openNow.set(invocation.id, invocation);
        effects.push({ kind: 'invoke', ...invocation });
        break;
      }
      case 'xstate.stopChild': {
        // Without params the child was not open any more: its outcome is what caused the step.
        const id = action.params === undefined ? undefined : text(params.id);
        if (id !== undefined && openNow.delete(id)) effects.push({ kind: 'withdraw', id });
        break;
      }
      case 'xstate.raise': {
        // A raise without delay is already consumed inside the step.
        if (typeof params.delay !== 'number') break;
        const event = text(fieldsOf(params.event).type);
        effects.push({ kind: 'schedule', timer: text(params.id), event, delayMs: params.delay });
        break;
      }
      case 'xstate.cancel':
        effects.push({ kind: 'unschedule', timer: text(params.sendId) });
        break;
      case NOTIFY:
        effects.push({
          kind: 'notify',
          name: text(params.name),
          params: fieldsOf(params.params) as JsonObject,
        }); // as above
        break;
      default:
        throw new PlaybookError(
          'cordon_playbook_unknown_effect',
          `expected an effect that Cordon knows, found ${action.type}: this version of XState is not supported`,
        );
    }
  }
  return { effects, openInvocations: [...openNow.values()] };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  // Any object can be read as a record of unknown fields.
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new PlaybookError(
    'cordon_playbook_unknown_effect',
    `expected a name in an effect of the statechart, found ${typeof value}: this version of XState is not supported`,
  );
}
