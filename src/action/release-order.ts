/**
 * The order in which release opens what containment closed (reference, 1.7): identity first, since a function that
 * runs again needs its role; the doors; then invocations, as a canary; then what needs invocations to be allowed.
 * Within one place the inverse order of containment. Two departures from the reference, each for its own promise: the sink
 * for asynchronous events, and the right to send to it, go last of the doors, after invocations, or events that come between are lost; and
 * changes stay frozen until everything is open.
 */
const ORDER: readonly (readonly string[])[] = [
  ['iam.revoke-sessions'],
  ['iam.quarantine-role', 'iam.deny-privilege', 'iam.deny-apis'],
  ['lambda.remove-permission', 'lambda.close-url', 'lambda.roll-back-alias'],
  ['lambda.reserve-zero-concurrency', 'lambda.cap-concurrency', 'lambda.scale-instances-to-zero'],
  ['lambda.remove-provisioned-concurrency'],
  ['lambda.suspend-scaling'],
  ['lambda.keep-async-events'],
  ['iam.grant-sink'],
  ['lambda.pause-event-source'],
  ['lambda.freeze-changes'],
];

/** The place of an action in a release; one that the order does not name comes with the doors. */
export function releasePlace(action: string): number {
  const place = ORDER.findIndex((ids) => ids.includes(action));
  return place === -1 ? 2 : place;
}
