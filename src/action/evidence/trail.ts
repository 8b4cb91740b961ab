import { z } from 'zod';
import type { Json } from '../../json.ts';
import { historyRegion } from '../history-region.ts';
import type { Desk } from './desk.ts';

/**
 * Changes of a function, by the names that Lambda's events really have: the plain names find nothing
 * (Lambda developer guide, "Logging Lambda API calls using AWS CloudTrail"). `LookupEvents` takes one attribute at
 * a time, so each is a search of its own over the whole account, and what is not about the function is left out.
 */
const CHANGES = [
  'UpdateFunctionCode20150331v2',
  'UpdateFunctionConfiguration20150331v2',
  'AddPermission20150331v2',
  'CreateFunctionUrlConfig',
  'UpdateFunctionUrlConfig',
  'CreateEventSourceMapping20150331',
  'UpdateEventSourceMapping20150331',
  'UpdateAlias20150331',
] as const;

/** What an attacker does less often, and what undoes containment: asked by the later sweeps, when it has arrived. */
const LATE_CHANGES = [
  'CreateFunction20150331',
  'DeleteFunction20150331',
  'PublishVersion20150331',
  'PublishLayerVersion20181031',
  'RemovePermission20150331v2',
  'DeleteEventSourceMapping20150331',
  'PutFunctionConcurrency20171031',
  'DeleteFunctionConcurrency20171031',
  'PutFunctionEventInvokeConfig',
  'PutProvisionedConcurrencyConfig',
] as const;

const about = z.object({ CloudTrailEvent: z.string() });

/** Management events about the function and its roles, and by the sessions that ran as it. */
export async function collectTrail(
  desk: Desk,
  roles: readonly string[],
  window: { readonly fromMs: number; readonly toMs: number },
  names: 'first' | 'all',
): Promise<void> {
  const { target } = desk.context;
  const global = historyRegion(target.partition) ?? target.region;
  const look = (key: string, value: string, which?: (row: Json) => boolean, region?: string) =>
    desk.listing(
      {
        name: `cloudtrail/${key}-${encodeURIComponent(value)}${region === undefined ? '' : `-${region}`}.ndjson`,
        artifact: 'cloudtrail-management',
        sourceArn: target.functionArn,
      },
      {
        call: 'cloudtrail:LookupEvents',
        input: {
          LookupAttributes: [{ AttributeKey: key, AttributeValue: value }],
          StartTime: new Date(window.fromMs).toISOString(),
          EndTime: new Date(window.toMs).toISOString(),
          MaxResults: 50,
        },
        ...(region === undefined ? {} : { region }),
      },
      'Events',
      which,
    );

  // Lambda names a session after the function: what the function did, and what was done with its credentials.
  if ((await look('Username', target.functionName)) === 'failed') {
    const source = { artifact: 'cloudtrail-management', sourceArn: target.functionArn };
    await desk.gap(
      { ...source, name: 'cloudtrail/others' },
      'the other searches were not made: the first failed for good',
    );
    return;
  }
  await look('ResourceName', target.functionName);
  await look('ResourceName', target.functionArn);
  for (const role of roles) {
    const name = role.split('/').at(-1) ?? role;
    await look('ResourceName', name, undefined, global === target.region ? undefined : global);
  }
  const ours = (row: Json) =>
    about.safeParse(row).data?.CloudTrailEvent.includes(target.functionName) === true;
  for (const name of names === 'all' ? [...CHANGES, ...LATE_CHANGES] : CHANGES)
    await look('EventName', name, ours);
  desk.coverage.note(
    'cloudtrail-data',
    'Data events and digests are only in the bucket of a trail, which Cordon does not read.',
  );
}
