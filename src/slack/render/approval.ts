import type { KnownBlock } from '@slack/types';
import { silenceInWords } from '../../guardrail/on-expiry.ts';
import type { ApprovalView } from '../../incident/approval-view.ts';
import { ACTION, actionValue } from '../action-value.ts';
import type { SlackMessage } from '../limits.ts';
import { code, incidentName, person, prose, when } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';
import { button, buttons, context, divider, header, listed, message, section } from './blocks.ts';

const SHOWN_CHANGES = 10;

/** How many characters of the digest a person types: 12 hex digits, 48 bits. */
export const SHORT_DIGEST = 12;

/** The approval card: what exactly, where, who asks, by which policy, until when, and what silence means. */
export function approvalMessage(incident: IncidentView, approval: ApprovalView): SlackMessage {
  const value = actionValue({ i: incident.id, a: approval.approvalId, d: approval.digest });
  const short = approval.digest.slice(0, SHORT_DIGEST);
  const blocks: KnownBlock[] = [
    header('✋ Approval needed'),
    section([`*${prose(approval.actionTitle, 200)}*`, ...whereLines(approval)]),
    section(['*Exact calls*', ...changeLines(incident, approval)]),
    section(['*Blast radius*', ...radiusLines(approval)]),
    section([
      approval.reversible ? '*Reversible:* yes, as written below each call.' : '*Not reversible.*',
      `*Asked by:* ${approval.requestedBy === null ? 'the playbook' : person(approval.requestedBy)} · *policy:* ${
        approval.policies
          .map((policy) => code(policy, 80))
          .slice(0, 6)
          .join(', ') || 'none named'
      }`,
      `*Given:* ${approval.given.length} of ${approval.quorum}${givenBy(approval)}`,
      `*Until:* ${when(approval.expiresAt)}; after that ${
        approval.onExpiry === 'refuse' ? 'it is refused' : `*${silenceInWords(approval.onExpiry)}*`
      }.`,
    ]),
    divider,
    buttons([
      approval.confirm === null
        ? button({
            label: 'Approve',
            actionId: ACTION.approve,
            value,
            style: 'primary',
            confirm: {
              title: 'Approve exactly this plan?',
              text: `Plan ${short}. If the plan changes, your approval does not count for the new one.`,
              yes: 'Approve',
            },
          })
        : button({ label: 'Approve …', actionId: ACTION.approveTyped, value, style: 'primary' }),
      button({ label: 'Deny …', actionId: ACTION.deny, value, style: 'danger' }),
    ]),
    context([
      `plan \`${short}\` · or type ${code(`/cordon approve ${approval.approvalId} ${short}${approval.confirm === null ? '' : ` ${approval.confirm}`}`)} or ${code(`/cordon deny ${approval.approvalId} ${short} reason`)}`,
    ]),
  ];
  return message(
    incident,
    `Approval needed: ${prose(approval.actionTitle, 200)} on ${code(approval.objectArn, 250)}`,
    blocks,
  );
}

/** The same card once it is settled: who decided what, when and why; nothing left to press. */
export function approvalSettledMessage(incident: IncidentView, approval: ApprovalView): SlackMessage {
  const outcome = outcomeLine(approval);
  return message(incident, `${prose(approval.actionTitle, 200)}: ${outcome.replaceAll('*', '')}`, [
    section([`*${prose(approval.actionTitle, 200)}* · ${outcome}`, ...whereLines(approval)]),
    context([`plan \`${approval.digest.slice(0, SHORT_DIGEST)}\`${givenBy(approval)}`]),
  ]);
}

/** A message that asked about a plan which is not the plan any more: nothing left to press. */
export function approvalChangedMessage(incident: IncidentView, approval: ApprovalView): SlackMessage {
  const outcome = 'the plan has changed since it was asked about';
  return message(incident, `${prose(approval.actionTitle, 200)}: ${outcome}`, [
    section([
      `*${prose(approval.actionTitle, 200)}* · ♻️ ${outcome}: approvals of it do not count, and the new plan is asked about in a message of its own.`,
      ...whereLines(approval),
    ]),
  ]);
}

function outcomeLine(approval: ApprovalView): string {
  const at = approval.settledAt === null ? '' : ` ${when(approval.settledAt)}`;
  const by = approval.settledBy === null ? '' : ` by ${person(approval.settledBy)}`;
  const why = approval.reason === null ? '' : `: ${prose(approval.reason, 500)}`;
  switch (approval.status) {
    case 'open':
      return 'open';
    case 'approved':
      return `✅ *approved*${by}${at}`;
    case 'denied':
      return `🚫 *denied*${by}${at}${why}`;
    case 'expired':
      return `⌛ *expired*${at}: ${approval.onExpiry === 'refuse' ? 'refused' : `${silenceInWords(approval.onExpiry)}, as the policy says`}`;
    case 'withdrawn':
      return `withdrawn${at}: no longer needed`;
  }
}

function givenBy(approval: ApprovalView): string {
  const people = listed(
    approval.given,
    5,
    (given) => `${person(given.by)} ${when(given.at)}`,
    'see the timeline',
  );
  return people.length === 0 ? '' : ` · ${people.join(', ')}`;
}

function whereLines(approval: ApprovalView): string[] {
  return [
    ...(approval.functionArn === '' || approval.functionArn === approval.objectArn
      ? []
      : [`for ${code(approval.functionArn, 300)}`]),
    code(approval.objectArn, 400),
    `account ${code(approval.account, 20)} · Region ${code(approval.region, 30)}`,
  ];
}

/** Also shown in the form that asks for the function's name. */
export function radiusLines(approval: ApprovalView): string[] {
  const lines = approval.blastRadius.slice(0, 6).map((line) => `• ${prose(line, 300)}`);
  return lines.length === 0 ? ['• not known'] : lines;
}

function changeLines(incident: IncidentView, approval: ApprovalView): string[] {
  return listed(
    approval.changes,
    SHOWN_CHANGES,
    (change) =>
      `• ${code(change.call, 80)} ${prose(change.summary, 220)}\n      _undo:_ ${prose(change.undo, 160)}`,
    `\`/cordon show ${incidentName(incident)}\``,
  );
}
