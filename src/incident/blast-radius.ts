import type { Action } from '../action/action.ts';
import type { Rung } from '../action/rung.ts';
import { rungOf } from '../action/rung.ts';
import type { AttemptRow, IncidentRecord } from './state.ts';

/** What people lose while a rung holds, whatever it is called: the cost that an approver weighs. */
const COST: Readonly<Record<Rung, string>> = {
  'deny-abused-apis': 'goes on running; calls that it hardly ever makes are denied to it',
  'deny-privilege': 'goes on running; what needs more privilege than its own work is denied to it',
  'cap-concurrency': 'goes on running, a few invocations at a time; the rest is throttled',
  'roll-back-alias': 'goes on running, with the code of an earlier version',
  isolate: 'stops: its callers are throttled or denied until it is released',
};

/** Actions that close one way in, or keep something safe, and leave the function itself as it is. */
const COST_OF: ReadonlyMap<string, string> = new Map([
  [
    'lambda.close-url',
    'is reached by its function URL with IAM credentials only; every other way in stays open',
  ],
  [
    'lambda.remove-permission',
    'is not invoked any more by whom this statement lets in; every other way in stays open',
  ],
  [
    'lambda.pause-event-source',
    'takes nothing from this event source; what arrives waits there, as long as the source keeps it',
  ],
  ['lambda.freeze-changes', 'goes on running, and takes no new code until it is released'],
  ['lambda.suspend-scaling', 'goes on running; its provisioned concurrency is not scaled any more'],
  ['lambda.remove-provisioned-concurrency', 'goes on running, with cold starts'],
  ['lambda.keep-async-events', 'goes on running; asynchronous events that fail go to the quarantine sink'],
  ['iam.revoke-sessions', 'goes on with new sessions; those from before the containment stay denied'],
  ['lambda.renew-environments', 'begins its environments anew, with cold starts'],
  ['iam.grant-sink', 'goes on running; its role may send to the quarantine sink'],
]);

/** Who and what an attempt touches beside its own object, in sentences for the person who approves it. Pure. */
export function blastRadiusOf(
  attempt: AttemptRow,
  record: Pick<IncidentRecord, 'sharedWith'>,
  action: Action | undefined,
): readonly string[] {
  const { target } = attempt;
  if (target === null) return [];
  if (attempt.effect === 'restore') {
    return [`${target.functionName} gets back what this change took from it; so does whoever still uses it.`];
  }
  if (action?.effect !== 'contain') return [];
  return [
    `${target.functionName} ${COST_OF.get(attempt.action) ?? COST[rungOf(action)]}.`,
    siblingsOf(attempt, record.sharedWith[target.functionArn]),
  ];
}

function siblingsOf(attempt: AttemptRow, shared: number | undefined): string {
  // Only a change of the role reaches those who share it, and only a deny that is not conditioned on one function.
  const reaches = attempt.action.startsWith('iam.') && attempt.input.mode !== 'function';
  if (!reaches) return 'No other function is touched.';
  if (shared === undefined || shared < 0) return 'Who else uses its role is not known: they are hit too.';
  if (shared === 0) return 'No other function uses its role.';
  return `${shared} other ${shared === 1 ? 'function uses' : 'functions use'} its role and ${shared === 1 ? 'is' : 'are'} hit too.`;
}
