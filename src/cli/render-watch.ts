import { renderInstant } from '../timeline/render.ts';
import type { Incident } from './incident.ts';
import type { Paint } from './output.ts';
import { shown } from './output.ts';

type Watch = Incident['watches'][number];

/** What contained functions came to since: one line a fact, the worst first. */
export function watchLines(incident: Incident, paint: Paint): readonly string[] {
  return incident.watches.flatMap((watch) => {
    const name = shown(watch.functionArn.split(':').at(-1) ?? watch.functionArn, 80);
    return [
      ...watch.through.map((each) =>
        paint.red(
          `got through  ${shown(each.call, 80)} by ${shown(each.principal, 200)} at ${renderInstant(each.at)}`,
        ),
      ),
      ...watch.drifts.map((each) => paint.yellow(driftLine(each))),
      ...drainLines(watch),
      ...countLines(watch),
    ].map((line) => `${name}: ${line}`);
  });
}

function driftLine({ at, object, what, by, asks }: Watch['drifts'][number]): string {
  const who = by === null ? 'CloudTrail has not said yet by whom' : `by ${shown(by, 200)}`;
  const then = asks ? '; a person decides whether it is put again' : '';
  return `changed  ${shown(object, 200)} at ${renderInstant(at)}, ${who}: ${shown(what, 300)}${then}`;
}

function drainLines({ drain }: Watch): readonly string[] {
  if (drain === null) return [];
  if (drain.overAt !== null) return [`drained  at ${renderInstant(drain.overAt)}`];
  const running = drain.running === null ? 'nobody counts how many' : `${drain.running} counted last`;
  return [`draining  runs from before the stop may go on until ${renderInstant(drain.latestAt)}; ${running}`];
}

function countLines({ lookedAt, refused, throttled, unread }: Watch): readonly string[] {
  const looked = lookedAt === null ? [] : [`looked last at ${renderInstant(lookedAt)}`];
  const blind = unread.length === 0 ? [] : [`could not ask ${shown(unread.join(', '), 300)}`];
  return [
    [`refused  ${refused} calls, ${throttled} invocations turned away`, ...looked, ...blind].join('; '),
  ];
}
