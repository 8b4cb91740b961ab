import type { IncidentId } from '../id.ts';
import type { Advance } from '../incident/advance.ts';
import { keepOut } from '../incident/campaign.ts';
import type { KeepOut as Keep } from '../slack/port.ts';

export type KeepOut = Keep;

/** Has a delivery look who is in an incident's channel; how it went stands in the timeline. */
export function createKeepOut({ advance }: Pick<Advance, 'advance'>): KeepOut {
  return (incident) => advance(incident as IncidentId, keepOut); // looked up, not trusted
}
