import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { rebuildOf } from './permission-statement.ts';

/** By what others than this account get in, as the manifest found it: what containment closes besides invocations. */
export interface OpenDoors {
  /** Qualifiers whose URL anybody may call; `$LATEST` is the function's own. */
  readonly openUrls: string[];
  /** Statements by which others may invoke it, `<sid>` or `<alias>/<sid>`, which release can make again exactly. */
  readonly strangers: string[];
  /** True for a statement of that kind that release could not make again: it is left for a person. */
  readonly unbuildable: boolean;
}

const statement = z.looseObject({
  Sid: z.string(),
  Effect: z.string(),
  Principal: z.json().optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.json())).optional(),
});

// More than this is nobody's resource policy of 20 KB, and more than one attempt takes.
const MOST = 50;

/** Pure. `policies`: the resource policy of the function (qualifier `null`) and of each alias. */
export function openDoorsOf(found: {
  readonly account: string;
  readonly urls: readonly JsonObject[];
  readonly policies: readonly { readonly qualifier: string | null; readonly policy: JsonObject | null }[];
}): OpenDoors {
  const openUrls = found.urls
    .filter((url) => url.AuthType === 'NONE')
    .map((url) => String(url.FunctionArn).split(':')[7] ?? '$LATEST');
  const letIn = found.policies.flatMap(({ qualifier, policy }) =>
    statementsOf(policy)
      .filter((each) => letsStrangersIn(each, found.account))
      .map((each) => ({ qualifier, each })),
  );
  const exact = letIn.filter(({ each }) => rebuildOf(each).kind === 'exact');
  return {
    openUrls: [...new Set(openUrls)].sort().slice(0, MOST),
    strangers: exact
      .map(({ qualifier, each }) => `${qualifier === null ? '' : `${qualifier}/`}${String(each.Sid)}`)
      .filter((name) => /^([a-zA-Z0-9_-]{1,128}\/)?[a-zA-Z0-9_-]{1,100}$/.test(name))
      .sort()
      .slice(0, MOST),
    unbuildable: exact.length < letIn.length,
  };
}

function statementsOf(policy: JsonObject | null): readonly JsonObject[] {
  const listed = policy?.Statement;
  return Array.isArray(listed)
    ? listed.filter((each): each is JsonObject => statement.safeParse(each).success)
    : [];
}

/**
 * True for a grant to everybody or to a principal of another account. A service is a trigger and no stranger; the public
 * grant of a URL closes with the URL; one that is bound to the organisation or to this account lets no stranger in.
 */
function letsStrangersIn(raw: JsonObject, account: string): boolean {
  const { Effect, Principal, Condition = {} } = statement.parse(raw);
  if (Effect !== 'Allow') return false;
  const bounds = Object.values(Condition).flatMap((keys) =>
    Object.entries(keys).map(([key, value]) => [key.toLowerCase(), value] as const),
  );
  const bound = bounds.some(
    ([key, value]) =>
      key === 'lambda:functionurlauthtype' ||
      key === 'lambda:invokedviafunctionurl' ||
      key === 'aws:principalorgid' ||
      (key === 'aws:sourceaccount' && value === account),
  );
  return !bound && principalsOf(Principal).some((principal) => !isOf(principal, account));
}

/** The AWS principals of a statement, services left out. */
function principalsOf(principal: z.infer<typeof statement>['Principal']): readonly string[] {
  if (principal === undefined || principal === '*') return ['*'];
  if (typeof principal !== 'object' || principal === null || Array.isArray(principal))
    return [String(principal)];
  const named = principal.AWS;
  if (named === undefined) return [];
  return (Array.isArray(named) ? named : [named]).map(String);
}

function isOf(principal: string, account: string): boolean {
  return principal === account || principal.split(':')[4] === account;
}
