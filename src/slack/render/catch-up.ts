import type { SlackMessage } from '../limits.ts';
import { prose, when } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';
import { context, message, section } from './blocks.ts';
import { brokenLine } from './broken.ts';
import { decisionLine, statusLine } from './card.ts';

/**
 * What people read when Slack is back after a while: where things stand now, once, in place of every notice that
 * could not be sent. The card above says the same and goes on saying it.
 */
export function catchUpMessage(incident: IncidentView, sinceIso: string): SlackMessage {
  const status = statusLine(incident);
  return message(incident, `Slack is back. ${status.replaceAll('*', '')}`, [
    section([
      `📡 *Slack could not be reached for a while.* Cordon went on; what happened since ${when(sinceIso)} is in the timeline and is not repeated here. Where it stands now:`,
      status,
      brokenLine(incident),
      decisionLine(incident),
    ]),
    context(
      incident.lastEntries.length === 0
        ? ['The timeline has no entry yet.']
        : incident.lastEntries.slice(-5).map((entry) => prose(entry, 250)),
    ),
  ]);
}
