import type { CaseFindings, SeenCall } from './case-findings.ts';
import type { Facts } from './facts.ts';
import { code, duration, escaped, instant, table } from './markdown.ts';
import { members, text } from './read-json.ts';

/** How long an attacker could act, what could be reached, and what is known to have been. */

/** The window in which the attacker could act. Its beginning is a claim of the finding: it may be earlier. */
export function exposure({ metrics: times, detections }: Facts): string {
  const [first] = detections.flatMap((found) =>
    found.firstSeenAt === null ? [] : [{ at: found.firstSeenAt, seq: found.seq }],
  );
  const from = first?.at ?? times.startedAt;
  const to = times.effectiveAt;
  const length = from === null || to === null ? null : Date.parse(to) - Date.parse(from);
  return table(
    ['Exposure', 'Value', 'Confidence'],
    [
      [
        'From',
        instant(from),
        first === undefined
          ? 'low: no finding says when it began, so this is the alert'
          : `medium: as the finding of entry ${first.seq} claims; it may have begun earlier`,
      ],
      [
        'To',
        instant(to),
        to === null ? 'none: containment was not shown to be effective' : 'high: shown, see the levels above',
      ],
      [
        'Length',
        duration(length),
        times.breaches === 0 ? '' : `containment was breached ${times.breaches} times`,
      ],
    ],
  );
}

// A role of an administrator has thousands of lines; the whole list is in the item.
const SHOWN = 60;

/**
 * What each role may do by its own policies, beside the calls that CloudTrail has of its sessions; then those calls, and
 * what containment did not stop. Every row names its item of evidence or its entry.
 */
export function reach(facts: Facts, found: CaseFindings | null): string {
  const through = throughRows(facts);
  const got =
    through.length === 0
      ? 'The watch recorded no call that got through after the cut-off.'
      : `What got through after the cut-off:\n\n${table(['Call', 'By', 'At', 'Source'], through)}`;
  if (found === null) {
    return `What could be reached against what was: the evidence was not read for this render; "cordon postmortem" reads it.\n\n${got}`;
  }
  return [
    'What the roles could reach, as their own Allow statements say; denies, boundaries and organisation policies may leave less. A grant is matched with calls by name alone, whatever the resource:',
    reachable(found),
    'What their sessions are known to have called:',
    called(facts, found),
    got,
    ...(found.unread.length === 0
      ? []
      : [
          `Evidence that could not be used for these tables:\n\n${found.unread
            .map(({ item, reason }) => `- ${code(item)}: ${escaped(reason)}`)
            .join('\n')}`,
        ]),
  ].join('\n\n');
}

function reachable({ roles, calls }: CaseFindings): string {
  if (roles.length === 0) return 'No role is in the evidence: what could be reached is not known.';
  return table(
    ['Role', 'Could', 'Known to have', 'Source'],
    roles.flatMap(({ roleArn, grants, item }) => {
      const source = `item ${code(item)}`;
      if (grants === null) return [[code(roleArn), '**not known**: a policy could not be read', '', source]];
      if (grants.length === 0) return [[code(roleArn), 'nothing: no statement allows anything', '', source]];
      const own = calls.filter((call) => call.roleArn === roleArn && call.outcome === 'succeeded');
      const rows = grants
        .slice(0, SHOWN)
        .map((grant) => [code(roleArn), code(grant), usedAs(actionOf(grant), own), source]);
      const rest = grants.length - SHOWN;
      return rest <= 0 ? rows : [...rows, [code(roleArn), `and ${rest} grants more`, '', source]];
    }),
  );
}

function usedAs(action: string, calls: readonly SeenCall[]): string {
  const matching = calls.filter(({ call }) => covers(action, call));
  const last = matching.at(-1);
  if (last !== undefined)
    return `${times(matching.length)}, last ${instant(last.at)} (event ${code(last.id)})`;
  return isDataCall(action) ? 'not known: such calls leave no management event' : 'not seen';
}

function called(facts: Facts, { calls }: CaseFindings): string {
  if (calls.length === 0) return 'No call of theirs is in the CloudTrail events that were collected.';
  const byCall = new Map<string, SeenCall[]>();
  for (const call of calls) {
    const key = `${call.roleArn} ${call.call}`;
    byCall.set(key, [...(byCall.get(key) ?? []), call]);
  }
  const rows = [...byCall.values()].map((some) => {
    const [first] = some;
    const refused = some.filter((each) => each.outcome === 'refused');
    const cutOff = cutOffOf(facts, first?.roleArn ?? null);
    const blocked = cutOff === null ? [] : refused.filter((each) => each.at >= cutOff);
    return [
      code(first?.call ?? ''),
      `${some.filter((each) => each.outcome === 'succeeded').length}`,
      `${refused.length}`,
      cutOff === null ? 'no deny recorded' : `${blocked.length}`,
      `${some.filter((each) => each.outcome === 'other').length}`,
      instant(first?.at ?? null),
      instant(some.at(-1)?.at ?? null),
      [...new Set(some.map(({ item }) => item))].map((item) => `item ${code(item)}`).join('; '),
    ];
  });
  const shown = rows.slice(0, SHOWN);
  const more = rows.length - shown.length;
  return [
    table(
      [
        'Call',
        'Succeeded',
        'Refused',
        'Of these since the deny',
        'Failed otherwise',
        'First',
        'Last',
        'Source',
      ],
      shown,
    ),
    ...(more > 0 ? [`${more} more kinds of calls are in the same items.`] : []),
  ].join('\n\n');
}

/** When the first deny on the role was accepted; CloudTrail knows whole seconds, so the next one. */
function cutOffOf(facts: Facts, roleArn: string | null): string | null {
  const accepted = facts.responses
    .filter(
      (each) =>
        each.object === roleArn &&
        !each.restores &&
        each.outcome === 'succeeded' &&
        each.action.startsWith('iam.') &&
        each.finishedAt !== null,
    )
    .map((each) => each.finishedAt ?? '')
    .sort()[0];
  return accepted === undefined
    ? null
    : new Date(Math.ceil(Date.parse(accepted) / 1000) * 1000).toISOString();
}

function throughRows(facts: Facts): readonly (readonly string[])[] {
  return facts.breaches.flatMap((entry) => {
    const { through } = members(entry.body?.data);
    if (!Array.isArray(through)) return [];
    return through.map((call) => {
      const { call: name, principal, at } = members(call);
      return [code(text(name) ?? ''), code(text(principal) ?? ''), instant(text(at)), `entry ${entry.seq}`];
    });
  });
}

/** Grants whose use leaves no trace unless data events were on: what no log can show. */
export function unseenGrants(found: CaseFindings | null): readonly string[] {
  const grants = (found?.roles ?? []).flatMap((role) => role.grants ?? []);
  return [...new Set(grants.filter((grant) => isDataCall(actionOf(grant))))];
}

function actionOf(grant: string): string {
  return grant.split(' on ')[0] ?? '';
}

/**
 * Calls that CloudTrail records as data events alone, if at all (CloudTrail user guide, "Logging data events"): off
 * unless somebody turned them on, and never in `LookupEvents`.
 */
const DATA_CALLS: readonly string[] = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:ListBucket',
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'lambda:InvokeFunction',
  'sqs:SendMessage',
  'sqs:ReceiveMessage',
  'sns:Publish',
  'kinesis:GetRecords',
  'kinesis:PutRecord',
  'logs:PutLogEvents',
];

function isDataCall(action: string): boolean {
  return action.startsWith('all but ') || DATA_CALLS.some((call) => covers(action, call));
}

/** Whether the pattern of a grant covers a call. The pattern is the account's own text, so no regular expression is made of it. */
function covers(pattern: string, call: string): boolean {
  if (pattern.startsWith('all but ')) return !covers(pattern.slice('all but '.length), call);
  return glob(pattern.toLowerCase(), call.toLowerCase());
}

/** `*` stands for any run of characters, `?` for one. Linear in the longer of the two, times the shorter. */
function glob(pattern: string, value: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let resume = 0;
  while (from < value.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      resume = from;
      at += 1;
    } else if (wanted === '?' || (wanted !== undefined && wanted === value[from])) {
      at += 1;
      from += 1;
    } else if (star !== -1) {
      at = star + 1;
      resume += 1;
      from = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
