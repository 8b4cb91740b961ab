import { z } from 'zod';
import { actorOf, defineCommand, done, refused } from './command.ts';

/** Adds a person's words to the timeline, and when it happened if that was not now. */
export const note = defineCommand({
  id: 'note',
  title: 'Add a note to the timeline',
  input: z.strictObject({
    text: z.string().min(1).max(4000),
    at: z.iso.datetime({ offset: true }).optional(),
  }),
  decide(draft, { text, at }, person) {
    if (at !== undefined && Date.parse(at) > draft.env.now.getTime()) {
      return refused(
        'cordon_command_bad_time',
        `expected a time that has passed, found ${at}; a note says what happened`,
      );
    }
    // The entry has its place in the chain by when it was written; when it happened is what it says.
    const happenedAt = at === undefined ? null : new Date(at).toISOString();
    draft.log(
      'note.added',
      actorOf(person),
      `${person.id}${happenedAt === null ? '' : ` on ${happenedAt}`}: ${text}`,
      happenedAt === null ? { text } : { text, happenedAt },
    );
    return done(happenedAt === null ? 'noted' : `noted for ${happenedAt}`);
  },
});
