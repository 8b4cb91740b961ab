import type { ChartId } from '../id.ts';
import type { JsonObject } from '../json.ts';
import type { Draft } from './draft.ts';
import type { InvocationRow } from './state.ts';

/** Opens an invocation: of a playbook by the id that XState gave it, or the engine's own by its kind, of which no playbook hears. */
export function openInvocation(
  draft: Draft,
  opened: {
    readonly chart: ChartId;
    readonly xstateId: string;
    readonly src: string;
    readonly input: JsonObject;
  },
): InvocationRow {
  const invocation: InvocationRow = {
    id: draft.env.ids.next('inv'),
    ...opened,
    status: 'open',
    output: null,
    openedAt: draft.at,
    closedAt: null,
    answeredBy: null,
  };
  draft.putInvocation(invocation);
  return invocation;
}
