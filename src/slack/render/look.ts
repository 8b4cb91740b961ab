import type { EvidenceListed } from '../../incident/evidence-listed.ts';
import { code, incidentName, person, prose, when } from '../text.ts';
import type { IncidentSummary, IncidentView } from '../view/incident.ts';
import { listed } from './blocks.ts';

/** What `oncall`, `evidence` and `plan` answer, and where a command belongs: words for one person, in mrkdwn. */

/** Who is called when nobody takes an incident up, in their order. `tiers` hold Slack user ids where they are known. */
export function onCallText(
  tiers: readonly (readonly string[])[],
  rules: { readonly afterMinutes: number; readonly severity: number },
): string {
  if (tiers.length === 0) {
    return 'Nobody is on call: the enrolment file has no `escalation` tiers. `/cordon page TEAM WHY` calls a role, a team or a person.';
  }
  return [
    `Called one after the other, ${rules.afterMinutes} min apart, for severity ${rules.severity} and worse; then everybody:`,
    ...tiers.map((tier, index) => `• tier ${index + 1}: ${tier.slice(0, 20).map(person).join(', ')}`),
    '`/cordon page TEAM WHY` calls a role, a team or a person now.',
  ].join('\n');
}

/** An incident's evidence, newest last: what it is called, its digest, when it was stored. */
export function evidenceText(incident: IncidentView, items: readonly EvidenceListed[]): string {
  const name = incidentName(incident);
  if (items.length === 0) return `${name} has no evidence yet.`;
  return [
    `*${name}*: ${items.length} ${items.length === 1 ? 'item' : 'items'} of evidence. Content stays out of Slack: \`cordon evidence show INC-${incident.number}\`.`,
    ...listed(items, 15, evidenceLine, '`cordon evidence` in the terminal'),
  ].join('\n');
}

function evidenceLine(item: EvidenceListed): string {
  return item.kind === 'stored'
    ? `• ${code(item.name, 80)} · ${item.size} bytes · sha256 ${code(item.sha256.slice(0, 16))} · ${when(item.at)}`
    : `• ❌ ${code(item.name, 80)} is missing: ${prose(item.reason, 110)}`;
}

/** What containment does call by call, and how each is undone. */
export function planText(incident: IncidentView): string {
  const name = incidentName(incident);
  if (incident.containment.length === 0) return `${name} has planned nothing yet.`;
  return [
    `*${name}*, call by call:`,
    ...listed(
      incident.containment.flatMap((each) =>
        (each.changes ?? []).length === 0
          ? [`• ${prose(each.actionTitle, 90)} · ${each.state}: ${prose(each.detail, 110)}`]
          : (each.changes ?? []).map(
              ({ call, summary, undo }) =>
                `• ${code(call, 60)} · ${each.state} · ${prose(summary, 110)} _undo:_ ${prose(undo, 80)}`,
            ),
      ),
      12,
      (line) => line,
      `\`cordon plan INC-${incident.number}\` in the terminal`,
    ),
    ...rollbackLine(incident),
  ].join('\n');
}

/** What may be undone alone, as it is typed. */
function rollbackLine({ containment }: IncidentView): string[] {
  const held = containment.flatMap(({ state, action }) =>
    state === 'held' && action !== undefined ? [action] : [],
  );
  const names = [...new Set(held)].slice(0, 8).map((action) => code(action, 60));
  return names.length === 0 ? [] : [`_Undo one:_ \`/cordon rollback ACTION WHY\`, of ${names.join(', ')}`];
}

/** Where a command that needs an incident would belong: the channels of the open ones, linked. */
export function whereText(
  command: string,
  open: readonly { readonly incident: IncidentSummary; readonly channel: string | undefined }[],
): string {
  if (open.length === 0)
    return `This channel belongs to no incident, and none is open. \`${command} declare\` opens one.`;
  return [
    `This channel belongs to no incident. Go to its channel, or name it (\`${open[0] === undefined ? 'INC-12' : incidentName(open[0].incident)}\`):`,
    ...listed(
      open,
      10,
      ({ incident, channel }) =>
        `• *${incidentName(incident)}* ${channel === undefined ? 'has no channel yet' : `in ${channelLink(channel)}`} · ${prose(incident.title, 80)}`,
      `\`${command} list\``,
    ),
  ].join('\n');
}

/** A link to a channel of ours: only its members can follow it. */
function channelLink(channel: string): string {
  return /^[CG][A-Z0-9]{2,30}$/.test(channel) ? `<#${channel}>` : code(channel, 40);
}
