import type { Enrolment } from '../enrolment/enrolment.ts';
import { responderByCli } from '../enrolment/enrolment.ts';
import { CodedError } from '../error.ts';
import type { IncidentId } from '../id.ts';
import type { Sql } from '../store/sql.ts';
import { purgeBodies, readTimeline } from '../store/timeline.ts';
import { purgeableEntries } from '../timeline/purge.ts';
import type { Advance } from './advance.ts';
import type { Draft } from './draft.ts';
import { FOLLOW_UP, isFinal } from './state.ts';

type RetentionErrorCode = 'cordon_retention_not_allowed' | 'cordon_retention_too_early';

class RetentionError extends CodedError<RetentionErrorCode> {}

/** What somebody does to the whole evidence of an incident, as the timeline says it. */
export type RetentionAct =
  | { readonly kind: 'hold' | 'release-hold'; readonly reason: string }
  | { readonly kind: 'extend'; readonly until: string }
  | {
      readonly kind: 'purge';
      readonly reason: string;
      readonly objects: number;
      readonly kept: number;
      /** Files of what an attacker wrote. */
      readonly apart: number;
    }
  /** The act is sealed; after a purge the timeline's bodies go, too. */
  | {
      readonly kind: 'sealed';
      readonly manifestSha256: string;
      readonly items: number;
      readonly keyId: string;
      readonly purge: boolean;
    };

export interface RetentionCall {
  readonly incident: IncidentId;
  /** As the terminal knows the person. */
  readonly by: string;
  readonly act: RetentionAct;
}

export type RecordRetention = (call: RetentionCall) => Promise<void>;

/**
 * Writes an act of retention into the incident's timeline, before it is done: what cannot be recorded is not done. Ending a
 * hold and purging are for commanders. Throws `cordon_retention_not_allowed`, `cordon_retention_too_early` for an incident that
 * is not over, `cordon_incident_not_found`.
 */
export function createRecordRetention(parts: {
  readonly advance: Pick<Advance, 'advance'>;
  readonly sql: Sql;
  readonly enrolment: Enrolment;
}): RecordRetention {
  const { advance, sql, enrolment } = parts;
  return async ({ incident, by, act }) => {
    const responder = responderByCli(enrolment, by);
    if (responder === undefined || !mayDo(responder.roles, act)) {
      throw new RetentionError(
        'cordon_retention_not_allowed',
        `expected ${act.kind === 'hold' || act.kind === 'extend' ? 'a responder' : 'a commander'} of the enrolment file, found ${by || 'nobody'}; set CORDON_USER to your name there`,
      );
    }
    const actor = { kind: 'responder', id: responder.id, via: 'cli' } as const;
    const entries =
      act.kind === 'sealed' && act.purge ? purgeableEntries(await readTimeline(sql, incident)) : [];
    const saidBy = await advance.advance(incident, (draft) => {
      if (act.kind === 'purge') refuseUnfinished(draft);
      logAct(draft, actor, act);
      if (entries.length === 0) return null;
      const count = entries.reduce((sum, [first, last]) => sum + last - first + 1, 0);
      draft.log('timeline.purged', actor, `Removed the bodies of ${count} entries; their hashes stay`, {
        entries: entries.map(([first, last]) => [first, last]),
      });
      return draft.base.chain.seq + draft.entries.length;
    });
    if (saidBy !== null) await purgeBodies(sql, incident, saidBy);
  };
}

function mayDo(roles: readonly string[], act: RetentionAct): boolean {
  const protects = act.kind === 'hold' || act.kind === 'extend' || (act.kind === 'sealed' && !act.purge);
  return protects ? roles.some((role) => role !== 'observer') : roles.includes('commander');
}

/** What is still being collected would come back after its purge. */
function refuseUnfinished(draft: Draft): void {
  const sweeps =
    [...draft.timers.values()].some(({ kind, status }) => kind === FOLLOW_UP && status === 'armed') ||
    [...draft.attempts.values()].some(({ upkeep, state }) => upkeep === true && !isFinal(state));
  if (draft.status === 'closed' && !sweeps) return;
  throw new RetentionError(
    'cordon_retention_too_early',
    `expected an incident that is closed and swept for the last time, found it ${draft.status}${sweeps ? ' with work of its own still due' : ''}; nothing was removed`,
  );
}

function logAct(draft: Draft, actor: Parameters<Draft['log']>[1], act: RetentionAct): void {
  switch (act.kind) {
    case 'hold':
      draft.log('evidence.held', actor, `Put the evidence under legal hold: ${act.reason}`, {
        reason: act.reason,
      });
      return;
    case 'release-hold':
      draft.log('evidence.unheld', actor, `Ended the legal hold: ${act.reason}`, { reason: act.reason });
      return;
    case 'extend':
      draft.log('evidence.extended', actor, `Locked the evidence until ${act.until}`, { until: act.until });
      return;
    case 'purge':
      draft.log(
        'evidence.purged',
        actor,
        `Removes the content of ${act.objects} evidence objects and ${act.apart} files of the quarantine, and leaves ${act.kept}: ${act.reason}`,
        { reason: act.reason, objects: act.objects, apart: act.apart, kept: act.kept },
      );
      draft.record = { ...draft.record, purgedAt: draft.at };
      return;
    case 'sealed':
      draft.log('evidence.sealed', actor, `Sealed ${act.items} evidence items`, {
        attempt: null,
        items: act.items,
        manifestSha256: act.manifestSha256,
        keyId: act.keyId,
      });
  }
}
