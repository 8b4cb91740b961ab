import { z } from 'zod';
import { type ContainAction, defineReadAction } from './action.ts';
import { roleNameIn } from './arn.ts';
import { denyApis } from './iam-deny-apis.ts';
import { denyPrivilege } from './iam-deny-privilege.ts';
import { grantSink } from './iam-grant-sink.ts';
import { quarantineDesired, quarantineRole } from './iam-quarantine-role.ts';
import { capConcurrency } from './lambda-cap-concurrency.ts';
import { closeUrl } from './lambda-close-url.ts';
import { freezeChanges } from './lambda-freeze-changes.ts';
import { keepAsyncEvents } from './lambda-keep-async-events.ts';
import { pauseEventSource } from './lambda-pause-event-source.ts';
import { removePermission } from './lambda-remove-permission.ts';
import { removeProvisionedConcurrency } from './lambda-remove-provisioned-concurrency.ts';
import { reserveZeroConcurrency } from './lambda-reserve-zero-concurrency.ts';
import { rollBackAlias } from './lambda-roll-back-alias.ts';
import { scaleInstancesToZero } from './lambda-scale-instances-to-zero.ts';
import { suspendScaling } from './lambda-suspend-scaling.ts';
import type { ActionContext, HeldObject } from './ports.ts';
import { reservedDesired } from './reserved-concurrency.ts';
import { FUNCTIONS, ROLES } from './resources.ts';
import { same } from './role-policy.ts';
import { BEFORE_ATTACHING } from './role-policy-permissions.ts';
import { tolerant } from './tolerant.ts';

const input = z.strictObject({});

const output = z.strictObject({
  /** `none` when nothing is held; else the lowest level that all held objects have been shown to have. */
  level: z.enum(['none', 'accepted', 'read_back', 'effective']),
  detail: z.string(),
  /** Milliseconds until the propagation budget of the youngest write is over; 0 when it is. */
  effectiveInMs: z.number().min(0),
});

type Output = z.infer<typeof output>;

/** An assessment, with each held object that is not as it was left. */
export interface Assessment extends Output {
  readonly differs: readonly { readonly objectKey: string; readonly found: string }[];
}

/** What an attacker in a Lambda function reaches for first; a quarantine must deny each of them. */
const REPRESENTATIVE_ACTIONS = [
  's3:GetObject',
  'secretsmanager:GetSecretValue',
  'sts:AssumeRole',
  'iam:PutRolePolicy',
] as const;

/** Doors that bite when they read back as set: nothing spreads, so there is nothing to simulate. */
const DOORS: readonly ContainAction[] = [
  grantSink,
  keepAsyncEvents,
  pauseEventSource,
  suspendScaling,
  removeProvisionedConcurrency,
  scaleInstancesToZero,
  removePermission,
  closeUrl,
  freezeChanges,
  rollBackAlias,
];

/** The same of the rung that denies rights and secrets. */
const PRIVILEGED_ACTIONS = ['secretsmanager:GetSecretValue', 'sts:AssumeRole', 'iam:PutRolePolicy'] as const;

/** Actions of which one may hold what another has made stricter. */
const ORDERED: readonly ContainAction[] = [reserveZeroConcurrency, capConcurrency];

/** What one held object was found to be. */
type Check =
  | { readonly kind: 'holds'; readonly note?: string }
  | { readonly kind: 'differs'; readonly what: string }
  /** Nothing is known of it: no difference, but no more than *accepted* either. */
  | { readonly kind: 'unread'; readonly what: string }
  /** Read back as it should be, but the simulation says that it does not bite. */
  | { readonly kind: 'ineffective'; readonly what: string };

export const verifyContainment = defineReadAction<z.infer<typeof input>, Output>({
  id: 'containment.verify',
  title: 'Show that containment holds',
  description:
    'Reads back every object that the incident holds, and asks the IAM simulator whether representative calls from the ' +
    'function are denied. Effective means: read back, denied in simulation, and older than the propagation budget. The ' +
    'function is never invoked to test. Writes nothing.',
  effect: 'read',
  lane: 'verify',
  permissions: [
    {
      action: 'lambda:GetFunction',
      purpose: 'read',
      resource: FUNCTIONS,
      why: 'reads reserved concurrency back',
    },
    { action: 'iam:GetRolePolicy', purpose: 'read', resource: ROLES, why: 'reads the quarantine back' },
    {
      action: 'iam:ListAttachedRolePolicies',
      purpose: 'read',
      resource: ROLES,
      why: 'reads a prepared quarantine back',
    },
    { action: 'iam:GetRole', purpose: 'read', resource: ROLES, why: 'reads a deny in the boundary back' },
    { action: 'iam:SimulatePrincipalPolicy', purpose: 'read', resource: ROLES, why: 'shows that it denies' },
    ...DOORS.flatMap((door) => door.permissions).filter(
      (permission) => permission.purpose === 'read' && !BEFORE_ATTACHING.includes(permission),
    ),
  ],
  input,
  output,

  async run(context) {
    const { differs: _, ...found } = await assess(context);
    return found;
  },
});

/** Reads back everything that is held and says how far that shows containment. Writes nothing. */
export async function assess(context: ActionContext): Promise<Assessment> {
  const none = { differs: [] };
  if (context.held.length === 0)
    return { ...none, level: 'none', detail: 'Nothing is held.', effectiveInMs: 0 };
  const held = inForce(context.held);
  const effectiveInMs = Math.max(...held.map((each) => remainingMs(context, each)));
  const checks = await Promise.all(
    held.map(async (each): Promise<Check> => {
      const found = await tolerant(() => checkHeld(context, each));
      return found.kind === 'found'
        ? found.value
        : { kind: 'unread', what: `${each.objectKey} could not be read back (${found.code})` };
    }),
  );
  const differs = checks.flatMap((check, index) =>
    check.kind === 'differs' ? [{ objectKey: held[index]?.objectKey ?? '', found: check.what }] : [],
  );
  const missing = checks.flatMap((check) =>
    check.kind === 'differs' || check.kind === 'unread' ? [check.what] : [],
  );
  if (missing.length > 0)
    return { level: 'accepted', detail: `${missing.join('; ')}.`, effectiveInMs, differs };
  const ineffective = checks.flatMap((check) => (check.kind === 'ineffective' ? [check.what] : []));
  const notes = checks.flatMap((check) =>
    check.kind === 'holds' && check.note !== undefined ? [check.note] : [],
  );
  const said = [
    `${checks.length} of ${checks.length} held objects read back as set`,
    ...ineffective,
    ...notes,
  ];
  if (ineffective.length > 0)
    return { ...none, level: 'read_back', detail: `${said.join('; ')}.`, effectiveInMs };
  if (effectiveInMs > 0) {
    said.push(`${effectiveInMs} ms of the propagation budget are left`);
    return { ...none, level: 'read_back', detail: `${said.join('; ')}.`, effectiveInMs };
  }
  return {
    ...none,
    level: 'effective',
    detail: `${said.join('; ')}; the propagation budget has passed.`,
    effectiveInMs,
  };
}

/**
 * Of several holds on one object, of this incident or another, the strictest is what is there: a cap of 5 under an
 * isolation is not missing. Each object once, in the order of its first hold. Pure.
 */
function inForce(held: readonly HeldObject[]): readonly HeldObject[] {
  const objects = new Map<string, HeldObject>();
  for (const each of held) {
    const known = objects.get(each.objectKey);
    const stricter = ORDERED.find((action) => action.id === each.action)?.stricter;
    if (known === undefined || stricter?.(each.desired, known.desired) === true)
      objects.set(each.objectKey, each);
  }
  return [...objects.values()].map((each) => {
    const stricter = ORDERED.find((action) => action.id === each.action)?.stricter;
    const desired = (each.others ?? []).reduce(
      (left, right) => (stricter?.(right, left) === true ? right : left),
      each.desired,
    );
    return { ...each, desired };
  });
}

function remainingMs(context: ActionContext, held: HeldObject): number {
  const budget = context.settings.propagationBudgetMs;
  // Not accepted yet: its budget has not begun.
  if (held.acceptedAt === undefined) return budget;
  const elapsed = context.clock.now().getTime() - new Date(held.acceptedAt).getTime();
  // A clock that went backwards must not shorten the wait, nor a broken instant end it.
  return Number.isFinite(elapsed) ? Math.min(budget, Math.max(0, budget - elapsed)) : budget;
}

async function checkHeld(context: ActionContext, held: HeldObject): Promise<Check> {
  switch (held.action) {
    case reserveZeroConcurrency.id:
    case capConcurrency.id:
      return checkConcurrency(context, held);
    case quarantineRole.id:
      return checkDeny(context, held, REPRESENTATIVE_ACTIONS);
    case denyPrivilege.id:
      return checkDeny(context, held, PRIVILEGED_ACTIONS);
    case denyApis.id:
      return checkDeny(context, held, actionsIn(held));
    default:
      return checkDoor(context, held);
  }
}

async function checkDoor(context: ActionContext, held: HeldObject): Promise<Check> {
  const door = DOORS.find((one) => one.id === held.action);
  if (door === undefined) {
    return { kind: 'unread', what: `${held.objectKey} is held by ${held.action}, which cannot be verified` };
  }
  const [arn = ''] = held.objectKey.slice(held.objectKey.indexOf(':') + 1).split('#');
  const object = { key: held.objectKey, arn };
  const found = await door.observe(context, object, held.prior, held.desired);
  if (found.kind === 'in-effect') return { kind: 'holds' };
  const what = found.kind === 'conflict' ? found.found : 'is as it was before containment';
  return { kind: 'differs', what: `${held.objectKey}: ${what}` };
}

async function checkConcurrency(context: ActionContext, held: HeldObject): Promise<Check> {
  const arn = arnOf(held, 'lambda-concurrency:');
  // From the bucket of 100 calls a second, which containment itself does not need.
  const { reservedConcurrency } = await context.aws('read').lambda.getFunction(arn);
  const { reserved } = reservedDesired.parse(held.desired);
  if (reservedConcurrency === reserved) return { kind: 'holds' };
  return {
    kind: 'differs',
    what: `reserved concurrency of ${arn} is ${reservedConcurrency ?? 'unset'}, expected ${reserved}`,
  };
}

async function checkDeny(
  context: ActionContext,
  held: HeldObject,
  actions: readonly string[],
): Promise<Check> {
  const desired = quarantineDesired.safeParse(held.desired);
  if (!desired.success) return { kind: 'unread', what: `what ${held.objectKey} should be is not readable` };
  const { policyName, policyArn, document, functionArn, roleArn, boundary } = desired.data;
  const { iam } = context.aws('read');
  const roleName = roleNameIn(context.target, roleArn, 'iam:GetRolePolicy');
  const [there, simulated] = await Promise.all([
    policyArn === null
      ? iam
          .getInlinePolicy(roleName, policyName)
          .then((found) => (found === null ? null : same(found, document)))
      : boundary === true
        ? iam
            .getRole(roleName)
            .then(({ permissionsBoundaryArn: found }) =>
              found === policyArn ? true : found === null ? null : false,
            )
        : iam
            .listAttachedPolicies(roleName)
            .then((all) => (all.some((policy) => policy.arn === policyArn) ? true : null)),
    tolerant(() =>
      iam.simulate({
        roleArn,
        actions,
        resourceArns: [],
        ...(functionArn === null ? {} : { sourceFunctionArn: functionArn }),
      }),
    ),
  ]);
  if (there !== true) {
    const what = there === null ? 'is gone' : 'has another content than ours';
    return { kind: 'differs', what: `policy ${policyName} of ${roleArn} ${what}` };
  }
  if (simulated.kind === 'unreadable') {
    return {
      kind: 'holds',
      note: `the IAM simulator gave no answer for ${roleName} (${simulated.code}), so this rests on the read-back and the budget`,
    };
  }
  const allowed = simulated.value.filter((item) => item.allowed).map((item) => item.action);
  if (allowed.length === 0) return { kind: 'holds' };
  return { kind: 'ineffective', what: `the IAM simulator still allows ${roleName} ${allowed.join(', ')}` };
}

/** The APIs that a held rung denies, as its document names them. */
function actionsIn(held: HeldObject): readonly string[] {
  const read = apisDocument.safeParse(held.input);
  return read.success ? read.data.actions : [];
}

const apisDocument = z.looseObject({ actions: z.array(z.string()).min(1) });

function arnOf(held: HeldObject, prefix: string): string {
  return held.objectKey.slice(prefix.length);
}
