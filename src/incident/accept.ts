import { createHash } from 'node:crypto';
import type { Target } from '../action/ports.ts';
import type { Alert } from '../alert/alert.ts';
import { readAlert } from '../alert/read-alert.ts';
import type { AlertOutcome, AlertReceipt, AlertSubmission } from '../alert/receipt.ts';
import type { Clock } from '../clock.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { Ids, IncidentId } from '../id.ts';
import { STALE_AFTER_MS } from '../inventory/picture.ts';
import type { CompiledPlaybook } from '../playbook/compile.ts';
import { claimsOn, countCopy, knownAlert } from '../store/alert.ts';
import { keepAlertContent } from '../store/alert-content.ts';
import { campaignFor } from '../store/campaign.ts';
import { leftOn } from '../store/incident.ts';
import { knownFunction } from '../store/inventory.ts';
import type { Sql } from '../store/sql.ts';
import { refusalOf } from '../store/sql.ts';
import { appendSystemEntries } from '../store/system-chain.ts';
import { admit } from './admit.ts';
import { leftHolds } from './adopt.ts';
import type { Advance } from './advance.ts';
import { campaignKeys, membershipOf } from './membership.ts';
import { blankIncident, joinIncident, openIncident } from './open.ts';
import type { AlertInsert } from './state.ts';
import { suspectsOf } from './suspect.ts';

/** Takes alerts in. It resolves after the commit: whoever sent the alert may then forget it. */
export interface Accept {
  submit(submission: AlertSubmission): Promise<AlertReceipt>;
  /** Records input that was refused before it could be read as an alert. */
  recordRefusal(refusal: {
    readonly code: string;
    readonly message: string;
    readonly via: string;
    readonly source: string;
    readonly bytesSha256: string | null;
    readonly size: number | null;
  }): Promise<void>;
}

// Two simultaneous alerts on one function: the loser joins on its second round. More means a bug.
const MAX_ROUNDS = 5;

export function createAccept(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enrolment: Enrolment;
  readonly playbookFor: (alert: Alert) => CompiledPlaybook | undefined;
  readonly advance: Advance;
  readonly exercise: boolean;
}): Accept {
  const { sql, clock, ids, enrolment, playbookFor, advance, exercise } = options;

  const recordRefusal: Accept['recordRefusal'] = async (refusal) => {
    await appendSystemEntries(sql, clock, [
      {
        kind: 'alert.refused',
        actor: { kind: 'source', id: `${refusal.via}:${refusal.source}` },
        summary: `Refused: ${refusal.message}`,
        data: { ...refusal },
      },
    ]);
  };

  const refuse = async (
    submission: AlertSubmission,
    code: string,
    message: string,
  ): Promise<AlertOutcome> => {
    await recordRefusal({
      code,
      message,
      via: submission.via,
      source: submission.source,
      bytesSha256: digestOfBytes(submission.bytes),
      size: submission.bytes.byteLength,
    });
    return { kind: 'refused', code, message };
  };

  const acceptOne = async (alert: Alert, submission: AlertSubmission): Promise<AlertOutcome> => {
    const admission = admit(alert, enrolment, { exercise });
    if (admission.kind === 'refused') return refuse(submission, admission.code, admission.message);
    const playbook = playbookFor(alert);
    if (playbook === undefined) {
      return refuse(
        submission,
        'cordon_no_playbook',
        `no playbook's trigger matches ${alert.findingType}; a person must look at it`,
      );
    }
    const insert: AlertInsert = {
      id: ids.next('alr'),
      alert,
      bytesSha256: digestOfBytes(submission.bytes),
      via: submission.via,
      sender: submission.source,
      receivedAt: submission.receivedAt.toISOString(),
    };
    for (let round = 1; ; round++) {
      try {
        return await place(insert, admission.target, playbook);
      } catch (error) {
        const refusal = refusalOf(error);
        const raced =
          refusal === 'function-has-open-incident' ||
          refusal === 'alert-belongs-elsewhere' ||
          refusal === 'campaign-moved' ||
          // What was left there began to be put back meanwhile: it is none of ours then.
          refusal === 'object-being-restored';
        if (!raced || round >= MAX_ROUNDS) throw error;
      }
    }
  };

  /** Puts the alert where it belongs as the record stands now. */
  const place = async (
    insert: AlertInsert,
    target: Target,
    playbook: CompiledPlaybook,
  ): Promise<AlertOutcome> => {
    const known = await knownAlert(sql, insert.alert.dedupeKey);
    if (known !== undefined && known.revision === insert.alert.revision) {
      await countCopy(sql, insert.alert.dedupeKey);
      return { kind: 'duplicate', incidentId: known.incident };
    }
    const claims = await claimsOn(sql, target.functionArn);
    const joins =
      known !== undefined && known.incidentStatus !== 'closed' ? known.incident : claims.openIncident;
    if (joins !== undefined) {
      await advance.advance(joins as IncidentId, (draft) => joinIncident(draft, insert)); // an id from the record
      return { kind: 'joined', incidentId: joins };
    }
    const id: IncidentId = ids.next('inc');
    const linkedTo = claims.heldBy ?? known?.incident ?? null;
    const now = clock.now();
    // Every role of every version, and who else is on them, before anything is asked of AWS; stale is as unknown.
    const seen = await knownFunction(sql, target.functionArn, new Date(now.getTime() - STALE_AFTER_MS));
    const whole =
      seen === undefined ? target : { ...target, roles: [...new Set([...target.roles, ...seen.roles])] };
    const found = await belongsTo(insert.alert, whole, seen, now);
    const initial = blankIncident({
      id,
      playbook,
      alert: insert,
      target: whole,
      sharedWith: seen?.sharedWith ?? -1,
      suspects: suspectsOf(enrolment, found.keys),
      campaign: membershipOf({ ...found, incident: id, own: ids.next('cmp'), at: now.toISOString() }),
      exercise,
      now,
    });
    // Read only where something is held: most functions were never contained.
    const left = claims.heldBy === undefined ? [] : leftHolds(await leftOn(sql, target.functionArn));
    await advance.open(initial, (draft) => openIncident(draft, insert, linkedTo, found.found, left));
    return linkedTo === null ? { kind: 'opened', incidentId: id } : { kind: 'linked', incidentId: id };
  };

  /** What the incident has that others may share, and the campaign of one that does. */
  const belongsTo = async (
    alert: Alert,
    target: Target,
    seen: { readonly changedBy: string | null; readonly changedAt: string | null } | undefined,
    now: Date,
  ) => {
    const { changedBy = null, changedAt = null } = seen ?? {};
    const keys = campaignKeys({ alert, target, changedBy, changedAt });
    const found = await campaignFor(sql, keys, exercise, now);
    const shared = keys.find((key) => key.kind === found?.kind && key.value === found.value);
    return {
      keys,
      found:
        found === undefined || shared === undefined
          ? undefined
          : { id: found.id, anchor: found.anchor, called: found.called, shared },
    };
  };

  /** After the alert is placed, so that containment never waits for it, and before the sender's receipt. */
  const keepContent = async (submission: AlertSubmission, outcomes: readonly AlertOutcome[]) => {
    const sha256 = digestOfBytes(submission.bytes);
    const incidents = new Set(outcomes.flatMap((one) => (one.kind === 'refused' ? [] : [one.incidentId])));
    for (const incident of incidents) {
      await keepAlertContent(sql, incident, { sha256, bytes: submission.bytes }, clock.now());
    }
  };

  return {
    recordRefusal,
    async submit(submission) {
      const reading = readAlert(submission.bytes);
      if (reading.kind !== 'alerts') return [await refuse(submission, reading.code, reading.message)];
      const outcomes: AlertOutcome[] = [];
      for (const alert of reading.alerts) outcomes.push(await acceptOne(alert, submission));
      await keepContent(submission, outcomes);
      for (const unread of reading.refused)
        outcomes.push(await refuse(submission, unread.code, unread.message));
      return outcomes;
    },
  };
}

function digestOfBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
