import { z } from 'zod';
import { WorldError } from '../world-error.ts';
import { CONDITION_OPERATORS } from './condition.ts';

/** An IAM policy document, normalised: every "one or many" is a list. */
export interface PolicyDocument {
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** Absent in identity policies; `*` or lists by kind in trust and resource policies. */
  readonly principal: Principal | undefined;
  readonly notPrincipal: Principal | undefined;
  readonly actions: readonly string[] | undefined;
  readonly notActions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly notResources: readonly string[] | undefined;
  readonly conditions: readonly Condition[];
}

export type Principal =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'listed'; readonly aws: readonly string[]; readonly service: readonly string[] };

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const oneOrMany = z.union([z.string().transform((text) => [text]), z.array(z.string()).min(1)]);
const values = z.union([scalar.transform((text) => [text]), z.array(scalar)]);
const principal = z.union([
  z.literal('*').transform((): Principal => ({ kind: 'anyone' })),
  z
    .object({
      AWS: oneOrMany.optional(),
      Service: oneOrMany.optional(),
      Federated: oneOrMany.optional(),
      CanonicalUser: oneOrMany.optional(),
    })
    .strict()
    .transform(
      (listed): Principal => ({ kind: 'listed', aws: listed.AWS ?? [], service: listed.Service ?? [] }),
    ),
]);

const statement = z
  .object({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Principal: principal.optional(),
    NotPrincipal: principal.optional(),
    Action: oneOrMany.optional(),
    NotAction: oneOrMany.optional(),
    Resource: oneOrMany.optional(),
    NotResource: oneOrMany.optional(),
    Condition: z.record(z.string(), z.record(z.string(), values)).optional(),
  })
  .strict()
  .transform(
    (raw): Statement => ({
      sid: raw.Sid,
      effect: raw.Effect,
      principal: raw.Principal,
      notPrincipal: raw.NotPrincipal,
      actions: raw.Action,
      notActions: raw.NotAction,
      resources: raw.Resource,
      notResources: raw.NotResource,
      conditions: Object.entries(raw.Condition ?? {}).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, wanted]) => ({ operator, key, values: wanted })),
      ),
    }),
  );

const document = z
  .object({
    Version: z.enum(['2012-10-17', '2008-10-17']).optional(),
    Id: z.string().optional(),
    Statement: z.union([statement.transform((one) => [one]), z.array(statement)]),
  })
  .strict();

/** Which elements a document must have: a trust policy has a principal and no resource. */
export type PolicyKind = 'identity' | 'trust' | 'resource';

function problemOf(one: Statement, kind: PolicyKind): string | undefined {
  if ((one.actions === undefined) === (one.notActions === undefined)) {
    return 'expected exactly one of Action and NotAction';
  }
  const resources = Number(one.resources !== undefined) + Number(one.notResources !== undefined);
  if (kind === 'trust' ? resources !== 0 : resources !== 1) {
    return kind === 'trust'
      ? 'a trust policy has no Resource'
      : 'expected exactly one of Resource and NotResource';
  }
  const principals = Number(one.principal !== undefined) + Number(one.notPrincipal !== undefined);
  if (kind === 'identity' ? principals !== 0 : principals !== 1) {
    return kind === 'identity'
      ? 'an identity policy has no Principal'
      : 'expected exactly one of Principal and NotPrincipal';
  }
  const unknown = one.conditions.find(
    (condition) => !CONDITION_OPERATORS.has(bareOperator(condition.operator)),
  );
  return unknown === undefined ? undefined : `unknown condition operator ${unknown.operator}`;
}

/** The operator without its set prefix and its `IfExists` suffix. */
function bareOperator(operator: string): string {
  return operator.replace(/^For(AllValues|AnyValue):/, '').replace(/IfExists$/, '');
}

/**
 * Reads a policy document given as JSON text or as an object.
 * Throws `cordon_world_bad_policy` for anything that IAM would call malformed: an evaluator that
 * ignored what it does not know would allow what a deny was meant to stop.
 */
export function readPolicy(source: unknown, kind: PolicyKind): PolicyDocument {
  let raw = source;
  if (typeof source === 'string') {
    try {
      raw = JSON.parse(source);
    } catch (cause) {
      throw new WorldError('cordon_world_bad_policy', 'expected a policy document in JSON', { cause });
    }
  }
  const parsed = document.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined ? '' : ` at ${issue.path.join('.')}: ${issue.message}`;
    throw new WorldError('cordon_world_bad_policy', `expected a policy document${where}`, {
      cause: parsed.error,
    });
  }
  for (const one of parsed.data.Statement) {
    const problem = problemOf(one, kind);
    if (problem !== undefined) {
      throw new WorldError('cordon_world_bad_policy', `statement ${one.sid ?? '(no Sid)'}: ${problem}`);
    }
  }
  return { statements: parsed.data.Statement };
}
