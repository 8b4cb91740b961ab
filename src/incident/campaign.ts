import type { CampaignId, IncidentId } from '../id.ts';
import type { Actor } from '../timeline/entry.ts';
import type { Draft } from './draft.ts';

/** Has an incident's suspects taken out of the channel that it is led in with others: they may be in it already. */
export function keepSuspectsOut(draft: Draft): void {
  if ((draft.record.suspects ?? []).length > 0) keepOut(draft);
}

/** Has those taken out of an incident's channel who must not be in it. */
export function keepOut(draft: Draft): void {
  // Furnishing overtakes what is waiting for the channel: who must not read it is out before it is said. Each incident of
  // the channel has its own suspects, so that no row stands for another's; one that waits sees all who came meanwhile.
  draft.post('furnish', { keepOut: true }, { merge: `keep-out:${draft.id}` });
}

/** Moves an incident to another campaign, or into one of its own; the channel follows with the next message. */
export function moveCampaign(
  draft: Draft,
  to: { readonly id: CampaignId; readonly anchor: IncidentId },
  move: {
    readonly kind: 'campaign.split' | 'campaign.merged';
    readonly actor: Actor & { readonly kind: 'responder' };
    readonly reason: string;
    /** The campaigns' names, for people. */
    readonly from: string;
    readonly into: string;
  },
): void {
  const { campaign } = draft.record;
  if (campaign === undefined) return;
  const { kind, actor, reason, from, into } = move;
  draft.record = { ...draft.record, campaign: { ...campaign, ...to, shares: null, at: draft.at } };
  draft.log(
    kind,
    actor,
    kind === 'campaign.split'
      ? `${actor.id} split the incident off ${from}: ${reason}`
      : `${actor.id} merged ${from} into ${into}: ${reason}`,
    { from: campaign.id, to: to.id, anchor: to.anchor, reason },
  );
  if (to.anchor === draft.id) draft.post('open-channel', {});
  else keepSuspectsOut(draft);
  draft.post('card', {}, { merge: 'card' });
}
