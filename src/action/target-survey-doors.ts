import { z } from 'zod';
import { defineReadAction } from './action.ts';
import { readPreservation } from './preservation.ts';
import { ANY, FUNCTIONS } from './resources.ts';

const input = z.strictObject({});

const output = z.strictObject({
  /** UUIDs of event source mappings that poll. */
  mappings: z.array(z.string()),
  /** Qualifiers whose failed asynchronous events go nowhere, where the account has a quarantine sink. */
  sinkless: z.array(z.string()),
  /** Roles of the versions behind those qualifiers. */
  senders: z.array(z.string()),
  /** Versions and aliases with provisioned concurrency. */
  provisioned: z.array(z.string()),
});

type Output = z.infer<typeof output>;

export const surveyDoors = defineReadAction<z.infer<typeof input>, Output>({
  id: 'target.survey-doors',
  title: 'Find what stopping the function would lose',
  description:
    'Lists, in one round, the event source mappings that poll, the qualifiers whose failed asynchronous events go ' +
    'nowhere, and the provisioned concurrency that stands in the way. Runs only where stopping the function found ' +
    'something to preserve. Writes nothing.',
  effect: 'read',
  lane: 'prepare',
  permissions: [
    { action: 'lambda:ListEventSourceMappings', purpose: 'read', resource: ANY, why: 'triggers that pull' },
    {
      action: 'lambda:ListFunctionEventInvokeConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'where failed asynchronous events go',
    },
    { action: 'lambda:ListAliases', purpose: 'read', resource: FUNCTIONS, why: 'aliases take events too' },
    {
      action: 'lambda:ListVersionsByFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'a dead-letter queue belongs to a version',
    },
    {
      action: 'lambda:ListProvisionedConcurrencyConfigs',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'must be gone before concurrency 0',
    },
  ],
  input,
  output,

  async run(context) {
    const [preservation, provisioned] = await Promise.all([
      readPreservation(context),
      context.aws('read').lambda.listProvisionedConcurrency(context.target.functionArn),
    ]);
    return {
      mappings: [...preservation.mappings],
      sinkless: [...preservation.sinkless],
      senders: [...preservation.senders],
      provisioned: provisioned.map((item) => item.qualifier),
    };
  },
});
