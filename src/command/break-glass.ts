import { z } from 'zod';
import { resumeAnswered } from '../incident/approval.ts';
import { brokenGlass, isReviewOpen } from '../incident/break-glass.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

const MINUTE_MS = 60_000;

/** Lets this incident contain without further approvals for some minutes; somebody else reviews it afterwards. */
export const breakGlass = defineCommand({
  id: 'break-glass',
  title: 'Break the glass',
  input: z.strictObject({
    reason: z.string().trim().min(1).max(2000),
    minutes: z.int().min(1).max(60).default(15),
  }),
  decide(draft, { reason, minutes }, person) {
    const broken = brokenGlass(draft);
    if (broken !== null) {
      return refused(
        'cordon_command_not_now',
        `${broken.by} has broken the glass until ${broken.until} already`,
      );
    }
    if (isReviewOpen(draft.record)) {
      return refused(
        'cordon_review_open',
        'the glass was broken before and nobody has reviewed it; review that first',
      );
    }
    if (draft.status !== 'open') {
      return refused(
        'cordon_command_not_now',
        `the incident is ${draft.status}: there is nothing to contain`,
      );
    }
    const until = new Date(draft.env.now.getTime() + minutes * MINUTE_MS).toISOString();
    draft.record = {
      ...draft.record,
      breakGlass: { by: person.id, reason, at: draft.at, until, review: null },
    };
    draft.log(
      'break-glass.opened',
      actorOf(person),
      `${person.id} broke the glass until ${until}: ${reason}`,
      {
        reason,
        until,
      },
    );
    draft.post('card', {}, { merge: 'card' });
    const answered = resumeAnswered(draft);
    return done(
      `containment runs without approvals until ${until} (${answered} waited); somebody else reviews it: cordon review`,
    );
  },
});

/** Says whether breaking the glass was right: by somebody else, afterwards, on the record. */
export const review = defineCommand({
  id: 'review',
  title: 'Review a broken glass',
  input: z.strictObject({
    verdict: z.enum(['justified', 'unjustified']),
    note: z.string().trim().min(1).max(2000),
  }),
  decide(draft, { verdict, note }, person) {
    const { breakGlass: broken } = draft.record;
    if (broken === undefined || broken.review !== null) {
      return refused(
        'cordon_command_not_now',
        'there is nothing to review: nobody broke the glass, or it was reviewed',
      );
    }
    if (broken.by === person.id) {
      return refused('cordon_review_own', 'you broke the glass yourself; somebody else must review it');
    }
    draft.record = {
      ...draft.record,
      breakGlass: { ...broken, review: { by: person.id, at: draft.at, verdict, note } },
    };
    draft.log('break-glass.reviewed', actorOf(person), `${person.id} found it ${verdict}: ${note}`, {
      verdict,
      note,
      brokenBy: broken.by,
    });
    draft.post('card', {}, { merge: 'card' });
    return done(`reviewed: ${verdict}`);
  },
});
