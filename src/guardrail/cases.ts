import { z } from 'zod';
import { RUNGS } from '../action/rung.ts';
import type { Decision, GuardrailRequest } from './decision.ts';
import { GuardrailError } from './error.ts';
import type { GuardrailGate } from './gate.ts';
import { ON_EXPIRY } from './on-expiry.ts';
import { readYaml } from './read-yaml.ts';

const resourceSchema = z.strictObject({
  id: z.string(),
  account: z.string(),
  region: z.string(),
  tier: z.string(),
  tags: z.record(z.string(), z.string()),
  enrolled: z.boolean(),
  excluded: z.boolean(),
  sharedWith: z.number(),
});

const contextSchema = z.strictObject({
  mode: z.enum(['observe', 'ask', 'act']),
  severity: z.number(),
  confidence: z.number(),
  exercise: z.boolean(),
  sample: z.boolean(),
  approvals: z.number(),
  humanDecision: z.boolean(),
  wholeRole: z.boolean(),
  rung: z.enum(['', ...RUNGS]).optional(),
  overBudget: z.boolean().optional(),
  audience: z.string().optional(),
});

const caseSchema = z.strictObject({
  name: z.string().min(1),
  principal: z.union([
    z.strictObject({ playbook: z.string() }),
    z.strictObject({ responder: z.string(), roles: z.array(z.string()) }),
  ]),
  action: z.string(),
  resource: resourceSchema.partial().default({}),
  context: contextSchema.partial().default({}),
  expect: z.union([
    z.literal(['run', 'refuse']),
    z.strictObject({ ask: z.int().min(1), expires: z.string(), on_expiry: z.enum(ON_EXPIRY) }),
  ]),
  /** The ids that must have decided, all of them; leave out to accept any. */
  policies: z.array(z.string()).optional(),
});

const fileSchema = z
  .strictObject({
    defaults: z.strictObject({ resource: resourceSchema, context: contextSchema }),
    cases: z.array(caseSchema).min(1),
  })
  .superRefine((file, issues) => {
    const seen = new Set<string>();
    file.cases.forEach(({ name }, index) => {
      if (seen.has(name))
        issues.addIssue({
          code: 'custom',
          path: ['cases', index, 'name'],
          message: 'another case has this name',
        });
      seen.add(name);
    });
  });

export type GuardrailCases = z.infer<typeof fileSchema>;
type GuardrailCase = GuardrailCases['cases'][number];

export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /** Both as `run`, `refuse` or `ask 1, 15m, then refuse`, with the deciding policies in brackets. */
  readonly expected: string;
  readonly found: string;
}

/** Reads a table of guardrail cases. Throws `cordon_guardrail_cases_invalid` with the place of each problem. */
export function parseGuardrailCases(yamlText: string, file: string): GuardrailCases {
  const read = readYaml(yamlText, file, fileSchema);
  if (read.kind === 'read') return read.value;
  throw new GuardrailError(
    'cordon_guardrail_cases_invalid',
    'expected a table of guardrail cases (docs/guardrails.md shows one):',
    read.diagnostics,
  );
}

/** Asks the gate each case and compares. */
export function runGuardrailTests(cases: GuardrailCases, gate: GuardrailGate): readonly CaseResult[] {
  return cases.cases.map((row) => {
    const decision = gate.decide(requestOf(cases, row, gate));
    const withPolicies = row.policies !== undefined;
    const expected = bracketed(expectedText(row), withPolicies ? [...(row.policies ?? [])].sort() : null);
    const found = bracketed(foundText(decision), withPolicies ? decision.policies : null);
    return { name: row.name, passed: expected === found, expected, found };
  });
}

/** What the gate is asked about the case of this name; `undefined` when there is none. */
export function caseRequest(
  cases: GuardrailCases,
  name: string,
  gate: GuardrailGate,
): GuardrailRequest | undefined {
  const row = cases.cases.find((candidate) => candidate.name === name);
  return row === undefined ? undefined : requestOf(cases, row, gate);
}

/** The effect of an action comes from the gate's own schema. */
function requestOf(cases: GuardrailCases, row: GuardrailCase, gate: GuardrailGate): GuardrailRequest {
  const { rung = '', overBudget = false, audience = '', ...context } = cases.defaults.context;
  const defaultContext = { ...context, rung, overBudget, audience };
  return {
    principal: principalOf(row),
    action: row.action,
    effect: gate.actions.find((action) => action.id === row.action)?.effect ?? 'contain',
    resource: { ...cases.defaults.resource, ...defined(row.resource) },
    context: { ...defaultContext, ...defined(row.context) },
  };
}

function principalOf({ principal }: GuardrailCase): GuardrailRequest['principal'] {
  return 'playbook' in principal
    ? { kind: 'playbook', id: principal.playbook }
    : { kind: 'responder', id: principal.responder, roles: principal.roles };
}

/** An absent key must not overwrite its default with `undefined`. */
function defined<Value extends object>(
  value: Value,
): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } {
  // Only keys whose value is undefined are taken away, which is what the result type says.
  return Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined)) as never;
}

function expectedText({ expect }: GuardrailCase): string {
  return typeof expect === 'string'
    ? expect
    : `ask ${expect.ask}, ${expect.expires}, then ${expect.on_expiry}`;
}

function foundText(decision: Decision): string {
  if (decision.kind !== 'ask') return decision.kind;
  return `ask ${decision.quorum}, ${shortDuration(decision.expiresMs)}, then ${decision.onExpiry}`;
}

/** As a policy's `@expires` writes it: the largest unit that divides. */
function shortDuration(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`;
}

function bracketed(text: string, policies: readonly string[] | null): string {
  return policies === null ? text : `${text} [${policies.join(', ')}]`;
}
