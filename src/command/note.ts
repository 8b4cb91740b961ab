import { z } from 'zod';
import { defineCommand, done } from './command.ts';

/** Adds a person's words to the timeline. */
export const note = defineCommand({
  id: 'note',
  title: 'Add a note to the timeline',
  input: z.strictObject({ text: z.string().min(1).max(4000) }),
  decide(draft, input, person) {
    draft.log(
      'note.added',
      { kind: 'responder', id: person.id, via: person.via },
      `${person.id}: ${input.text}`,
      { text: input.text },
    );
    return done('noted');
  },
});
