import { quarantinePolicyName } from '../action/quarantine-names.ts';
import { INLINE_POLICY_LIMIT } from '../action/quarantine-policy.ts';
import { accountFor, type Enrolment, modeFor, quarantineSinkFor, tierFor } from '../enrolment/enrolment.ts';
import type { Mode } from '../guardrail/decision.ts';
import { type OwnerRule, type Ownership, ownersOf } from './owners.ts';
import { blastRadius, type InventoryFunction, isStale, type Picture } from './picture.ts';

/** Something that would keep containment from working, or from lasting, and how to mend it. */
export interface Shortcoming {
  /** `fail`: containment would not work as planned. `risk`: it would, with a loss or an attacker's way out. */
  readonly weight: 'fail' | 'risk';
  readonly found: string;
  readonly mend: string;
}

/** How ready one function is to be contained. */
export interface FunctionReadiness {
  readonly functionArn: string;
  readonly account: string;
  readonly region: string;
  readonly tier: string;
  readonly mode: Mode;
  readonly profile: 'static' | 'dynamic';
  readonly ownership: Ownership;
  /** The calls that would be made, in order. */
  readonly plan: readonly string[];
  /** From the alert to: role denied, invocations stopped, containment effective. */
  readonly seconds: { readonly denied: number; readonly stopped: number; readonly effective: number };
  readonly eventsLost: 'none' | 'asynchronous' | 'unknown';
  /** Of the fullest of its roles: characters of inline policy and attached policies that are left. */
  readonly headroom: { readonly inline: number | null; readonly attached: number | null };
  /** Calls with which a role of the function could undo its containment; `null` when unknown. */
  readonly undoes: readonly string[] | null;
  readonly sharedWith: number;
  readonly ready: boolean;
  readonly shortcomings: readonly Shortcoming[];
}

/** One enrolled account and Region. */
export interface PlaceReadiness {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly takenAt: string | null;
  readonly functions: number;
  readonly shortcomings: readonly Shortcoming[];
}

export interface Readiness {
  readonly ready: boolean;
  readonly places: readonly PlaceReadiness[];
  readonly functions: readonly FunctionReadiness[];
}

/** A warm session and a fresh inventory: two rounds of calls (design, section 7). */
const ROUND_SECONDS = 1;
/** What preserving queues and events may take before concurrency goes to 0 (reference, 1.8.1). */
const PRESERVE_SECONDS = 10;
/** How long an IAM change may take to bite before containment counts as effective. */
const PROPAGATION_SECONDS = 10;
/** Characters that an inline quarantine takes at most beside what is there. */
const QUARANTINE_SIZE = 2000;
/** Managed policies per role, the quota that every account begins with. */
const ATTACHED_LIMIT = 10;

/** Services that invoke asynchronously: their events are lost at concurrency 0 without a sink (reference, 1.3). */
const ASYNCHRONOUS = /"(s3|sns|events|scheduler|ses|iot|codecommit|config|cloudformation)\.amazonaws\.com"/;

/** How ready each enrolled function is, from the inventory alone: nothing is asked of AWS. Pure. */
export function readinessOf(
  enrolment: Enrolment,
  pictures: readonly Picture[],
  owners: readonly OwnerRule[],
  now: Date,
): Readiness {
  const places: PlaceReadiness[] = [];
  const functions: FunctionReadiness[] = [];
  for (const account of enrolment.accounts) {
    for (const region of account.regions) {
      const picture = pictures.find((each) => each.account === account.id && each.region === region);
      const shortcomings: Shortcoming[] = [];
      if (picture === undefined) {
        shortcomings.push(fail('never looked at', 'cordon inventory refresh'));
      } else if (isStale(picture, now)) {
        const mend = 'run cordon serve with the worker role, or cordon inventory refresh';
        shortcomings.push(
          risk(`last looked at ${picture.takenAt}; an alert now would count it as unknown`, mend),
        );
      }
      for (const purpose of ['read', 'contain', 'release'] as const) {
        if (account.roles[purpose] === undefined && account.mode !== 'observe')
          shortcomings.push(
            risk(
              `no ${purpose} role: the process’s own credentials are used`,
              'deploy cordon aws template and enrol its roles',
            ),
          );
      }
      for (const { purpose, roleArn, missing } of picture?.ownRoles ?? []) {
        if (missing === null)
          shortcomings.push(
            risk(
              `the permissions of ${roleArn} are unknown`,
              'let the read role call iam:SimulatePrincipalPolicy',
            ),
          );
        else if (missing.length > 0)
          shortcomings.push(
            fail(
              `${roleArn} lacks ${missing.join(', ')}`,
              `apply cordon aws iam-policy --account ${account.id} --role ${purpose}`,
            ),
          );
      }
      places.push({
        account: account.id,
        region,
        name: account.name,
        takenAt: picture?.takenAt ?? null,
        functions: picture?.functions.length ?? 0,
        shortcomings,
      });
      for (const each of picture?.functions ?? []) {
        if (picture !== undefined) functions.push(functionReadiness(enrolment, picture, each, owners));
      }
    }
  }
  const ready = [...places, ...functions].every(({ shortcomings }) =>
    shortcomings.every(({ weight }) => weight !== 'fail'),
  );
  return { ready, places, functions };
}

function functionReadiness(
  enrolment: Enrolment,
  picture: Picture,
  subject: InventoryFunction,
  owners: readonly OwnerRule[],
): FunctionReadiness {
  const { account, region } = picture;
  const { functionArn, functionName } = subject;
  const enrolled = accountFor(enrolment, account, region);
  const profile = enrolled?.profile ?? 'static';
  const place = { functionArn, account, region };
  const roles = subject.roles.map((arn) => picture.roles.find(({ roleArn }) => roleArn === arn));
  const radius = blastRadius(picture, functionArn);
  const sink = quarantineSinkFor(enrolment, account, region);
  const sources = (subject.triggers ?? []).filter(({ kind }) => kind === 'source');
  const asynchronous = (subject.triggers ?? []).some(
    ({ kind, from }) => kind === 'grant' && ASYNCHRONOUS.test(from),
  );
  const unsunk = asynchronous && subject.sinks?.length === 0;
  const eventsLost =
    subject.triggers === null || subject.sinks === null
      ? 'unknown'
      : unsunk && sink === undefined
        ? 'asynchronous'
        : 'none';
  const preserves = sources.length > 0 || (unsunk && sink !== undefined);
  const stopped = ROUND_SECONDS + (preserves ? PRESERVE_SECONDS : ROUND_SECONDS);
  const name = (arn: string) => arn.split('/').at(-1) ?? arn;
  const policy = quarantinePolicyName(
    { ...place, partition: enrolled?.partition ?? 'aws', functionName },
    'function',
  );
  const undoes = unionOf(roles.map((role) => role?.undoes ?? null));
  const inline = least(
    roles.map((role) =>
      typeof role?.inlineSize === 'number' ? INLINE_POLICY_LIMIT - role.inlineSize : null,
    ),
  );
  const attached = least(
    roles.map((role) => (role?.attached ? ATTACHED_LIMIT - role.attached.length : null)),
  );

  const shortcomings: Shortcoming[] = [];
  if (profile === 'static' && subject.prepared === false)
    shortcomings.push(
      fail(
        'its quarantine policy was not prepared',
        `cordon aws template --account ${account} --function ${functionArn}, and deploy it`,
      ),
    );
  if (profile === 'static' && attached !== null && attached < 1)
    shortcomings.push(
      fail(
        'no managed policy can be attached to its role any more',
        'detach one, or raise the quota of policies per role to 20',
      ),
    );
  if (profile === 'dynamic' && inline !== null && inline < QUARANTINE_SIZE)
    shortcomings.push(
      fail(
        `${inline} characters of inline policy are left on its role`,
        'move an inline policy of the role into a managed one',
      ),
    );
  if (undoes === null)
    shortcomings.push(
      risk(
        'it is unknown whether its role could undo containment',
        'let the read role call iam:SimulatePrincipalPolicy',
      ),
    );
  else if (undoes.length > 0)
    shortcomings.push(
      risk(
        `its role could undo containment with ${undoes.join(', ')}`,
        'take these rights from the role, or install the guard of cordon aws template --guard',
      ),
    );
  if (eventsLost === 'asynchronous')
    shortcomings.push(
      risk(
        'asynchronous events would be lost',
        'give it an on-failure destination, or enrol a quarantineSinks entry',
      ),
    );
  if (eventsLost === 'unknown')
    shortcomings.push(
      risk('its triggers or sinks could not be read', 'see cordon inventory show for what was refused'),
    );
  if (radius === undefined || radius.others === null)
    shortcomings.push(risk('who else uses its role is unknown', 'let the read role call iam:GetRole'));
  const ownership = ownersOf({ ...place, functionName, tags: subject.tags }, owners, enrolled?.owner);
  if (ownership.from === 'nobody')
    shortcomings.push(
      risk('nobody is known to own it', 'add it to the owners file, or an owner to its account'),
    );

  return {
    functionArn,
    account,
    region,
    tier: tierFor(enrolment, place),
    mode: modeFor(enrolment, place),
    profile,
    ownership,
    plan: [
      ...subject.roles.map((arn) =>
        profile === 'static'
          ? `iam:AttachRolePolicy ${policy} to ${name(arn)}`
          : `iam:PutRolePolicy on ${name(arn)}`,
      ),
      ...(unsunk && sink !== undefined
        ? [`lambda:UpdateFunctionEventInvokeConfig of ${functionName} to ${sink}`]
        : []),
      ...sources.map(({ from }) => `lambda:UpdateEventSourceMapping of ${from}: disabled`),
      `lambda:PutFunctionConcurrency of ${functionName}: 0 (now ${subject.reserved ?? 'unset'})`,
    ],
    seconds: { denied: ROUND_SECONDS, stopped, effective: stopped + PROPAGATION_SECONDS },
    eventsLost,
    headroom: { inline, attached },
    undoes,
    sharedWith:
      radius === undefined || radius.others === null ? -1 : radius.functions.length + radius.others.length,
    ready: shortcomings.every(({ weight }) => weight !== 'fail'),
    shortcomings,
  };
}

function fail(found: string, mend: string): Shortcoming {
  return { weight: 'fail', found, mend };
}

function risk(found: string, mend: string): Shortcoming {
  return { weight: 'risk', found, mend };
}

/** All of them, or `null` when one list is unknown. */
function unionOf(lists: readonly (readonly string[] | null)[]): readonly string[] | null {
  if (lists.includes(null)) return null;
  return [...new Set(lists.flatMap((each) => each ?? []))].sort();
}

/** The least, or `null` when one is unknown. */
function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === values.length && known.length > 0 ? Math.min(...known) : null;
}
