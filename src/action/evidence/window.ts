import type { ActionContext } from '../ports.ts';

/** What a collection looks at, in milliseconds. */
export interface Window {
  readonly alertedMs: number;
  /** The log window before the alert. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the log window before the alert until now. An alert from the future is from now. */
export function windowOf(context: ActionContext): Window {
  const toMs = context.clock.now().getTime();
  const seenMs = new Date(context.alert.firstSeenAt).getTime();
  const alertedMs = Number.isFinite(seenMs) ? Math.min(seenMs, toMs) : toMs;
  return { alertedMs, fromMs: alertedMs - context.settings.logWindowMs, toMs };
}
