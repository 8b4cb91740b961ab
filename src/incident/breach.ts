import type { Look } from '../action/containment-watch.ts';
import type { Target } from '../action/ports.ts';
import type { Draft } from './draft.ts';
import { pageRole } from './escalation.ts';
import { fallTo } from './level.ts';
import type { Watch } from './watch-state.ts';

/**
 * Something got through after the cut-off: recorded, told, and people are called, for nobody may go on believing that
 * the function is contained.
 */
export function breach(draft: Draft, target: Target, through: Watch['through'], look: Look): void {
  const calls = [...new Set(through.map((each) => each.call))];
  const shown = `${calls.slice(0, 5).join(', ')}${calls.length > 5 ? ` and ${calls.length - 5} more` : ''}`;
  const first = through.map((each) => each.at).sort()[0] ?? draft.at;
  draft.log(
    'containment.breached',
    { kind: 'engine' },
    `${target.functionName}: ${through.length} ${through.length === 1 ? 'call' : 'calls'} got through after the cut-off: ${shown}`,
    {
      target: target.functionArn,
      firstAt: first,
      through: through.map((each) => ({ ...each })),
      next: look.next,
      roles: look.nextRoles,
    },
  );
  const already = draft.record.levels[target.functionArn] === 'breached';
  fallTo(draft, target, 'breached', `${shown} got through since ${first}`);
  draft.post('announce', {
    name: 'containment-breached',
    functionArn: target.functionArn,
    calls: calls.slice(0, 10),
    since: first,
  });
  // Once a breach: what gets through meanwhile is told, and calls nobody again.
  if (!already) pageRole(draft, { to: 'commander', reason: 'containment-breached' });
}
