import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import type { GuardrailRequest } from './decision.ts';

/** A request in Cedar's terms; the number of approvals is filled in for each evaluation. */
export interface CedarRequest {
  readonly principal: TypeAndId;
  readonly action: TypeAndId;
  readonly resource: TypeAndId;
  readonly entities: EntityJson[];
  context(approvals: number): Record<string, CedarValueJson>;
}

/**
 * Writes a request as Cedar entities. Strings of the resource are attacker-controlled; they travel as
 * JSON values and entity ids, never as policy text, so nothing in them is syntax. Numbers out of their
 * bounds give `null`, which the gate answers with a refusal.
 */
export function cedarRequest(request: GuardrailRequest): CedarRequest | null {
  const { principal, resource, context } = request;
  const severity = decimal(context.severity, 10);
  const confidence = decimal(context.confidence, 1);
  if (severity === null || confidence === null) return null;
  if (!Number.isSafeInteger(context.approvals) || context.approvals < 0) return null;
  if (!Number.isSafeInteger(resource.sharedWith) || resource.sharedWith < -1) return null;

  const who = { type: principal.kind === 'playbook' ? 'Playbook' : 'Responder', id: principal.id };
  const roles = principal.kind === 'responder' ? principal.roles : [];
  const what = { type: resourceType(resource.id), id: resource.id };
  return {
    principal: who,
    action: { type: 'Action', id: request.action },
    resource: what,
    entities: [
      { uid: who, attrs: {}, parents: roles.map((id) => ({ type: 'Role', id })) },
      what.type === 'Engine'
        ? { uid: what, attrs: {}, parents: [] }
        : {
            uid: what,
            attrs: {
              account: resource.account,
              region: resource.region,
              tier: resource.tier,
              enrolled: resource.enrolled,
              excluded: resource.excluded,
              sharedWith: resource.sharedWith,
            },
            parents: [],
            tags: wellFormed(resource.tags),
          },
    ],
    context: (approvals) => ({
      mode: context.mode,
      severity,
      confidence,
      exercise: context.exercise,
      sample: context.sample,
      approvals,
      humanDecision: context.humanDecision ?? false,
      wholeRole: context.wholeRole ?? true,
      rung: context.rung ?? '',
      overBudget: context.overBudget ?? false,
      audience: context.audience ?? '',
    }),
  };
}

/** An id that is neither an ARN nor an incident's can only be Cordon itself, which no action touches. */
function resourceType(id: string): 'Target' | 'Incident' | 'Engine' {
  if (id.startsWith('arn:')) return 'Target';
  return id.startsWith('inc-') ? 'Incident' : 'Engine';
}

/**
 * Cedar has no floating point: a decimal has four digits. What lies between is rounded down, so that
 * 0.49999 stays below a bound of 0.5.
 */
function decimal(value: number, max: number): CedarValueJson | null {
  // Written so that NaN is out of bounds too.
  if (!(value >= 0 && value <= max)) return null;
  const rounded = value.toFixed(4);
  const arg = Number(rounded) > value ? (Number(rounded) - 0.0001).toFixed(4) : rounded;
  return { __extn: { fn: 'decimal', arg } };
}

/**
 * Tags, with lone surrogates replaced: Cedar takes Unicode only, and a tag that somebody spoilt must
 * not be the reason why their function is not contained.
 */
function wellFormed(tags: Readonly<Record<string, string>>): Record<string, string> {
  const clean = (text: string) => Buffer.from(text, 'utf8').toString('utf8');
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [clean(key), clean(value)]));
}
