import type { WebClient } from '@slack/web-api';
import type { Clock } from '../clock.ts';
import { whyUnfit } from './channel.ts';

/** Whether a person may decide here at all: no guest, nobody of another organisation, no bot, nobody who has left. */
export interface Outsiders {
  /** Why not, as far as it was looked up lately; `null` for somebody who may; `undefined` when it is not known. */
  known(user: string): string | null | undefined;
  /** As `known`, asking Slack. What Slack does not say keeps the person out: fail closed. */
  look(user: string): Promise<string | null>;
}

// Somebody who becomes a guest is found out within this time; a press must not wait for Slack each time.
const KEPT_MS = 10 * 60_000;
const MAX_KEPT = 1000;

/** Remembers for a few minutes what Slack said of each person. */
export function createOutsiders(client: WebClient, clock: Clock): Outsiders {
  const seen = new Map<string, { readonly atMs: number; readonly why: string | null }>();
  return {
    known(user) {
      const found = seen.get(user);
      return found !== undefined && clock.now().getTime() - found.atMs < KEPT_MS ? found.why : undefined;
    },
    async look(user) {
      try {
        const why = (await whyUnfit(client, user)) ?? null;
        if (seen.size >= MAX_KEPT) seen.clear();
        seen.set(user, { atMs: clock.now().getTime(), why });
        return why;
      } catch {
        return 'Slack could not say who you are; use the terminal';
      }
    },
  };
}
