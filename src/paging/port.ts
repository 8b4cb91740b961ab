/**
 * How people are paged when Slack is not enough, or is the thing that fails. A page is about one incident; its keys
 * join what is triggered with what is acknowledged and resolved later.
 */
export interface Page {
  readonly event: 'trigger' | 'acknowledge' | 'resolve';
  /** One for a trigger; for the others, every page that is still open. */
  readonly keys: readonly string[];
  readonly incident: {
    readonly id: string;
    readonly name: string;
    /** 1 critical, 2 high, 3 medium, 4 low. */
    readonly severity: number;
    /** Attacker-controlled: plain text for whoever shows it. */
    readonly title: string;
    readonly level: string;
    readonly openedAt: string;
    readonly functionArns: readonly string[];
    readonly account: string;
    readonly region: string;
  };
  /** Responder ids: whom it is for. */
  readonly to: readonly string[];
  /** Why, in our words or a person's; empty unless triggered. */
  readonly reason: string;
  /** Who acknowledged it. */
  readonly by: string | null;
  /** The outbox row: the same again is the same page. */
  readonly outboxId: string;
}

export type PageOutcome =
  | { readonly kind: 'sent' }
  /** Not taken now; the same again is safe, because of its keys. */
  | { readonly kind: 'retry'; readonly afterMs: number; readonly code: string }
  /** Refused for good: a person mends the configuration. */
  | { readonly kind: 'failed'; readonly code: PagingErrorCode; readonly message: string };

type PagingErrorCode = 'cordon_paging_refused';

export interface PageService {
  /** `pagerduty`, `webhook`, `sns`: as the timeline names it. */
  readonly name: string;
  send(page: Page): Promise<PageOutcome>;
}
