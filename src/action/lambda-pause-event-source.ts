import { z } from 'zod';
import { defineContainAction } from './action.ts';
import { AwsError } from './failure.ts';
import { EVENT_SOURCES } from './resources.ts';

const input = z.strictObject({
  /** UUIDs of the mappings; one object each. */
  mappings: z.array(z.uuid()).min(1).max(100),
});

const prior = z.strictObject({
  /** As AWS showed it: `Enabled`, `Disabled`, or on the way to either. */
  state: z.string(),
  source: z.string().nullable(),
});

const desired = z.strictObject({ enabled: z.literal(false) });

// A mapping on its way counts as where it goes. One that is being updated goes on polling.
const POLLING: ReadonlySet<string> = new Set(['Enabled', 'Enabling', 'Updating', 'Creating']);

export const pauseEventSource = defineContainAction<z.infer<typeof input>, z.infer<typeof prior>>({
  id: 'lambda.pause-event-source',
  title: 'Pause an event source mapping',
  description:
    'Disables one event source mapping, so that its messages and records stay where they are until release or their ' +
    'retention. Left enabled at concurrency 0 it would go on receiving, and move messages to the dead-letter queue of ' +
    'their source. Accepted at once; Lambda takes tens of seconds to stop polling, which nothing waits for. Mappings ' +
    'that are disabled already stay as they are, now and at release.',
  effect: 'contain',
  reversible: true,
  permissions: [
    {
      action: 'lambda:GetEventSourceMapping',
      purpose: 'read',
      resource: EVENT_SOURCES,
      why: 'captures and observes its state',
    },
    {
      action: 'lambda:UpdateEventSourceMapping',
      purpose: 'contain',
      resource: EVENT_SOURCES,
      why: 'disables it',
    },
    {
      action: 'lambda:UpdateEventSourceMapping',
      purpose: 'release',
      resource: EVENT_SOURCES,
      why: 'enables it again',
    },
  ],
  input,
  prior,

  objects: (target, { mappings }) =>
    [...new Set(mappings)].map((uuid) => {
      const arn = `arn:${target.partition}:lambda:${target.region}:${target.account}:event-source-mapping:${uuid}`;
      return { key: `event-source:${arn}`, arn };
    }),

  async capture(context, object) {
    const found = await context.aws('read').doors.getEventSource(uuidOf(object.arn));
    // Deleted meanwhile, by its owner or by the attacker: it takes nothing any more, and is not ours to make.
    return found === null
      ? { state: 'Deleted', source: null }
      : { state: found.state, source: found.sourceArn };
  },

  plan({ object, prior }) {
    if (prior !== null && !POLLING.has(prior.state)) return { changes: [], desired: { enabled: false } };
    const uuid = uuidOf(object.arn);
    return {
      changes: [
        {
          call: 'lambda:UpdateEventSourceMapping',
          objectArn: object.arn,
          request: { UUID: uuid, Enabled: false },
          summary: `Pause the mapping from ${prior?.source ?? 'a source that could not be read'}`,
          undo: prior === null ? 'A person must say whether it was enabled' : 'Enable the mapping again',
        },
      ],
      desired: { enabled: false },
    };
  },

  async apply(context, object, wanted) {
    const { enabled } = desired.parse(wanted);
    await context.aws('contain').doors.enableEventSource(uuidOf(object.arn), enabled);
  },

  async observe(context, object) {
    const found = await context.aws('read').doors.getEventSource(uuidOf(object.arn));
    if (found === null) return { kind: 'conflict', found: `${object.arn} was deleted` };
    return POLLING.has(found.state) ? { kind: 'not-in-effect' } : { kind: 'in-effect' };
  },

  async revert(context, object, prior) {
    if (!POLLING.has(prior.state)) return;
    try {
      await context.aws('release').doors.enableEventSource(uuidOf(object.arn), true);
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== 'cordon_aws_not_found') throw error;
    }
  },
});

function uuidOf(arn: string): string {
  return arn.split(':').at(-1) ?? arn;
}
