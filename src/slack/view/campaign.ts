import type { SlackLevel } from './incident.ts';

/** What people see of incidents that are led as one, and of what else may be affected. */

/** Incidents that are led as one. Titles, names and ARNs are attacker-controlled. */
export interface SlackCampaign {
  readonly id: string;
  readonly number: number;
  readonly exercise: boolean;
  /** The incident whose channel it has. */
  readonly anchor: string;
  readonly openedAt: string;
  readonly lead: string | null;
  /** The gravest of those that are open. */
  readonly severity: number;
  readonly members: readonly SlackCampaignMember[];
  readonly shares: readonly string[];
  readonly plans: readonly {
    readonly incident: number;
    readonly approvalId: string;
    readonly digest: string;
    readonly actionTitle: string;
    readonly objectArn: string;
    readonly expiresAt: string;
    /** What approving it by itself would ask to be typed, in production; `null` where a press is enough. */
    readonly confirm: string | null;
  }[];
  /** Hex SHA-256 of exactly these plans; `null` when none waits. */
  readonly plansDigest: string | null;
  readonly questions: readonly { readonly incident: number; readonly form: string }[];
}

/** Functions that share something with what was attacked; ARNs are attacker-controlled. */
export interface SlackScope {
  readonly suggestions: readonly {
    readonly functionArn: string;
    readonly functionName: string;
    readonly because: readonly { readonly kind: 'role' | 'principal' | 'caller'; readonly value: string }[];
  }[];
  readonly takenAt: readonly string[];
  readonly stale: boolean;
}

export interface SlackCampaignMember {
  readonly id: string;
  readonly number: number;
  readonly functionNames: readonly string[];
  readonly status: 'open' | 'closed' | 'halted';
  readonly severity: number;
  readonly level: SlackLevel;
  readonly plans: number;
  readonly questions: number;
}
