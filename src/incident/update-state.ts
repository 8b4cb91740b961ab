/**
 * A stakeholder update: what people who do not respond are told, made from a template, in channels that the enrolment
 * file names. Its words never change once it is asked for: who approves it approves exactly this.
 */
export interface Update {
  /** `U1`, `U2` … within the incident. */
  readonly id: string;
  readonly template: UpdateTemplateId;
  /** Ids of stakeholders in the enrolment file. */
  readonly to: readonly string[];
  /** A person's own words. */
  readonly text: string;
  readonly by: string;
  readonly at: string;
  /** `waiting` for `quorum` approvals until `expiresAt`; silence sends nothing. */
  readonly state: 'waiting' | 'sent' | 'denied';
  readonly quorum: number;
  readonly expiresAt: string | null;
  readonly approvals: readonly { readonly by: string; readonly at: string }[];
  readonly settledBy: string | null;
  readonly settledAt: string | null;
  readonly reason: string | null;
}

/** What an update says before a person's own words, by template. Facts of the engine only: nothing that an alert says. */
export const UPDATE_TEMPLATES = {
  investigating: 'We are looking into a security alert. There is nothing that you have to do.',
  contained: 'The affected component is contained. Parts of the service may not answer until it is released.',
  monitoring: 'The component is back in service, and we are watching it.',
  resolved: 'The incident is over. We are writing down what happened and what we change.',
  correction: 'A correction of what we said before:',
} as const;

export type UpdateTemplateId = keyof typeof UPDATE_TEMPLATES;

export const UPDATE_TEMPLATE_IDS = Object.keys(UPDATE_TEMPLATES) as readonly UpdateTemplateId[]; // its own keys

/** Updates of one incident: every commit writes the record whole. */
export const MAX_UPDATES = 100;
