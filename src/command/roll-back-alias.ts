import { z } from 'zod';
import { signalCharts } from '../incident/chart.ts';
import { takeLead } from '../incident/people.ts';
import { actorOf, defineCommand, done, refused } from './command.ts';

/**
 * Asks the playbook to point an alias at a version that the person knows to be good, by the hash of its code: the number
 * alone says nothing, since an attacker may have published it. The guardrails may ask somebody else first.
 */
export const rollBackAlias = defineCommand({
  id: 'roll-back-alias',
  title: 'Roll an alias back to known-good code',
  input: z.strictObject({
    alias: z.string().regex(/^(?!\d+$)[a-zA-Z0-9_-]{1,128}$/, 'expected the name of an alias'),
    version: z.string().regex(/^\d{1,20}$/, 'expected the number of a published version'),
    codeSha256: z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=$/, 'expected a CodeSha256 as Lambda shows it: 44 characters of base64'),
    functionArn: z.string().min(1).max(2048).optional(),
    reason: z.string().min(1).max(2000),
  }),
  decide(draft, { alias, version, codeSha256, functionArn, reason }, person) {
    const { targets } = draft.record;
    const named = targets.filter((target) => functionArn === undefined || target.functionArn === functionArn);
    const [target] = named;
    if (target === undefined || named.length > 1) {
      return refused(
        'cordon_command_bad_input',
        `expected the ARN of one target of this incident, which has ${targets.map((each) => each.functionArn).join(', ')}`,
      );
    }
    draft.askedBy = person.id;
    const payload = { functionArn: target.functionArn, alias, version, codeSha256, by: person.id, reason };
    const taken = signalCharts(draft, 'roll-back.requested', payload);
    draft.askedBy = null;
    if (!taken) {
      return refused(
        'cordon_command_not_now',
        'the playbook rolls nothing back where it stands: it is at another rung, or past containment; "show" says where it is',
      );
    }
    draft.log(
      'command.accepted',
      actorOf(person),
      `${person.id} asked to roll ${alias} of ${target.functionName} back to version ${version}: ${reason}`,
      { command: 'roll-back-alias', functionArn: target.functionArn, alias, version, codeSha256, reason },
    );
    takeLead(draft, person);
    return done(
      `asked for: ${alias} is pointed at version ${version}, if its code is what you said and the guardrails agree`,
    );
  },
});
