import type { Actor } from '../timeline/entry.ts';
import type { Draft } from './draft.ts';
import type { Update } from './update-state.ts';

/** Stakeholder updates: asked for, approved where policy says so, and sent once. */

export function updatesOf(record: { readonly updates?: readonly Update[] }): readonly Update[] {
  return record.updates ?? [];
}

/** Asks for an update, which waits for approvals; its words are fixed from here on. */
export function askForUpdate(
  draft: Draft,
  actor: Actor,
  wanted: Pick<Update, 'template' | 'to' | 'text' | 'by'>,
  asks: { readonly quorum: number; readonly expiresAt: string; readonly policies: readonly string[] },
): Update {
  const update = add(draft, { ...wanted, state: 'waiting', quorum: asks.quorum, expiresAt: asks.expiresAt });
  draft.log('update.asked', actor, `${wanted.by} asks to tell ${wanted.to.join(', ')}: ${wanted.text}`, {
    update: update.id,
    template: update.template,
    to: [...update.to],
    text: update.text,
    quorum: asks.quorum,
    expiresAt: asks.expiresAt,
    policies: [...asks.policies],
  });
  draft.post('update-asked', { update: update.id });
  return update;
}

/** Sends an update that needs nobody's approval. */
export function sendUpdate(
  draft: Draft,
  actor: Actor,
  wanted: Pick<Update, 'template' | 'to' | 'text' | 'by'>,
): Update {
  const update = add(draft, { ...wanted, state: 'sent', quorum: 0, expiresAt: null });
  deliver(draft, actor, update, wanted.by);
  return update;
}

/** Counts one approval more; `enough` is the gate's answer with it. */
export function approveUpdate(draft: Draft, actor: Actor, update: Update, by: string, enough: boolean): void {
  const approvals = [...update.approvals, { by, at: draft.at }];
  const next: Update = enough
    ? { ...update, approvals, state: 'sent', settledBy: by, settledAt: draft.at }
    : { ...update, approvals };
  replace(draft, next);
  draft.log('update.approved', actor, `${by} approved ${update.id}`, {
    update: update.id,
    approvals: approvals.length,
  });
  if (enough) deliver(draft, actor, next, by);
}

/** Refuses an update for good. */
export function denyUpdate(draft: Draft, actor: Actor, update: Update, by: string, reason: string): void {
  replace(draft, { ...update, state: 'denied', settledBy: by, settledAt: draft.at, reason });
  draft.log('update.denied', actor, `${by} denied ${update.id}: ${reason}`, { update: update.id, reason });
}

function add(
  draft: Draft,
  wanted: Pick<Update, 'template' | 'to' | 'text' | 'by' | 'state' | 'quorum' | 'expiresAt'>,
): Update {
  const known = updatesOf(draft.record);
  const update: Update = {
    ...wanted,
    id: `U${known.length + 1}`,
    at: draft.at,
    approvals: [],
    settledBy: null,
    settledAt: null,
    reason: null,
  };
  draft.record = { ...draft.record, updates: [...known, update] };
  return update;
}

/** One delivery a channel: one that fails keeps no other from its own. */
function deliver(draft: Draft, actor: Actor, update: Update, by: string): void {
  draft.log('update.sent', actor, `Tells ${update.to.join(', ')} (${update.template}): ${update.text}`, {
    update: update.id,
    template: update.template,
    to: [...update.to],
    text: update.text,
    by: update.by,
    approvedBy: update.by === by ? null : by,
  });
  for (const to of update.to) draft.post('update', { update: update.id, to });
}

function replace(draft: Draft, update: Update): void {
  const updates = updatesOf(draft.record).map((each) => (each.id === update.id ? update : each));
  draft.record = { ...draft.record, updates };
}
