import type { Enrolment } from '../enrolment/enrolment.ts';
import { responderByPrincipal } from '../enrolment/enrolment.ts';
import type { CampaignKey } from './membership.ts';

/**
 * Responders whose own AWS identity is part of what happened. Whoever has stolen it may have their Slack too, so they
 * are asked apart, and kept out of the channel and of approvals until somebody else clears them. What they say is a
 * claim in the timeline: the playbook sees none of it.
 */
export interface Suspect {
  readonly responder: string;
  /** The identity that acted, as the account's event history names it. */
  readonly principal: string;
  /** What they said of it; `null` until they do. */
  readonly claim: {
    readonly answer: 'mine' | 'not-mine' | 'unsure';
    readonly note: string | null;
    readonly at: string;
  } | null;
}

/** The responders whom the identities of an incident act for. Pure. */
export function suspectsOf(enrolment: Enrolment, keys: readonly CampaignKey[]): readonly Suspect[] {
  return keys.flatMap(({ kind, value }) => {
    const responder = kind === 'principal' ? responderByPrincipal(enrolment, value) : undefined;
    return responder === undefined ? [] : [{ responder: responder.id, principal: value, claim: null }];
  });
}

export function isSuspect(record: { readonly suspects?: readonly Suspect[] }, responder: string): boolean {
  return record.suspects?.some((suspect) => suspect.responder === responder) ?? false;
}
