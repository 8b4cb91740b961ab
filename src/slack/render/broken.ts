import type { Impact } from '../../incident/impact.ts';
import { code, when } from '../text.ts';
import type { IncidentView } from '../view/incident.ts';

const SHOWN = 3;

/** Line 2 of a card: what containment breaks now, and until when nothing that waits is lost. */
export function brokenLine(incident: IncidentView): string {
  const { impact } = incident;
  if (!breaksAnything(impact)) {
    return incident.level === 'none'
      ? '⚙️ *Broken now:* nothing by Cordon; the function still runs.'
      : '⚙️ *Broken now:* nothing is held any more.';
  }
  const loss = [...sourcesIn(impact), ...lossIn(impact), ...eventsIn(impact)];
  return [
    `⚙️ *Broken now:* ${[...callsIn(impact), ...siblingsIn(impact)].join(' · ')}`,
    ...(loss.length === 0 ? [] : [`⏳ *Data:* ${loss.join(' · ')}`]),
  ].join('\n');
}

function breaksAnything(impact: Impact): boolean {
  return (
    impact.stopped.length + impact.capped.length + impact.paused.length + impact.deniedRoles.length > 0 ||
    impact.canWiden
  );
}

function callsIn({ stopped, capped, deniedRoles, canWiden, throttlesPerMinute }: Impact): string[] {
  const denied = stopped.length + capped.length === 0 && (deniedRoles.length > 0 || canWiden);
  return [
    ...(stopped.length === 0
      ? []
      : [`${names(stopped)} ${verb(stopped, 'throttles', 'throttle')} *every call* (429)`]),
    ...(capped.length === 0
      ? []
      : [`${names(capped)} ${verb(capped, 'runs', 'run')} capped, the rest is throttled`]),
    ...(throttlesPerMinute === null ? [] : [`about *${throttlesPerMinute} throttles a minute*`]),
    ...(denied ? ['the function runs, and its own calls to AWS are denied'] : []),
  ];
}

function sourcesIn({ paused }: Impact): string[] {
  if (paused.length === 0) return [];

  const sources = paused.map(({ source }) => (source === null ? 'a source that could not be read' : source));
  return [`events *wait* in ${names(sources.map(shortSource))}`];
}

function eventsIn({ keptIn, dropping, dropped }: Impact): string[] {
  return [
    ...(keptIn.length === 0 ? [] : [`asynchronous events are kept in ${names(keptIn.map(shortSource))}`]),
    ...(dropping.length === 0
      ? []
      : ['⚠️ asynchronous events are *lost* where the function has no destination of its own for them']),
    ...(dropped === null || dropped === 0
      ? []
      : [`⚠️ *${dropped} asynchronous ${dropped === 1 ? 'event' : 'events'} lost* so far`]),
  ];
}

function siblingsIn({ siblings, deniedRoles }: Impact): string[] {
  if (deniedRoles.length > 0 && siblings !== 0) {
    return [
      siblings === null
        ? '⚠️ its role is denied as a whole, and nobody knows who else uses it'
        : `⚠️ ${siblings} ${siblings === 1 ? 'other' : 'others'} on its role *denied too*`,
    ];
  }
  if (siblings === null) return ['who else uses its role is not known'];
  return siblings === 0
    ? []
    : [`${siblings} ${siblings === 1 ? 'sibling shares' : 'siblings share'} its role, untouched`];
}

function lossIn({ firstLoss, paused }: Impact): string[] {
  if (firstLoss === null) return [];
  const certain = paused.find(({ source }) => source === firstLoss.source)?.certain === true;
  return [
    `first loss *${when(firstLoss.at)}* in ${code(shortSource(firstLoss.source), 90)}${certain ? '' : ' (by default; its owner may keep less)'}`,
  ];
}

function names(all: readonly string[]): string {
  const shown = all.slice(0, SHOWN).map((name) => code(name, 90));
  const rest = all.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function verb(all: readonly string[], one: string, many: string): string {
  return all.length === 1 ? one : many;
}

const SERVICES: Readonly<Record<string, string>> = {
  dynamodb: 'stream of table',
  kinesis: 'stream',
  sqs: 'queue',
  kafka: 'cluster',
  mq: 'broker',
  s3: 'bucket',
};

/** `queue orders`, `stream of table carts`: what a source is called by those who own it. */
function shortSource(arn: string): string {
  const parts = arn.split(':');
  const service = SERVICES[parts[2] ?? ''];
  const resource = parts.slice(5).join(':');
  const name = parts[2] === 'dynamodb' ? resource.split('/')[1] : resource.split('/').at(-1);
  return service === undefined || name === undefined || name === '' ? arn : `${service} ${name}`;
}
