import { createHash } from 'node:crypto';
import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from './cedar.ts';
import { type CedarRequest, cedarRequest } from './cedar-request.ts';
import { type GuardrailFiles, inspectGuardrails, policyRecord } from './check.ts';
import type { Decision, Gate, GuardrailRequest, RefusalCode } from './decision.ts';
import { GuardrailError } from './error.ts';
import { mostCareful } from './on-expiry.ts';
import type { Guardrail } from './policy-source.ts';
import { probes } from './probe.ts';
import { type SchemaAction, schemaActions } from './schema.ts';

/** A gate that also tells what it was built from. */
export interface GuardrailGate extends Gate {
  readonly guardrails: readonly Guardrail[];
  readonly actions: readonly SchemaAction[];
  /** Hex SHA-256 over schema and policies: which guardrails were in force, for the timeline. */
  readonly digest: string;
}

/** A plan that needs more people than this is a plan that nobody should run. */
const LARGEST_QUORUM = 5;

/** One evaluation with a given number of approvals. */
type Evaluation =
  | { readonly kind: 'allow' | 'deny'; readonly policies: readonly string[] }
  | { readonly kind: 'error'; readonly policies: readonly string[]; readonly reason: string };

const UNFIT: Evaluation = {
  kind: 'error',
  policies: [],
  reason: 'the request does not fit the guardrail schema: an unknown role, or a value of the wrong kind',
};

// A dry run, an exercise and a replay build several engines on the same guardrails, and validating them takes a third of a
// second. By what is in the files, as Cedar's own table of parsed sets is: who reads them again finds the gate.
const built = new Map<string, GuardrailGate>();

/**
 * Builds the gate, once for the same guardrails. Schema and policies are validated and parsed once, here: 60 policies
 * cost 9 ms a decision when parsed each time, 0.24 ms so. Throws `cordon_guardrail_invalid`, naming file, line
 * and reason of each problem.
 */
export function createGate(files: GuardrailFiles): GuardrailGate {
  const key = sha256({ schema: files.schema, policies: files.policies });
  const known = built.get(key);
  if (known !== undefined) return known;
  const gate = buildGate(files);
  built.set(key, gate);
  return gate;
}

function buildGate(files: GuardrailFiles): GuardrailGate {
  const { guardrails, diagnostics } = inspectGuardrails(files);
  if (diagnostics.length > 0) throw invalid(diagnostics);
  const policies = policyRecord(guardrails);
  const digest = sha256([files.schema.text, policies]);
  // Cedar keeps parsed sets in one table for the whole process: a name that is the content's digest
  // means that two gates can never overwrite each other's policies.
  const parsed = [
    preparseSchema(digest, files.schema.text),
    preparsePolicySet(digest, { staticPolicies: policies }),
  ];
  for (const answer of parsed) {
    if (answer.type === 'failure') {
      const message = answer.errors[0]?.message ?? 'the guardrails cannot be parsed';
      throw invalid([{ file: files.schema.file, line: 1, column: 1, message }]);
    }
  }
  const actions = schemaActions(files.schema.text);
  const book = {
    byId: new Map(guardrails.map((guardrail) => [guardrail.id, guardrail])),
    effects: new Map(actions.map((action) => [action.id, action.effect])),
    permitAsks: guardrails.some((guardrail) => guardrail.effect === 'permit' && guardrail.asking !== null),
    digest,
  };
  for (const request of probes(actions)) {
    const asked = cedarRequest(request);
    const tried = asked === null ? UNFIT : evaluate(book, asked, 0);
    if (tried.kind === 'error' && tried.policies.length === 0) {
      const message = `the schema does not take an ordinary request for ${request.action}; compare it with the one that ships`;
      throw invalid([{ file: files.schema.file, line: 1, column: 1, message }]);
    }
  }
  const gate: GuardrailGate = { guardrails, actions, digest, decide: (request) => decide(book, request) };
  return Object.freeze(gate);
}

interface Book {
  readonly byId: ReadonlyMap<string, Guardrail>;
  readonly effects: ReadonlyMap<string, SchemaAction['effect']>;
  /** Some permit counts approvals, so that "nothing permits it" may change with more of them. */
  readonly permitAsks: boolean;
  readonly digest: string;
}

function decide(book: Book, request: GuardrailRequest): Decision {
  const effect = book.effects.get(request.action);
  if (effect !== request.effect) {
    const found = effect === undefined ? 'not in the guardrail schema' : `${effect}, not ${request.effect}`;
    return refusal('cordon_guardrail_error', [], `${request.action} is ${found}`);
  }
  const asked = cedarRequest(request);
  if (asked === null)
    return refusal('cordon_guardrail_error', [], 'a number of the request is out of its bounds');

  const now = evaluate(book, asked, request.context.approvals);
  if (now.kind === 'error') return refusal('cordon_guardrail_error', now.policies, now.reason);
  if (now.kind === 'allow') return { kind: 'run', policies: now.policies };

  // A forbid that does not count approvals denies with any number of them: no need to try.
  const final = now.policies.filter((id) => book.byId.get(id)?.asking == null);
  if (final.length > 0) return forbidden(book, request, final);
  if (now.policies.length === 0 && !book.permitAsks) return forbidden(book, request, []);

  let last: readonly string[] = now.policies;
  for (let approvals = request.context.approvals + 1; approvals <= LARGEST_QUORUM; approvals += 1) {
    const then = evaluate(book, asked, approvals);
    if (then.kind === 'error') return refusal('cordon_guardrail_error', then.policies, then.reason);
    if (then.kind === 'allow') return question(book, now.policies, then.policies, approvals);
    last = then.policies;
  }
  return forbidden(book, request, last);
}

/**
 * Asks `quorum` people. Of several asking policies the shortest time counts, and the most careful of what
 * they let silence mean.
 */
function question(
  book: Book,
  denying: readonly string[],
  permitting: readonly string[],
  quorum: number,
): Decision {
  const asking = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const guardrail = book.byId.get(id);
      return guardrail?.asking == null ? [] : [{ id, ...guardrail.asking }];
    });
  // A permit that counts approvals asks too, unless another permits without.
  const permits = asking(permitting);
  const all = [...asking(denying), ...(permits.length === permitting.length ? permits : [])];
  if (all.length === 0) {
    // Approvals changed the answer and no policy counts them: the analysis of the policies is wrong.
    return refusal('cordon_guardrail_error', denying, 'no policy says what silence means');
  }
  return {
    kind: 'ask',
    policies: all.map((policy) => policy.id).sort(),
    quorum,
    expiresMs: Math.min(...all.map((policy) => policy.expiresMs)),
    onExpiry: mostCareful(all.map((policy) => policy.onExpiry)),
  };
}

function forbidden(book: Book, request: GuardrailRequest, policies: readonly string[]): Decision {
  const reasons = policies.flatMap((id) => book.byId.get(id)?.reason ?? []);
  const reason =
    reasons.length > 0
      ? reasons.join(' ')
      : `No policy permits ${request.action} to this ${request.principal.kind}.`;
  return refusal('cordon_guardrail_refused', policies, reason);
}

function refusal(code: RefusalCode, policies: readonly string[], reason: string): Decision {
  return { kind: 'refuse', code, policies, reason };
}

/**
 * One question to Cedar. A policy that fails to evaluate is skipped by Cedar, so that a forbid with an
 * overflow would allow: any error is therefore an error of the whole. What Cedar says about a request
 * that does not fit is not passed on, since it repeats strings that an attacker wrote.
 */
function evaluate(book: Book, asked: CedarRequest, approvals: number): Evaluation {
  let answer: ReturnType<typeof statefulIsAuthorized>;
  try {
    answer = statefulIsAuthorized({
      principal: asked.principal,
      action: asked.action,
      resource: asked.resource,
      context: asked.context(approvals),
      entities: asked.entities,
      preparsedSchemaName: book.digest,
      preparsedPolicySetId: book.digest,
      validateRequest: true,
    });
  } catch {
    // Strings that are not Unicode end here.
    return UNFIT;
  }
  if (answer.type === 'failure') return UNFIT;
  const { decision, diagnostics } = answer.response;
  const failed = diagnostics.errors.map((error) => error.policyId).sort();
  if (failed.length > 0)
    return {
      kind: 'error',
      policies: failed,
      reason: `a policy could not be evaluated: ${failed.join(', ')}`,
    };
  const policies = [...diagnostics.reason].sort();
  if (decision === 'allow' && policies.length > 0) return { kind: 'allow', policies };
  return { kind: 'deny', policies };
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function invalid(diagnostics: ConstructorParameters<typeof GuardrailError>[2]): GuardrailError {
  return new GuardrailError(
    'cordon_guardrail_invalid',
    'expected guardrails that validate against their schema; nothing runs until each of these is mended:',
    diagnostics,
  );
}
