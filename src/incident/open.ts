import type { Target } from '../action/ports.ts';
import type { Alert } from '../alert/alert.ts';
import { modeInWords, responderByCli, responderById } from '../enrolment/enrolment.ts';
import type { IncidentId } from '../id.ts';
import type { CompiledPlaybook } from '../playbook/compile.ts';
import { adoptHolds, type LeftHold } from './adopt.ts';
import { askSuspects } from './ask-suspects.ts';
import { keepSuspectsOut } from './campaign.ts';
import { openChart, signalCharts } from './chart.ts';
import type { Draft } from './draft.ts';
import { startEscalation } from './escalation.ts';
import { modeOf } from './gate-request.ts';
import type { FoundCampaign, Membership } from './membership.ts';
import { startNotifications } from './notification.ts';
import { NO_PEOPLE } from './people-state.ts';
import type { AlertInsert, IncidentState } from './state.ts';
import type { Suspect } from './suspect.ts';
import { startWatch } from './watch.ts';

/** An incident before its first commit. */
export function blankIncident(options: {
  readonly id: IncidentId;
  readonly playbook: CompiledPlaybook;
  readonly alert: AlertInsert;
  readonly target: Target;
  /** How many others are on the target's roles, from the inventory; -1 when it does not know. */
  readonly sharedWith: number;
  readonly campaign: Membership;
  readonly suspects: readonly Suspect[];
  readonly exercise: boolean;
  readonly now: Date;
}): IncidentState {
  const { id, playbook, alert, target, exercise, now } = options;
  return {
    id,
    number: 0,
    seq: 0,
    status: 'open',
    playbookSha256: playbook.sha256,
    record: {
      title: alert.alert.title,
      playbook: playbook.id,
      severity: severityOf(alert.alert),
      exercise,
      account: alert.alert.account,
      region: alert.alert.region,
      alertId: alert.id,
      alert: alert.alert,
      campaign: options.campaign,
      ...(options.suspects.length === 0 ? {} : { suspects: options.suspects }),
      targets: [target],
      levels: {},
      sharedWith: { [target.functionArn]: options.sharedWith },
      openedAt: now.toISOString(),
      closedAt: null,
      lead: null,
      people: NO_PEOPLE,
      releaseRequestedBy: null,
      halted: null,
    },
    chain: { seq: 0, hash: '0'.repeat(64) },
    charts: new Map(),
    invocations: new Map(),
    attempts: new Map(),
    holds: new Map(),
    timers: new Map(),
  };
}

/** GuardDuty's 0 to 10 as our 1 (critical) to 4 (low): 9, 7 and 4 are its own boundaries. */
function severityOf(alert: Alert): number {
  if (alert.severity >= 9) return 1;
  if (alert.severity >= 7) return 2;
  return alert.severity >= 4 ? 3 : 4;
}

/** Opens the incident: first entries, the root chart, a channel and a card for people. */
export function openIncident(
  draft: Draft,
  alert: AlertInsert,
  linkedTo: string | null,
  campaign?: FoundCampaign,
  left: readonly LeftHold[] = [],
): void {
  draft.alerts.push(alert);
  draft.changed.targets = true;
  const by = responderOf(draft, alert);
  if (by !== null) draft.record = { ...draft.record, declaredBy: by };
  draft.record = { ...draft.record, mode: modeOf(draft, draft.record.targets[0] ?? null).mode };
  const { record, env } = draft;
  const source = { kind: 'source', id: `${alert.via}:${alert.sender}` } as const;
  draft.log('alert.accepted', source, `Accepted: ${record.title}`, alertData(alert));
  const modes = record.targets.map((target) => ({ target: target.functionArn, ...modeOf(draft, target) }));
  const inWords = [...new Set(modes.map(modeInWords))].join(', ');
  draft.log(
    'incident.opened',
    { kind: 'engine' },
    `Opened with playbook ${env.playbook.id} version ${env.playbook.version}, in mode ${inWords}`,
    {
      playbook: env.playbook.id,
      version: env.playbook.version,
      playbookSha256: env.playbook.sha256,
      severity: record.severity,
      exercise: record.exercise,
      targets: record.targets.map((target) => target.functionArn),
      modes,
      linkedTo,
    },
  );
  if (campaign === undefined) {
    draft.post('open-channel', {});
    draft.post('card', { first: true }, { merge: 'card' });
  } else {
    const { kind, value } = campaign.shared;
    draft.log('campaign.joined', { kind: 'engine' }, `Led with others: they share the ${kind} ${value}`, {
      campaign: campaign.id,
      anchor: campaign.anchor,
      shared: { kind, value },
    });
    keepSuspectsOut(draft);
    draft.post('card', {}, { merge: 'card' });
  }
  askSuspects(draft);
  // One call for a campaign: whoever took it up, or is being called, hears of the next through its card.
  if (campaign?.called !== true && startEscalation(draft)) noteCalled(draft);
  startNotifications(draft);
  for (const target of record.targets) adoptHolds(draft, target, left);
  openChart(draft, { path: '', parent: null, item: null });
  // Whoever left it looks no more, now that this incident is open about it.
  for (const target of draft.record.targets) startWatch(draft, target);
}

function noteCalled(draft: Draft): void {
  const { campaign } = draft.record;
  if (campaign !== undefined) draft.record = { ...draft.record, campaign: { ...campaign, called: true } };
}

/** The responder who declared it, or handed the alert in from a terminal; `null` when no person did. */
function responderOf(draft: Draft, { via, sender }: AlertInsert): string | null {
  if (via !== 'cli' && via !== 'slack') return null;
  const { enrolment } = draft.env;
  return (responderById(enrolment, sender) ?? responderByCli(enrolment, sender))?.id ?? null;
}

/** Adds an alert to an open incident: news for people and playbook, never a second containment. */
export function joinIncident(draft: Draft, alert: AlertInsert): void {
  draft.alerts.push(alert);
  draft.record = { ...draft.record, lastAlertAt: draft.at };
  const source = { kind: 'source', id: `${alert.via}:${alert.sender}` } as const;
  draft.log('alert.joined', source, `Joined: ${alert.alert.title}`, alertData(alert));
  signalCharts(draft, 'alert.updated', {
    findingType: alert.alert.findingType,
    severity: alert.alert.severity,
  });
  draft.post('card', {}, { merge: 'card' });
}

function alertData(alert: AlertInsert) {
  return {
    alert: alert.id,
    finding: alert.alert.dedupeKey,
    revision: alert.alert.revision,
    findingType: alert.alert.findingType,
    severity: alert.alert.severity,
    ...(alert.alert.abusedApis === undefined ? {} : { abusedApis: [...alert.alert.abusedApis] }),
    ...(alert.alert.unnamedApis === undefined ? {} : { unnamedApis: [...alert.alert.unnamedApis] }),
    firstSeenAt: alert.alert.firstSeenAt,
    receivedAt: alert.receivedAt,
    bytesSha256: alert.bytesSha256,
  };
}
