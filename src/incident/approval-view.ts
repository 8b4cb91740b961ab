import type { Action, Change } from '../action/action.ts';
import type { OnExpiry } from '../guardrail/on-expiry.ts';
import type { Json } from '../json.ts';
import type { Entry } from '../timeline/entry.ts';
import { blastRadiusOf } from './blast-radius.ts';
import { wordToApprove } from './confirmation.ts';
import type { AttemptRow, IncidentRecord } from './state.ts';

/** A plan that people were asked about, as they see it, settled ones included. */
export interface ApprovalView {
  readonly approvalId: string;
  readonly actionTitle: string;
  /** The function that it is about; empty where it is about none. */
  readonly functionArn: string;
  readonly objectArn: string;
  readonly account: string;
  readonly region: string;
  readonly changes: readonly Change[];
  /** Who and what it touches beside that, in sentences. */
  readonly blastRadius: readonly string[];
  readonly reversible: boolean;
  /** What has to be typed to approve it, in production; `null` where a press is enough. */
  readonly confirm: string | null;
  /** Hex SHA-256 of the plan: an approval is of exactly this. */
  readonly digest: string;
  readonly quorum: number;
  readonly given: readonly { readonly by: string; readonly at: string }[];
  readonly policies: readonly string[];
  readonly expiresAt: string;
  readonly onExpiry: OnExpiry;
  readonly requestedBy: string | null;
  readonly status: 'open' | 'approved' | 'denied' | 'expired' | 'withdrawn';
  readonly settledBy: string | null;
  readonly settledAt: string | null;
  readonly reason: string | null;
}

/** What people are shown of one attempt's question: none, or one. Pure. */
export function approvalOf(
  attempt: AttemptRow,
  record: IncidentRecord,
  entries: readonly Entry[],
  catalogue: ReadonlyMap<string, Action>,
): ApprovalView[] {
  const asked = lastOf(entries, attempt.id, ['approval.asked']);
  if (asked?.body === undefined || asked.body === null || attempt.planDigest === null) return [];
  const request = asked.body.data as {
    quorum?: number;
    expiresAt?: string;
    onExpiry?: OnExpiry;
    policies?: string[];
  }; // written by `applyDecision`
  const settled = lastOf(entries, attempt.id, [
    'approval.given',
    'approval.denied',
    'approval.expired',
    'attempt.cancelled',
  ]);
  const action = catalogue.get(attempt.action);
  return [
    {
      approvalId: attempt.id,
      actionTitle: action?.title ?? attempt.action,
      functionArn: attempt.target?.functionArn ?? '',
      objectArn: attempt.object?.arn ?? '',
      account: attempt.target?.account ?? '',
      region: attempt.target?.region ?? '',
      changes: attempt.changes,
      blastRadius: blastRadiusOf(attempt, record, action),
      confirm: wordToApprove(attempt),
      reversible: action?.effect === 'contain' && action.reversible,
      digest: attempt.planDigest,
      quorum: request.quorum ?? 1,
      given: attempt.approvals.map((approval) => ({ by: approval.responder, at: approval.at })),
      policies: request.policies ?? [],
      expiresAt: request.expiresAt ?? asked.at,
      onExpiry: request.onExpiry ?? 'refuse',
      requestedBy: attempt.requestedBy,
      status: approvalStatus(attempt, settled),
      settledBy:
        attempt.state === 'awaiting'
          ? null
          : String((settled?.body?.actor as { id?: string } | undefined)?.id ?? ''),
      settledAt: attempt.state === 'awaiting' ? null : (settled?.at ?? null),
      reason: attempt.state === 'denied' ? (attempt.error?.message ?? null) : null,
    },
  ];
}

function approvalStatus(attempt: AttemptRow, settled: Entry | undefined): ApprovalView['status'] {
  if (attempt.state === 'awaiting') return 'open';
  switch (settled?.body?.kind) {
    case 'approval.given':
      return 'approved';
    case 'approval.denied':
      return 'denied';
    case 'approval.expired':
      return 'expired';
    default:
      return 'withdrawn';
  }
}

function lastOf(entries: readonly Entry[], attempt: string, kinds: readonly string[]): Entry | undefined {
  return entries.findLast((entry) => {
    const data = entry.body?.data;
    return (
      entry.body !== null &&
      kinds.includes(entry.body.kind) &&
      typeof data === 'object' &&
      data !== null &&
      (data as { attempt?: Json }).attempt === attempt // written by the attempt's own moves
    );
  });
}
