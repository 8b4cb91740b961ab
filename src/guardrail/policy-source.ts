import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { parseDuration } from '../playbook/duration.ts';
import { checkParsePolicySet, policySetTextToParts, policyToJson } from './cedar.ts';
import { type Diagnostic, placeAt } from './diagnostic.ts';
import type { OnExpiry } from './on-expiry.ts';
import { ON_EXPIRY, readOnExpiry } from './on-expiry.ts';

/** A file of guardrails, or their schema, as read from disk. */
export interface GuardrailFile {
  readonly file: string;
  readonly text: string;
}

/** One policy, with what its annotations say. */
export interface Guardrail {
  readonly id: string;
  /** Why the policy exists, for people. */
  readonly reason: string;
  readonly effect: 'permit' | 'forbid';
  /** What silence means; `null` for a policy that approvals cannot change. */
  readonly asking: { readonly expiresMs: number; readonly onExpiry: OnExpiry } | null;
  readonly file: string;
  readonly line: number;
  /** The policy's own text, and where in its file it begins (UTF-16 units). */
  readonly text: string;
  readonly offset: number;
}

const ANNOTATIONS: ReadonlySet<string> = new Set(['id', 'reason', 'expires', 'on_expiry']);
/** Beyond a day an approval is of a situation that no longer exists. */
const LONGEST_EXPIRY_MS = 24 * 3_600_000;

/**
 * Splits files into policies and reads their annotations. A policy with a problem is left out and
 * named in the diagnostics. Validation against the schema is `check.ts`.
 */
export function readGuardrails(files: readonly GuardrailFile[]): {
  readonly guardrails: readonly Guardrail[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const guardrails: Guardrail[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of files) readFile(file, guardrails, diagnostics);
  return { guardrails, diagnostics };
}

/** Turns a byte offset, which is how Cedar counts, into UTF-16 units, which is how strings count. */
export function unitsOf(text: string, bytes: number): number {
  return Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8').length;
}

function readFile(file: GuardrailFile, guardrails: Guardrail[], diagnostics: Diagnostic[]): void {
  const report = (offset: number, message: string) => {
    diagnostics.push({ file: file.file, ...placeAt(file.text, offset), message });
  };
  const parsed = checkParsePolicySet({ staticPolicies: file.text });
  const parts = policySetTextToParts(file.text);
  if (parts.type === 'failure' || parsed.type === 'failure') {
    const errors = parsed.type === 'failure' ? parsed.errors : parts.type === 'failure' ? parts.errors : [];
    for (const error of errors) {
      const place = error.sourceLocations?.[0];
      const expected = place?.label == null ? '' : `: ${place.label}`;
      report(unitsOf(file.text, place?.start ?? 0), `${error.message}${expected}`);
    }
    if (errors.length === 0) report(0, 'the policies cannot be read');
    return;
  }
  // Cedar returns the parts sorted by their internal names, not in the order of the file. A policy
  // that occurs twice word for word is found twice, at two places.
  const next = new Map<string, number>();
  for (const text of parts.policies) {
    const offset = file.text.indexOf(text, next.get(text) ?? 0);
    next.set(text, offset + text.length);
    const guardrail = readGuardrail(file, text, Math.max(0, offset), report);
    if (guardrail === null) continue;
    const twin = guardrails.find((other) => other.id === guardrail.id);
    if (twin === undefined) guardrails.push(guardrail);
    else report(offset, `@id("${guardrail.id}") is taken by ${twin.file}:${twin.line}; give each its own`);
  }
}

function readGuardrail(
  file: GuardrailFile,
  text: string,
  offset: number,
  report: (offset: number, message: string) => void,
): Guardrail | null {
  const parsed = policyToJson(text);
  if (parsed.type === 'failure') {
    report(offset, parsed.errors[0]?.message ?? 'the policy cannot be read');
    return null;
  }
  const annotations = parsed.json.annotations ?? {};
  const { id, reason, expires, on_expiry: onExpiry } = annotations;
  const problems: string[] = [];
  for (const name of Object.keys(annotations)) {
    if (!ANNOTATIONS.has(name))
      problems.push(`@${name} is not known; expected @${[...ANNOTATIONS].join(', @')}`);
  }
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id ?? ''))
    problems.push('expected @id("lower-case-words-with-hyphens"), by which the timeline names the policy');
  if ((reason ?? '').trim() === '')
    problems.push('expected @reason("..."), one sentence that people see when the policy decides');

  const use = contextUse(parsed.json);
  if (use.whole)
    problems.push(
      'context is used as a whole; name its attributes, so that it shows whether approvals count',
    );
  const asking = readAsking(use.approvals, expires, onExpiry, problems);
  if (problems.length > 0) {
    for (const problem of problems) report(offset, problem);
    return null;
  }
  const { line } = placeAt(file.text, offset);
  return {
    id: String(id),
    reason: String(reason).trim(),
    effect: parsed.json.effect,
    asking,
    file: file.file,
    line,
    text,
    offset,
  };
}

function readAsking(
  asks: boolean,
  expires: string | null | undefined,
  onExpiry: string | null | undefined,
  problems: string[],
): Guardrail['asking'] {
  if (!asks) {
    if (expires !== undefined || onExpiry !== undefined)
      problems.push(
        '@expires and @on_expiry belong to a policy that mentions context.approvals; this one does not',
      );
    return null;
  }
  const expiresMs = parseDuration(expires ?? '') ?? Number.NaN;
  // Written so that NaN, no duration at all, is a problem too.
  if (!(expiresMs <= LONGEST_EXPIRY_MS))
    problems.push('the policy asks people: expected @expires("15m"), at most 24h, how long they have');
  const silence = readOnExpiry(onExpiry);
  if (silence === undefined) {
    const found = onExpiry === undefined ? 'none' : `@on_expiry("${onExpiry}")`;
    problems.push(
      `the policy asks people: expected @on_expiry, what silence means: one of ${ON_EXPIRY.join(', ')}; found ${found}`,
    );
    return null;
  }
  return { expiresMs, onExpiry: silence };
}

/**
 * How the conditions use the context. `approvals`: somewhere an attribute of that name is read, so the
 * number of approvals can change the answer. `whole`: the record is used other than by `context.name`,
 * which could hide such a use.
 */
function contextUse(policy: PolicyJson): { readonly approvals: boolean; readonly whole: boolean } {
  const use = { approvals: false, whole: false };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    for (const [operator, operand] of Object.entries(node)) {
      if (operator === 'Var' && operand === 'context') use.whole = true;
      else if ((operator === '.' || operator === 'has') && typeof operand === 'object' && operand !== null) {
        if ([operand.attr].flat().includes('approvals')) use.approvals = true;
        if (!isContext(operand.left)) visit(operand.left);
      } else visit(operand);
    }
  };
  for (const clause of policy.conditions) visit(clause.body);
  return use;
}

function isContext(node: unknown): boolean {
  return typeof node === 'object' && node !== null && 'Var' in node && node.Var === 'context';
}
