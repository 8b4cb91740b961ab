import { z } from 'zod';
import { setSeverity } from '../incident/people.ts';
import { defineCommand, done, refused } from './command.ts';

/** Changes the severity, with the reason: who is woken and what may close depend on it. */
export const severity = defineCommand({
  id: 'severity',
  title: 'Change the severity',
  input: z.strictObject({ severity: z.int().min(1).max(4), reason: z.string().min(1).max(2000) }),
  decide(draft, input, person) {
    const was = draft.record.severity;
    if (was === input.severity) return refused('cordon_command_not_now', `the severity is ${was} already`);
    setSeverity(draft, person, input.severity, input.reason);
    return done(`severity ${input.severity} (was ${was}): ${input.reason}`);
  },
});
