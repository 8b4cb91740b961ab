import type { Target } from '../action/ports.ts';
import type { Alert } from '../alert/alert.ts';
import type { CampaignId, IncidentId } from '../id.ts';

/**
 * Campaigns: incidents that share a role, a principal, a source or a window are led as one, in one channel, on one
 * card, with one page. An incident is in exactly one campaign from its opening commit on; alone in it, nobody sees it.
 */

/** What two incidents may have in common, the surest first. */
export type CampaignKeyKind = 'role' | 'principal' | 'source' | 'window';

export interface CampaignKey {
  readonly kind: CampaignKeyKind;
  /** An ARN, an address, or where and of what type the finding is. Attacker-controlled. */
  readonly value: string;
}

export interface Membership {
  readonly id: CampaignId;
  /** The incident whose channel and card the campaign has. */
  readonly anchor: IncidentId;
  /** What this incident offers others to share. */
  readonly keys: readonly CampaignKey[];
  /** What it had in common with another when it joined, as `role arn:…`; `null` for the first. */
  readonly shares: string | null;
  /** Somebody was called because of this incident: nobody is called again for the campaign. */
  readonly called: boolean;
  readonly at: string;
}

/** A campaign that an incident belongs to as it opens. */
export interface FoundCampaign {
  readonly id: CampaignId;
  readonly anchor: IncidentId;
  readonly shared: CampaignKey;
  /** Somebody was called for it already. */
  readonly called: boolean;
}

// A change older than this is rather how the function came to be than what was done to it.
const RECENT_CHANGE_MS = 24 * 3_600_000;

/** What an incident has that others may share. Pure. */
export function campaignKeys(about: {
  readonly alert: Alert;
  readonly target: Pick<Target, 'roles' | 'account' | 'region'>;
  /** Who changed the function last, and when; `null` where that is not known. */
  readonly changedBy: string | null;
  readonly changedAt: string | null;
}): readonly CampaignKey[] {
  const { alert, target, changedBy, changedAt } = about;
  const age = changedAt === null ? Number.NaN : Date.parse(alert.firstSeenAt) - Date.parse(changedAt);
  const recent = Math.abs(age) < RECENT_CHANGE_MS;
  return [
    ...target.roles.map((value) => ({ kind: 'role' as const, value })),
    ...(changedBy !== null && recent ? [{ kind: 'principal' as const, value: changedBy }] : []),
    ...(alert.remoteAddresses ?? []).map((value) => ({ kind: 'source' as const, value })),
    { kind: 'window' as const, value: `${target.account} ${target.region} ${alert.findingType}` },
  ];
}

/** The membership of an incident that opens: in the campaign that was found, or in one of its own. */
export function membershipOf(options: {
  readonly incident: IncidentId;
  readonly own: CampaignId;
  readonly found: FoundCampaign | undefined;
  readonly keys: readonly CampaignKey[];
  readonly at: string;
}): Membership {
  const { incident, own, found, keys, at } = options;
  return {
    id: found?.id ?? own,
    anchor: found?.anchor ?? incident,
    keys,
    shares: found === undefined ? null : `${found.shared.kind} ${found.shared.value}`,
    called: false,
    at,
  };
}
