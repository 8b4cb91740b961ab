import { z } from 'zod';
import { actorOf, defineCommand, done, refused } from './command.ts';
import { namedPerson } from './named-person.ts';

const WORDS = { mine: 'it was them', 'not-mine': 'it was not them', unsure: 'they are not sure' } as const;

/** What a person says of what their own identity did: kept as a claim, which decides nothing. */
export const claim = defineCommand({
  id: 'claim',
  title: 'Say whether it was you',
  input: z.strictObject({
    answer: z.enum(['mine', 'not-mine', 'unsure']),
    note: z.string().min(1).max(1000).optional(),
  }),
  decide(draft, { answer, note }, person) {
    const suspects = draft.record.suspects ?? [];
    const own = suspects.find(({ responder }) => responder === person.id);
    if (own === undefined) {
      return refused(
        'cordon_command_not_now',
        'no identity of yours is part of this incident; "note" adds to the timeline',
      );
    }
    const said = { ...own, claim: { answer, note: note ?? null, at: draft.at } };
    draft.record = { ...draft.record, suspects: suspects.map((each) => (each === own ? said : each)) };
    draft.log(
      'identity.claimed',
      actorOf(person),
      `${person.id} says that ${WORDS[answer]} (${own.principal}): a claim, no verdict`,
      { principal: own.principal, answer, note: note ?? null },
    );
    draft.post('announce', { name: 'identity-claimed', by: person.id, answer, principal: own.principal });
    draft.post('card', {}, { merge: 'card' });
    return done('kept as your claim; the triage is for others');
  },
});

/** Lets a suspect take part again, as somebody else says. */
export const clear = defineCommand({
  id: 'clear',
  title: 'Clear a suspect',
  input: z.strictObject({ to: z.string().min(1).max(200), reason: z.string().min(1).max(2000) }),
  decide(draft, { to, reason }, person) {
    const named = namedPerson(draft, to, person);
    if (named.kind === 'nobody') return named.result;
    const suspects = draft.record.suspects ?? [];
    const left = suspects.filter(({ responder }) => responder !== named.id);
    if (left.length === suspects.length) return done(`${named.id} is no suspect of this incident`);
    draft.record = { ...draft.record, suspects: left };
    draft.log('suspect.cleared', actorOf(person), `${person.id} cleared ${named.id}: ${reason}`, {
      responder: named.id,
      reason,
    });
    draft.post('invite', { responder: named.id });
    draft.post('card', {}, { merge: 'card' });
    return done(`${named.id} may take part again`);
  },
});
