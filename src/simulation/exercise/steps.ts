import { z } from 'zod';
import { FORM_IDS } from '../../playbook/forms.ts';
import { arn, durationMs, id, matcher, named, oneOf, stamp, text, timing } from './terms.ts';

/** What happens in a scenario, and who does it: injects, the attacker's steps, the people's. */

const service = z.string().min(1).describe('`iam`, `lambda`, `sqs`, `secretsmanager`.');
const action = z
  .string()
  .regex(/^[A-Za-z0-9]+$/)
  .describe('The call, as the API names it.');
const request = z.record(z.string(), z.json());

const delivery = oneOf([
  z.strictObject({
    alert: z
      .strictObject({
        sender: id.describe('Name of the webhook’s sender.'),
        file: z
          .string()
          .regex(/^[\w./-]+\.json$/)
          .describe('A file beside the scenario, in the sender’s real format.'),
        stamp,
      })
      .describe('An alert, signed and sent to the webhook.'),
  }),
  z.strictObject({
    slack: z
      .strictObject({ from: id.describe('Who writes.'), text: text.describe('What they write.') })
      .describe('A person writes in the incident’s channel.'),
  }),
  z.strictObject({
    slackDown: z
      .strictObject({ for: durationMs.describe('How long.') })
      .describe('Slack answers every call with 503 for a while.'),
  }),
  z.strictObject({
    account: z
      .strictObject({
        from: id.describe('Who does it.'),
        user: named.describe('The user of the account with whose key.'),
        act: oneOf([
          z.strictObject({
            service: z.literal('iam'),
            action,
            parameters: request.describe('Parameters of a call of IAM.'),
            stamp,
          }),
          z.strictObject({
            service: z.literal('lambda'),
            redeploy: z
              .strictObject({ function: named, version: z.string().regex(/^[1-9]\d*$/) })
              .describe('Puts the code of a published version back, as a deploy does.'),
          }),
          z.strictObject({
            service,
            action,
            resource: arn.describe('What the call is aimed at.'),
            request: request.default({}).describe('Further members of the request, as the API names them.'),
          }),
        ]),
      })
      .describe('A person, or a pipeline of theirs, does something in the account.'),
  }),
]);

export const inject = z.strictObject({
  id,
  ...timing,
  synopsis: text.describe('What happens, in a sentence.'),
  kind: z
    .enum(['contextual', 'contingency', 'surprise', 'false-positive', 'resource-constraint'])
    .default('contextual')
    .describe('What it is for.'),
  objectives: z.array(id).default([]).describe('Ids of the objectives that it tests.'),
  notes: text.optional().describe('For whoever observes: what to look at.'),
  deliver: delivery.describe('How it is delivered: one of these.'),
});

export const attackerStep = z.strictObject({
  id,
  ...timing,
  synopsis: text.describe('What they do, in a sentence.'),
  every: durationMs.optional().describe('It is done again, so long after the last time.'),
  until: matcher.optional().describe('Until this happens.'),
  giveUpAfter: z.int().min(1).optional().describe('Until so many refusals in a row.'),
  act: oneOf([
    z.strictObject({
      steal: named.describe('Takes the credentials out of the environment of this function.'),
    }),
    z.strictObject({
      assume: z
        .strictObject({
          with: id.describe('Id of an earlier step that took credentials.'),
          role: arn.describe('ARN of the role.'),
        })
        .describe('Assumes a role, for a session of their own.'),
    }),
    z.strictObject({
      call: z
        .strictObject({
          with: id.optional().describe('Id of an earlier step that took credentials. Either this or `as`.'),
          as: named.optional().describe('A user of the account whose key leaked.'),
          service,
          action,
          resource: z.string().describe('ARN of what the call is aimed at.'),
          request: request.default({}).describe('Further members of the request, as the API names them.'),
        })
        .describe('One call.'),
    }),
    z.strictObject({
      strip: z
        .strictObject({ with: id, function: named.describe('The function that they live in.') })
        .describe('Takes away every deny and limit that was not there when they came.'),
    }),
    z.strictObject({
      invoke: named.describe('Invokes this function through its public door.'),
      payload: z.json().default({}),
      event: z.boolean().default(false).describe('As an event, which Lambda queues.'),
      holds: z
        .boolean()
        .default(false)
        .describe('Nobody waits for the answer: the run holds its share of the concurrency until it ends.'),
    }),
  ]).describe('What it is: one of these.'),
});

export const responderStep = z.strictObject({
  id,
  who: id.describe('Who does it.'),
  when: oneOf([
    z.strictObject({ question: z.enum(FORM_IDS).describe('A form is asked in Slack.') }),
    z.strictObject({
      approval: z
        .string()
        .describe('An approval is asked, in a message that has these words; `any` for each.'),
    }),
    z.strictObject({ happens: matcher.describe('Something happens; nobody asks them.') }),
  ]).describe('What makes them act: one of these.'),
  needs: matcher.optional().describe('They wait for this too, before the delay begins.'),
  delay: durationMs.describe('How long they take.'),
  says: text.optional().describe('What they write in the channel first.'),
  command: z
    .string()
    .startsWith('/cordon ')
    .max(500)
    .optional()
    .describe('The command that they type in the channel. Goes with `happens`.'),
  answer: z
    .record(z.string(), z.union([z.string(), z.int()]))
    .optional()
    .describe('The answer to the form, by field.'),
  approve: z.boolean().optional().describe('Whether they approve.'),
  reason: text.optional().describe('Why they deny.'),
});
