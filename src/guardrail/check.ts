import { checkParseSchema, validate } from './cedar.ts';
import { type Diagnostic, placeAt } from './diagnostic.ts';
import { type Guardrail, type GuardrailFile, readGuardrails, unitsOf } from './policy-source.ts';

/** Everything that the gate is built from. */
export interface GuardrailFiles {
  readonly schema: GuardrailFile;
  readonly policies: readonly GuardrailFile[];
}

/**
 * Checks guardrails without loading them: syntax, annotations, and validation against the schema.
 * Returns the problems with file, line and column in the order of the files; none when all is well.
 */
export function checkGuardrails(files: GuardrailFiles): readonly Diagnostic[] {
  return inspectGuardrails(files).diagnostics;
}

/** As `checkGuardrails`, with the policies that could be read. */
export function inspectGuardrails(files: GuardrailFiles): {
  readonly guardrails: readonly Guardrail[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const { guardrails, diagnostics: found } = readGuardrails(files.policies);
  const diagnostics = [...schemaProblems(files.schema), ...found];
  if (diagnostics.length === 0)
    diagnostics.push(...oncePerPlace(sorted(files, validationProblems(files, guardrails))));
  if (diagnostics.length === 0 && !guardrails.some((guardrail) => guardrail.effect === 'permit')) {
    diagnostics.push({
      file: files.policies[0]?.file ?? files.schema.file,
      line: 1,
      column: 1,
      message: 'expected at least one permit policy, found none: every action would be refused',
    });
  }
  return { guardrails, diagnostics: sorted(files, diagnostics) };
}

function schemaProblems(schema: GuardrailFile): Diagnostic[] {
  const answer = checkParseSchema(schema.text);
  if (answer.type === 'success') return [];
  return answer.errors.map((error) => {
    const offset = unitsOf(schema.text, error.sourceLocations?.[0]?.start ?? 0);
    return { file: schema.file, ...placeAt(schema.text, offset), message: withHelp(error) };
  });
}

/**
 * Cedar's own type check. A warning counts as an error: the usual one, a policy that can never apply,
 * means that a guardrail which somebody relies on does nothing.
 */
function validationProblems(files: GuardrailFiles, guardrails: readonly Guardrail[]): Diagnostic[] {
  const answer = validate({
    schema: files.schema.text,
    policies: { staticPolicies: policyRecord(guardrails) },
  });
  if (answer.type === 'failure') {
    return answer.errors.map((error) => ({
      file: files.schema.file,
      line: 1,
      column: 1,
      message: withHelp(error),
    }));
  }
  const texts = new Map(files.policies.map((file) => [file.file, file.text]));
  const problems: Diagnostic[] = [];
  for (const { policyId, error } of [...answer.validationErrors, ...answer.validationWarnings]) {
    const guardrail = guardrails.find((candidate) => candidate.id === policyId);
    const offset =
      guardrail === undefined
        ? 0
        : guardrail.offset + unitsOf(guardrail.text, error.sourceLocations?.[0]?.start ?? 0);
    const file = guardrail?.file ?? files.schema.file;
    problems.push({ file, ...placeAt(texts.get(file) ?? '', offset), message: withHelp(error) });
  }
  return problems;
}

/** Policies as Cedar takes them, named by their `@id`. */
export function policyRecord(guardrails: readonly Guardrail[]): Record<string, string> {
  return Object.fromEntries(guardrails.map((guardrail) => [guardrail.id, guardrail.text]));
}

function withHelp(error: { readonly message: string; readonly help: string | null }): string {
  return error.help === null ? error.message : `${error.message} (${error.help})`;
}

function sorted(files: GuardrailFiles, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const order = [files.schema, ...files.policies].map((file) => file.file);
  return [...diagnostics].sort(
    (a, b) =>
      order.indexOf(a.file) - order.indexOf(b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.message < b.message ? -1 : 1),
  );
}

/** Cedar repeats one mistake for each action that the policy could be about; people need it once. */
function oncePerPlace(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const place = ({ file, line, column }: Diagnostic) => `${file}:${line}:${column}`;
  return [...new Map([...diagnostics].reverse().map((found) => [place(found), found])).values()];
}
