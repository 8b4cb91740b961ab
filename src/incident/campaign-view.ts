import type { Action } from '../action/action.ts';
import type { CampaignMemberRow, CampaignRow } from '../store/campaign.ts';
import { campaignMembers, campaignOfChannel, findCampaign, openCampaigns } from '../store/campaign.ts';
import type { Sql } from '../store/sql.ts';
import { digestOf } from '../timeline/canonical.ts';
import { wordToApprove } from './confirmation.ts';
import { incidentLevel } from './level.ts';
import { recordOf } from './load.ts';
import type { AttemptRow, InvocationRow, Level } from './state.ts';

/** A campaign as people see it. Instants are ISO 8601 in UTC; titles, names and ARNs are attacker-controlled. */
export interface CampaignView {
  readonly id: string;
  readonly number: number;
  readonly exercise: boolean;
  /** The incident whose channel it has. */
  readonly anchor: string;
  readonly openedAt: string;
  /** The campaign that it was merged into; `null` while it stands for itself. */
  readonly mergedInto: string | null;
  /** Who leads it: who leads the anchor. */
  readonly lead: string | null;
  /** The gravest severity of an incident that is not closed. */
  readonly severity: number;
  readonly members: readonly CampaignMember[];
  /** What the members have in common, each once: `role arn:…`. */
  readonly shares: readonly string[];
  readonly plans: readonly CampaignPlan[];
  /** Hex SHA-256 of exactly these plans; `null` when none waits. A bulk approval is of this. */
  readonly plansDigest: string | null;
  readonly questions: readonly CampaignQuestion[];
}

export interface CampaignMember {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly functionNames: readonly string[];
  readonly status: 'open' | 'closed' | 'halted';
  readonly severity: number;
  readonly level: Level;
  readonly openedAt: string;
  readonly plans: number;
  readonly questions: number;
}

export interface CampaignQuestion {
  readonly incidentId: string;
  readonly incident: number;
  readonly invocationId: string;
  readonly form: string;
}

/** A plan that waits for approval. */
export interface CampaignPlan {
  readonly incidentId: string;
  readonly incident: number;
  readonly approvalId: string;
  readonly digest: string;
  readonly action: string;
  readonly actionTitle: string;
  readonly objectArn: string;
  readonly expiresAt: string;
  /** What has to be typed to approve it by itself, in production; `null` where a press is enough. */
  readonly confirm: string | null;
}

export interface CampaignViews {
  /** The campaign meant by `CMP-3`, or that of an incident: `INC-12`, `12`, or an id. */
  findCampaign(reference: string): Promise<CampaignView | undefined>;
  campaignOfChannel(channel: string): Promise<CampaignView | undefined>;
  /** Campaigns of several incidents that are not all closed, newest first. */
  openCampaigns(): Promise<readonly CampaignView[]>;
}

const LIST_LIMIT = 50;

export function createCampaignViews(options: {
  readonly sql: Sql;
  readonly catalogue: ReadonlyMap<string, Action>;
}): CampaignViews {
  const { sql, catalogue } = options;
  const view = async (row: CampaignRow | undefined) =>
    row === undefined ? undefined : campaignViewOf(row, await campaignMembers(sql, row.id), catalogue);
  return {
    findCampaign: async (reference) => view(await findCampaign(sql, reference)),
    campaignOfChannel: async (channel) => view(await campaignOfChannel(sql, channel)),
    async openCampaigns() {
      const views: CampaignView[] = [];
      for (const row of await openCampaigns(sql, LIST_LIMIT)) {
        views.push(campaignViewOf(row, await campaignMembers(sql, row.id), catalogue));
      }
      return views;
    },
  };
}

/** Pure: the view of a campaign's rows. */
function campaignViewOf(
  row: CampaignRow,
  members: readonly CampaignMemberRow[],
  catalogue: ReadonlyMap<string, Action>,
): CampaignView {
  const seen = members.map((member) => ({ member, record: recordOf(member.record) }));
  const plans = seen.flatMap(({ member }) => plansOf(member, catalogue));
  const open = seen.filter(({ member }) => member.status !== 'closed');
  return {
    id: row.id,
    number: row.number,
    exercise: row.exercise,
    anchor: row.anchor,
    openedAt: row.openedAt,
    mergedInto: row.mergedInto,
    lead: seen.find(({ member }) => member.id === row.anchor)?.record.lead ?? null,
    severity: Math.min(...(open.length === 0 ? seen : open).map(({ record }) => record.severity), 4),
    members: seen.map(({ member, record }) => ({
      id: member.id,
      number: member.number,
      title: record.title,
      functionNames: record.targets.map(({ functionName }) => functionName),
      status: member.status,
      severity: record.severity,
      level: incidentLevel(record.levels, record.targets),
      openedAt: member.openedAt,
      plans: plans.filter(({ incidentId }) => incidentId === member.id).length,
      questions: member.asked.length,
    })),
    shares: [...new Set(members.flatMap(({ shares }) => shares ?? []))],
    plans,
    plansDigest: plans.length === 0 ? null : digestOfPlans(plans),
    questions: members.flatMap(({ id, number, asked }) =>
      asked.map((stored) => {
        const invocation = stored as InvocationRow; // written whole by the incident's commit
        return {
          incidentId: id,
          incident: number,
          invocationId: invocation.id,
          form: String(invocation.input.form ?? ''),
        };
      }),
    ),
  };
}

function plansOf(member: CampaignMemberRow, catalogue: ReadonlyMap<string, Action>): CampaignPlan[] {
  return member.awaiting.flatMap((stored) => {
    const attempt = stored as AttemptRow; // written whole by the incident's commit
    if (attempt.planDigest === null || attempt.ask === null) return [];
    return [
      {
        incidentId: member.id,
        incident: member.number,
        approvalId: attempt.id,
        digest: attempt.planDigest,
        action: attempt.action,
        actionTitle: catalogue.get(attempt.action)?.title ?? attempt.action,
        objectArn: attempt.object?.arn ?? '',
        expiresAt: attempt.ask.expiresAt,
        confirm: wordToApprove(attempt),
      },
    ];
  });
}

/** The digest of a list of plans, whatever its order: another plan, or one more or fewer, is another list. */
function digestOfPlans(plans: readonly { readonly approvalId: string; readonly digest: string }[]): string {
  const listed = plans.map(({ approvalId, digest }) => ({ approval: approvalId, plan: digest }));
  return digestOf(listed.sort((a, b) => (a.approval < b.approval ? -1 : 1)));
}
