import { z } from 'zod';
import { takeLead } from '../incident/people.ts';
import { rollbackOf, startRollback } from '../incident/rollback.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

/** Undoes one action of the incident, while the rest of it stays contained. */
export const rollback = defineCommand({
  id: 'rollback',
  title: 'Undo one action',
  input: z.strictObject({ action: z.string().min(1).max(2500), reason: z.string().min(1).max(2000) }),
  decide(draft, { action, reason }, person) {
    if (draft.status === 'closed') {
      return refused('cordon_command_not_now', 'the response is over: what it left is released by its owner');
    }
    const found = rollbackOf(draft, action);
    switch (found.kind) {
      case 'none':
        return refused(
          'cordon_rollback_unknown',
          `expected an action that this incident holds something by; there is none of that name. Held: ${named(found.names) || 'nothing'}`,
        );
      case 'several':
        return refused(
          'cordon_rollback_ambiguous',
          `expected one object; this action holds several. Name one: ${named(found.names)}`,
        );
      case 'busy':
        return refused(
          'cordon_command_not_now',
          'something is being done about it already: its write, its release or a rollback is under way; "show" says which',
        );
      case 'holds': {
        const { holds } = found;
        const objects = [...new Set(holds.map((hold) => hold.object.arn))];
        const names = [...new Set(holds.map((hold) => hold.action))];
        if (!startRollback(draft, holds, person.id)) {
          return refused(
            'cordon_command_not_now',
            'the attempt that put it is not known any more; use "release"',
          );
        }
        draft.log(
          'command.accepted',
          actorOf(person),
          `${person.id} asked to undo ${names.join(', ')} on ${objects.join(', ')}: ${reason}`,
          {
            command: 'rollback',
            action: names.join(', '),
            objects,
            holds: holds.map(({ id }) => id),
            reason,
          },
        );
        draft.post('card', {}, { merge: 'card' });
        takeLead(draft, person);
        return done(
          `${names.join(', ')} on ${objects.join(', ')} is undone, step by step; the rest stays contained`,
        );
      }
    }
  },
});

// A refusal is read in a line: all of a large incident's holds would be no help.
const SHOWN = 10;

function named(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `${names.slice(0, SHOWN).join(', ')}${more}`;
}
