import { z } from 'zod';
import { formatFunctionArn, parseFunctionArn } from '../alert/arn.ts';
import { tierFor } from '../enrolment/enrolment.ts';
import { addTarget as add } from '../incident/add-target.ts';
import { startNotifications } from '../incident/notification.ts';
import { takeLead } from '../incident/people.ts';
import { defineCommand, done, refused } from './command.ts';

/** Adds a function to a running incident: it is contained, and its evidence collected, like the first. */
export const addTarget = defineCommand({
  id: 'add-target',
  title: 'Add a function to the incident',
  input: z.strictObject({
    functionArn: z.string().min(1).max(2048),
    reason: z.string().min(1).max(2000),
  }),
  target({ functionArn }, enrolment) {
    const arn = parseFunctionArn(functionArn);
    if (arn === null) return null;
    const { qualifier: _qualifier, ...unqualified } = arn; // concurrency and quarantine are the whole function's
    const place = { ...unqualified, functionArn: formatFunctionArn(unqualified) };
    // Its roles come from its manifest, which is the first thing that its own child reads.
    return { ...place, roles: [], tags: {}, tier: tierFor(enrolment, place) };
  },
  reads: 'left',
  decide(draft, { reason }, person, target, { left }) {
    if (target === null) {
      return refused(
        'cordon_command_bad_input',
        'expected the ARN of a Lambda function, as arn:aws:lambda:REGION:ACCOUNT:function:NAME',
      );
    }
    switch (add(draft, target, person.id, left)) {
      case 'already-there':
        return done(`${target.functionName} is a target of this incident already`);
      case 'not-now':
        return refused(
          'cordon_command_not_now',
          'the playbook takes no further target where it stands (it is releasing, or over); submit an alert about the function instead',
        );
      case 'added': {
        const actor = { kind: 'responder', id: person.id, via: person.via } as const;
        draft.log('command.accepted', actor, `${person.id} added ${target.functionName}: ${reason}`, {
          command: 'add-target',
          functionArn: target.functionArn,
          reason,
        });
        startNotifications(draft);
        takeLead(draft, person);
        return done(`added ${target.functionName}; it is being contained`);
      }
    }
  },
});
