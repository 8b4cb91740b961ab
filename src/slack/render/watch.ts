import type { KnownBlock } from '@slack/types';
import { code, incidentName, prose, when } from '../text.ts';
import type { IncidentView, WatchView } from '../view/incident.ts';
import { listed, section } from './blocks.ts';

const SHOWN = 4;

/** What contained functions came to since: what got through first, then what changed, what runs on, what was refused. */
export function watchBlocks(incident: IncidentView): KnownBlock[] {
  if (incident.status === 'closed') return [];
  const lines = (incident.watches ?? []).flatMap((watch) => {
    const name = code(watch.functionArn.split(':').at(-1) ?? watch.functionArn, 80);
    return [...throughLines(watch), ...driftLines(watch), ...drainLines(watch), ...refusedLines(watch)].map(
      (line) => `• ${name} · ${line}`,
    );
  });
  if (lines.length === 0) return [];
  return [section(listed(lines, SHOWN, (line) => line, `\`/cordon show ${incidentName(incident)}\``))];
}

function throughLines({ through }: WatchView): string[] {
  const last = through.at(-1);
  if (last === undefined) return [];
  return [
    `🔴 ${through.length} got through, last ${code(last.call, 80)} by ${code(last.principal, 200)} ${when(last.at)}`,
  ];
}

function driftLines({ drifts }: WatchView): string[] {
  const last = drifts.at(-1);
  if (last === undefined) return [];
  const who = last.by === null ? 'CloudTrail has not said yet by whom' : `by ${code(last.by, 200)}`;
  const then = last.asks ? '; a person decides whether it is put again' : '';
  return [
    `🟠 changed ${drifts.length} ${drifts.length === 1 ? 'time' : 'times'}, last ${when(last.at)} ${who}: ${prose(last.what, 160)}${then}`,
  ];
}

function drainLines({ drain }: WatchView): string[] {
  if (drain === null || drain.overAt !== null) return [];
  const running =
    drain.running === null || drain.running === 0 ? 'runs' : `${drain.running} counted last; runs`;
  return [`⏳ ${running} from before the stop may go on until ${when(drain.latestAt)}`];
}

function refusedLines({ refused, throttled }: WatchView): string[] {
  const parts = [
    ...(refused === 0 ? [] : [`${refused} ${refused === 1 ? 'call' : 'calls'} refused`]),
    ...(throttled === 0
      ? []
      : [`${throttled} ${throttled === 1 ? 'invocation' : 'invocations'} turned away`]),
  ];
  return parts.length === 0 ? [] : [`🟢 ${parts.join(', ')}`];
}
