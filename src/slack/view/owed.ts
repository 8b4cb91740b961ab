/** What people owe after the response, as they see it: tasks, duties, updates, the postmortem. */

export interface TaskView {
  readonly id: string;
  /** A person's own words. */
  readonly text: string;
  readonly owner: string | null;
  readonly dueAt: string | null;
  readonly doneBy: string | null;
  readonly doneAt: string | null;
}

/** Telling somebody in time, the postmortem, an action item of it. */
export interface DutyView {
  /** `gdpr-72h`, `postmortem`, `A1`. */
  readonly id: string;
  readonly kind: 'notification' | 'postmortem' | 'action';
  /** Of an action item a person's own words. */
  readonly text: string;
  readonly owner: string | null;
  readonly dueAt: string;
  readonly settled: { readonly as: string; readonly by: string } | null;
}

/** What stakeholders are told. */
export interface UpdateView {
  readonly id: string;
  readonly template: string;
  readonly to: readonly string[];
  /** A person's own words. */
  readonly text: string;
  readonly by: string;
  readonly state: 'waiting' | 'sent' | 'denied';
  readonly quorum: number;
  readonly expiresAt: string | null;
  readonly approvals: readonly { readonly by: string }[];
}

/** Somebody who is told, and where. */
export interface StakeholderView {
  readonly id: string;
  readonly title: string;
  /** Id of the Slack channel. */
  readonly slack: string;
}

/** A postmortem while people write it. */
export interface PostmortemView {
  readonly sections: readonly {
    readonly name: string;
    /** A person's own words, or the form. */
    readonly text: string;
    readonly version: number;
  }[];
  /** What keeps it from being reviewed. */
  readonly errors: readonly string[];
}
