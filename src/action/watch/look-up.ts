import { z } from 'zod';
import type { Json } from '../../json.ts';
import { historyRegion } from '../history-region.ts';
import type { ActionContext } from '../ports.ts';
import { tolerant } from '../tolerant.ts';
import { type TrailedCall, trailedCall } from './trailed-call.ts';

// A page is JSON by the port's word; each row is read by `trailedCall`.
const page = z.looseObject({ Events: z.array(z.custom<Json>()).default([]) });

// Newest first, 50 a page, two pages a second for the whole account: an attacker who calls a thousand times a minute
// must not spend what the other incidents look with. What is older was there the last time, or is evidence's to find.
const MAX_PAGES = 3;
// As few for the same reason: whoever may assume a role may begin a thousand sessions.
const MAX_SESSIONS = 3;
const MAX_ROLES = 3;

/** What CloudTrail had of a target, each event once, newest first; what could not be asked is in `unread`. */
export interface Trail {
  readonly calls: readonly TrailedCall[];
  /** Names of sessions of the roles that are not the function's: somebody assumed the role. Attacker-controlled. */
  readonly sessions: readonly string[];
  readonly unread: readonly string[];
}

/**
 * Calls by the function's sessions (Lambda names a session after its function) and calls about the function and its
 * roles, since an instant. IAM's history is in one Region of the partition. Where others than Lambda may assume a role, its
 * sessions have other names, which only the events of their beginning tell: these are asked for first, and then by name.
 * `begunMs` is from when: a session that began before the target was contained goes on calling after it.
 */
export async function lookUpCalls(
  context: ActionContext,
  fromMs: number,
  known: readonly string[] = [],
  begunMs = fromMs,
): Promise<Trail> {
  const { target } = context;
  const elsewhere = historyRegion(target.partition);
  const global = elsewhere === undefined || elsewhere === target.region ? undefined : elsewhere;
  const names = [...new Set(target.roles.map((role) => role.split('/').at(-1) ?? role))];
  const questions: readonly Question[] = [
    { key: 'Username', value: target.functionName },
    ...(global === undefined ? [] : [{ key: 'Username', value: target.functionName, region: global }]),
    { key: 'ResourceName', value: target.functionName },
    { key: 'ResourceName', value: target.functionArn },
    ...names.map((value) => ({ key: 'ResourceName', value, region: global })),
  ];
  const calls = new Map<string, TrailedCall>();
  const unread: string[] = [];
  const askAll = async (all: readonly Question[]) => {
    for (const question of all) {
      const found = await tolerant(() => ask(context, question, question.fromMs ?? fromMs));
      if (found.kind === 'unreadable') {
        unread.push(`CloudTrail by ${question.key} (${found.code})`);
        // Not allowed, or not there: the other questions would be answered alike.
        if (!found.retryable) return false;
        continue;
      }
      for (const each of found.value) calls.set(each.id, each);
    }
    return true;
  };
  const everywhere = (question: Question): readonly Question[] => [
    question,
    ...(global === undefined ? [] : [{ ...question, region: global }]),
  ];
  const outside = (target.open?.outside ?? []).slice(0, MAX_ROLES);
  const answered = await askAll([
    ...questions,
    ...outside.flatMap((value) => everywhere({ key: 'ResourceName', value, fromMs: begunMs })),
  ]);
  // One that began before this look's time goes on calling in it.
  const begun = otherSessions([...calls.values()], outside, target.functionName);
  const sessions = [...new Set([...begun, ...known])].slice(0, MAX_SESSIONS);
  if (answered) await askAll(sessions.flatMap((value) => everywhere({ key: 'Username', value })));
  // CloudTrail has whole seconds.
  const since = [...calls.values()].filter(({ at }) => Date.parse(at) >= Math.floor(fromMs / 1000) * 1000);
  return { calls: since.sort((a, b) => b.at.localeCompare(a.at)), sessions, unread };
}

/** The newest sessions of the roles that somebody began under another name than the function's. */
function otherSessions(
  calls: readonly TrailedCall[],
  roles: readonly string[],
  functionName: string,
): readonly string[] {
  const begun = calls
    .filter(
      ({ call, outcome, parameters }) =>
        call === 'sts:AssumeRole' && outcome === 'succeeded' && roles.includes(String(parameters.roleArn)),
    )
    .sort((a, b) => b.at.localeCompare(a.at))
    .map(({ parameters }) => String(parameters.roleSessionName))
    .filter((name) => name !== functionName && /^[\w+=,.@-]{2,64}$/.test(name));
  return [...new Set(begun)].slice(0, MAX_SESSIONS);
}

/** `LookupEvents` takes one attribute at a time; absent Region: the target's. */
interface Question {
  readonly key: string;
  readonly value: string;
  readonly region?: string | undefined;
  /** Absent: that of the look. */
  readonly fromMs?: number;
}

async function ask(
  context: ActionContext,
  { key, value, region }: Question,
  fromMs: number,
): Promise<readonly TrailedCall[]> {
  const found: TrailedCall[] = [];
  let pages = 0;
  const answers = context.aws('read').survey.pages({
    call: 'cloudtrail:LookupEvents',
    input: {
      LookupAttributes: [{ AttributeKey: key, AttributeValue: value }],
      StartTime: new Date(fromMs).toISOString(),
      MaxResults: 50,
    },
    ...(region === undefined ? {} : { region }),
  });
  for await (const answer of answers) {
    const rows: readonly Json[] = page.safeParse(answer).data?.Events ?? [];
    for (const row of rows) {
      const read = trailedCall(row);
      if (read !== undefined) found.push(read);
    }
    pages += 1;
    if (pages >= MAX_PAGES) break;
  }
  return found;
}
