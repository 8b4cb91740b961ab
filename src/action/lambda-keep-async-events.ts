import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { unsupported } from './arn.ts';
import type { Destinations } from './doors-port.ts';
import { AwsError } from './failure.ts';
import { qualifiedObjects, qualifier, qualifierOf } from './qualified.ts';
import { FUNCTIONS } from './resources.ts';

const input = z.strictObject({
  /** Qualifiers that take asynchronous events and have nowhere to send those that fail; one object each. */
  qualifiers: z.array(qualifier).min(1).max(50),
});

const destinations = z.strictObject({ onSuccess: z.string().nullable(), onFailure: z.string().nullable() });

/** `config: null` when the qualifier has no configuration of its own: then release deletes ours. */
const prior = z.strictObject({ config: destinations.nullable() });

const desired = z.strictObject({
  sink: z.string(),
  onSuccess: z.string().nullable(),
  /** `Put` only where there is nothing that it could overwrite. */
  create: z.boolean(),
});

export const keepAsyncEvents = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.keep-async-events',
  title: 'Keep asynchronous events in the quarantine sink',
  description:
    'Points the on-failure destination of one qualifier at the quarantine queue or bucket of the account. At concurrency ' +
    '0 an asynchronous event goes to its destination at once, and is lost where there is none. Retries and event age stay ' +
    'as they are (an update, never a put, where a configuration exists). The execution role delivers, so it must be ' +
    'allowed to: Lambda checks that, and refuses until it is. What arrives after suspicion is written by the attacker too.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'lambda:GetFunctionEventInvokeConfig',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'captures and observes the destinations',
    },
    {
      action: 'lambda:UpdateFunctionEventInvokeConfig',
      purpose: 'contain',
      resource: FUNCTIONS,
      why: 'sets the sink and leaves the rest',
    },
    {
      action: 'lambda:PutFunctionEventInvokeConfig',
      purpose: 'contain',
      resource: FUNCTIONS,
      why: 'sets the sink where there is no configuration, which an update refuses',
    },
    {
      action: 'lambda:UpdateFunctionEventInvokeConfig',
      purpose: 'release',
      resource: FUNCTIONS,
      why: 'puts the destinations back',
    },
    {
      action: 'lambda:DeleteFunctionEventInvokeConfig',
      purpose: 'release',
      resource: FUNCTIONS,
      why: 'takes away a configuration that was not there',
    },
  ],
  input,
  prior,

  objects: (target, { qualifiers }) => qualifiedObjects('async-sink', target, qualifiers),

  async capture(context, object) {
    if (sinkOf(context.target.means) === null) {
      throw unsupported(
        'lambda:UpdateFunctionEventInvokeConfig',
        `expected a quarantine sink in the enrolment of account ${context.target.account}, found none for ${context.target.region}: events of ${object.arn} cannot be kept`,
      );
    }
    const config = await context
      .aws('read')
      .doors.getDestinations(context.target.functionArn, qualifierOf(object));
    return { config };
  },

  plan({ object, prior, target }) {
    const sink = sinkOf(target.means) ?? '';
    const config = prior?.config ?? null;
    const wanted = { sink, onSuccess: config?.onSuccess ?? null, create: prior !== null && config === null };
    // A configuration that cannot be read could be overwritten: then there is nothing to do here.
    if (prior === null || config?.onFailure === sink) return { changes: [], desired: wanted };
    const was = config === null || config.onFailure === null ? 'nowhere' : config.onFailure;
    return {
      changes: [
        {
          call: wanted.create
            ? 'lambda:PutFunctionEventInvokeConfig'
            : 'lambda:UpdateFunctionEventInvokeConfig',
          objectArn: object.arn,
          request: {
            FunctionName: target.functionArn,
            Qualifier: qualifierOf(object),
            DestinationConfig: { OnFailure: { Destination: sink } },
          },
          summary: `Send failed events of ${target.functionName}:${qualifierOf(object)} to ${sink} (were sent ${was})`,
          undo:
            config === null
              ? 'Delete the configuration of asynchronous invocation'
              : `Send failed events ${config.onFailure ?? 'nowhere'} again`,
        },
      ],
      desired: wanted,
    };
  },

  async apply(context, object, wanted) {
    const { sink, onSuccess, create } = desired.parse(wanted);
    const { doors } = context.aws('contain');
    const arn = context.target.functionArn;
    const to: Destinations = { onSuccess, onFailure: sink };
    if (create) await doors.createDestinations(arn, qualifierOf(object), to);
    else await doors.updateDestinations(arn, qualifierOf(object), to);
  },

  async observe(context, object, prior, wanted) {
    const { sink } = desired.parse(wanted);
    const found = await context
      .aws('read')
      .doors.getDestinations(context.target.functionArn, qualifierOf(object));
    const onFailure = found?.onFailure ?? null;
    if (onFailure === sink) return { kind: 'in-effect' };
    const before = prior?.config?.onFailure ?? null;
    if (onFailure === before && (found === null) === (prior === null || prior.config === null))
      return { kind: 'not-in-effect' };
    return {
      kind: 'conflict',
      found: `failed events go ${onFailure ?? 'nowhere'}; expected ${sink}, or ${before ?? 'nowhere'} as before`,
    };
  },

  async revert(context, object, prior) {
    const { doors } = context.aws('release');
    const arn = context.target.functionArn;
    if (prior.config !== null) {
      await doors.updateDestinations(arn, qualifierOf(object), prior.config);
      return;
    }
    try {
      await doors.deleteDestinations(arn, qualifierOf(object));
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'cordon_aws_not_found') throw error;
    }
  },
});

function sinkOf(means: { readonly sink: string | null } | undefined): string | null {
  return means?.sink ?? null;
}
