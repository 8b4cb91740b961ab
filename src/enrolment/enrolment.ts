import type { Means } from '../action/ports.ts';
import type { Mode } from '../guardrail/decision.ts';
import type { ResponderRole } from '../playbook/roles.ts';
import { covers, objectKey } from './arn.ts';
import {
  defaultEnrolmentFile,
  type EnrolledAccount,
  type EnrolmentFile,
  type Responder,
  readEnrolmentFile,
} from './enrolment-file.ts';

/** What the engine may touch, how far by itself, and who may tell it what: the enrolment file, frozen. */
export interface Enrolment extends EnrolmentFile {
  /** False when there is no file: the engine then observes whatever its own credentials reach. */
  readonly configured: boolean;
}

/** What `modeFor` and `tierFor` need to know of a target; both a `Target` and an `AlertTarget` fit. */
interface Place {
  readonly functionArn: string;
  readonly account: string;
  readonly region: string;
}

/** Strictest first. */
const MODES: readonly Mode[] = ['observe', 'ask', 'act'];

/** Reads an enrolment file. Throws `cordon_enrolment_invalid`, with line and column of each problem. */
export function parseEnrolment(yamlText: string, file: string): Enrolment {
  return frozen({ configured: true, ...readEnrolmentFile(yamlText, file) });
}

/** The enrolment when no file is configured: nothing is enrolled, everything is observed, nothing is written. */
export function emptyEnrolment(): Enrolment {
  return frozen({ configured: false, ...defaultEnrolmentFile(), unenrolled: 'observe' });
}

/**
 * Returns how the engine may deal with an account and Region, or `undefined` when it must refuse
 * (`cordon_not_enrolled`). With `unenrolled: observe` an account that is not enrolled comes back as one
 * in mode observe without roles, so that the process's own credentials are used, for reading only.
 */
export function accountFor(
  enrolment: Enrolment,
  account: string,
  region: string,
): EnrolledAccount | undefined {
  const enrolled = enrolment.accounts.find((entry) => entry.id === account && entry.regions.includes(region));
  if (enrolled !== undefined || enrolment.unenrolled === 'refuse') return enrolled;
  return {
    id: account,
    name: `${account} (not enrolled)`,
    partition: region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws',
    regions: [region],
    mode: 'observe',
    containmentsPerHour: 0,
    canarySeconds: 60,
    reapSeconds: 1800,
    tier: 'production',
    roles: {},
    profile: 'static',
    quarantineSinks: [],
  };
}

/**
 * Where a function's asynchronous events go while it is contained: the queue of its Region, else the bucket;
 * `undefined` when its account has none. The queue first, since its entry names the Region and so is the more specific one.
 */
export function quarantineSinkFor(enrolment: Enrolment, account: string, region: string): string | undefined {
  const sinks = accountFor(enrolment, account, region)?.quarantineSinks ?? [];
  const queue = sinks.find((sink) => sink.split(':')[2] === 'sqs' && sink.split(':')[3] === region);
  return queue ?? sinks.find((sink) => sink.split(':')[2] === 's3');
}

/** Whom an enrolled account belongs to; `undefined` where the file does not say. */
export function ownerOfAccount(enrolment: Enrolment, account: string): string | undefined {
  return enrolment.accounts.find(({ id, owner }) => id === account && owner !== undefined)?.owner;
}

/** True when the account and Region are in the file itself, not merely observed. */
export function isEnrolled(enrolment: Enrolment, account: string, region: string): boolean {
  return enrolment.accounts.some((entry) => entry.id === account && entry.regions.includes(region));
}

/**
 * True when any of these ARNs is on the exclusion list or Cordon's own: what `self` names, and every
 * role that the file has Cordon assume.
 */
export function isExcluded(enrolment: Enrolment, arns: readonly string[]): boolean {
  const own = enrolment.accounts.flatMap((account) => Object.values(account.roles));
  const entries = [...enrolment.exclusions, ...enrolment.self, ...own];
  return arns.some((arn) => entries.some((entry) => entry !== undefined && covers(entry, arn)));
}

/** The responder with this Slack member id, compared exactly; `undefined` when there is none. */
export function responderBySlack(enrolment: Enrolment, slackId: string): Responder | undefined {
  return enrolment.responders.find((responder) => responder.slack === slackId);
}

/** The responder with this PagerDuty user id, compared exactly; `undefined` when there is none. */
export function responderByPagerduty(enrolment: Enrolment, userId: string): Responder | undefined {
  return userId === '' ? undefined : enrolment.responders.find((responder) => responder.pagerduty === userId);
}

/**
 * The responder with this CLI name, compared exactly; `undefined` when there is none. Without a file,
 * whoever can open the engine's own folder is its only operator: they come back as `local:<name>` with
 * the roles to try the engine out, which can write nothing to an account then.
 */
export function responderByCli(enrolment: Enrolment, cliName: string): Responder | undefined {
  if (enrolment.configured) return enrolment.responders.find((responder) => responder.cli === cliName);
  if (cliName === '') return undefined;
  return {
    id: `local:${cliName}`,
    name: cliName,
    cli: cliName,
    roles: ['responder', 'commander'],
  };
}

/** The responder with this id; `undefined` when there is none any more. */
export function responderById(enrolment: Enrolment, id: string): Responder | undefined {
  if (!enrolment.configured && id.startsWith('local:'))
    return responderByCli(enrolment, id.slice('local:'.length));
  return enrolment.responders.find((responder) => responder.id === id);
}

/** The responder whom an AWS identity acts for, compared exactly; `undefined` when it is nobody's, or of more than one. */
export function responderByPrincipal(enrolment: Enrolment, principal: string): Responder | undefined {
  const owners = enrolment.responders.filter(({ principals }) => principals?.includes(principal));
  return owners.length === 1 ? owners[0] : undefined;
}

/** The roles that a responder has now: looked up when they count, not when they were used. None when unknown. */
export function responderRoles(enrolment: Enrolment, id: string): readonly ResponderRole[] {
  return responderById(enrolment, id)?.roles ?? [];
}

/** A mode, with everything that had a say in it; the strictest won. */
export interface ModeDecision {
  readonly mode: Mode;
  /** `account 111122223333`, `tier production`, `playbook lambda-compromise`, `target checkout`. */
  readonly because: readonly { readonly source: string; readonly mode: Mode }[];
}

/**
 * The strictest of the modes of the account, the tier, the playbook and the target itself, and who said what;
 * observe where nothing is enrolled. A target that names a tier is judged by that tier.
 */
export function explainMode(enrolment: Enrolment, target: Place, playbook?: string): ModeDecision {
  const account = accountFor(enrolment, target.account, target.region);
  const tier = tierFor(enrolment, target);
  const said: readonly (readonly [string, Mode | undefined])[] = [
    [`account ${target.account}`, account?.mode ?? 'observe'],
    [`tier ${tier}`, own(enrolment.tiers, tier)?.mode],
    [
      `playbook ${playbook ?? ''}`,
      playbook === undefined ? undefined : own(enrolment.playbooks, playbook)?.mode,
    ],
    [`target ${target.functionArn}`, overrideFor(enrolment, target)?.mode],
  ];
  const because = said.flatMap(([source, mode]) => (mode === undefined ? [] : [{ source, mode }]));
  return { mode: strictest(because.map(({ mode }) => mode)), because };
}

/** As `explainMode`, without the reasons. */
export function modeFor(enrolment: Enrolment, target: Place, playbook?: string): Mode {
  return explainMode(enrolment, target, playbook).mode;
}

/** `observe (account 111122223333: observe; tier production: ask)`, for people. */
export function modeInWords({ mode, because }: ModeDecision): string {
  return `${mode} (${because.map((each) => `${each.source}: ${each.mode}`).join('; ')})`;
}

/** How many functions may be contained automatically within an hour. */
export interface ContainmentLimits {
  readonly all: number;
  readonly account: number;
  /** In this tier of this account. */
  readonly tier: number;
}

/** The limits that hold for a target; a tier without one of its own has its account's. */
export function containmentLimits(
  enrolment: Enrolment,
  target: Place & { readonly tier: string },
): ContainmentLimits {
  const account = accountFor(enrolment, target.account, target.region)?.containmentsPerHour ?? 0;
  return {
    all: enrolment.budgets.containmentsPerHour,
    account,
    tier: own(enrolment.tiers, target.tier)?.containmentsPerHour ?? account,
  };
}

/** The target's tier: its own entry, else its account's, else production, which the guardrails guard most. */
export function tierFor(enrolment: Enrolment, target: Place): string {
  const account = accountFor(enrolment, target.account, target.region);
  return overrideFor(enrolment, target)?.tier ?? account?.tier ?? 'production';
}

function overrideFor(enrolment: Enrolment, target: Place): EnrolmentFile['targets'][number] | undefined {
  const key = objectKey(target.functionArn);
  return enrolment.targets.find((entry) => objectKey(entry.arn) === key);
}

/** The entry of that very name: a tier called `constructor` has none by inheritance. */
function own<Entry>(entries: Readonly<Record<string, Entry>>, name: string): Entry | undefined {
  return Object.hasOwn(entries, name) ? entries[name] : undefined;
}

function strictest(modes: readonly Mode[]): Mode {
  return MODES.find((candidate) => modes.includes(candidate)) ?? 'observe';
}

function frozen<Value extends object>(value: Value): Value {
  for (const held of Object.values(value)) {
    if (typeof held === 'object' && held !== null) frozen(held);
  }
  return Object.freeze(value);
}

/** What the account gives containment to work with, as it is enrolled now. */
export function meansFor(enrolment: Enrolment, account: string, region: string): Means {
  const enrolled = accountFor(enrolment, account, region);
  const signing = enrolled?.codeSigningConfig;
  return {
    profile: enrolled?.profile ?? 'static',
    sink: quarantineSinkFor(enrolment, account, region) ?? null,
    // It stops deployments in its own Region only.
    codeSigningConfig: signing !== undefined && signing.split(':')[3] === region ? signing : null,
  };
}

/**
 * Whether a principal's ARN is that of a session which Cordon made of a role that it is enrolled with there. Whoever may
 * assume these roles could do all that Cordon does, and their trust names Cordon alone.
 */
export function isOwnSession(
  enrolment: Enrolment,
  place: { readonly account: string; readonly region: string },
  principal: string,
): boolean {
  const roles = Object.entries(accountFor(enrolment, place.account, place.region)?.roles ?? {});
  return roles.some(
    ([purpose, arn]) =>
      arn !== undefined &&
      principal.endsWith(`:sts::${place.account}:assumed-role/${arn.split('/').at(-1)}/cordon-${purpose}`),
  );
}
