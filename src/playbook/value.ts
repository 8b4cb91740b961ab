import type { Json, JsonObject } from '../json.ts';
import type { DiagnosticCode, Report } from './diagnostic.ts';
import { compileExpression, type Expression, type Variables } from './expression.ts';
import type { Value } from './model.ts';
import type { Scope } from './scope.ts';
import { ANY, acceptsType, describeShape, misfit, type Shape } from './shape.ts';
import type { DocumentPath, Source } from './source.ts';

/** What the parts of the builder share. */
export interface Binder {
  readonly source: Source;
  readonly report: Report;
}

const WHOLE = /^\s*\$\{\{([\s\S]*)\}\}\s*$/;

/** Checks a bare expression (a guard, a trigger) that must be a truth value; reports and returns `undefined` otherwise. */
export function bindCondition(
  binder: Binder,
  text: string,
  doc: DocumentPath,
  scope: Scope,
): Expression | undefined {
  return bindExpression(binder, text, doc, scope, { kind: 'boolean' }, 'cordon_playbook_ill_typed');
}

function bindExpression(
  { source, report }: Binder,
  text: string,
  doc: DocumentPath,
  scope: Scope,
  wanted: Shape,
  misfitCode: DiagnosticCode,
): Expression | undefined {
  if (text.includes('${{')) {
    report(
      source.valueAt(doc),
      'cordon_playbook_bad_expression',
      'expected a bare expression: remove the dollar and brackets around it',
    );
    return undefined;
  }
  const compiled = compileExpression(text, scope);
  if (compiled.kind === 'refused') {
    report(source.insideAt(doc, text, compiled.offset), compiled.code, compiled.message);
    return undefined;
  }
  const { expression } = compiled;
  if (!acceptsType(wanted, expression.type)) {
    report(
      source.valueAt(doc),
      misfitCode,
      `expected ${describeShape(wanted)}, found an expression of type ${expression.type}`,
    );
    return undefined;
  }
  return expression;
}

/**
 * Turns what stands in the document into a value: a literal, or a whole `${{ expression }}`. A string with
 * an expression in the middle is refused, so that nothing from an alert can be spliced into a text.
 */
export function bindValue(
  binder: Binder,
  json: Json,
  doc: DocumentPath,
  scope: Scope,
  wanted: Shape,
  misfitCode: DiagnosticCode,
): Value | undefined {
  const { source, report } = binder;
  if (typeof json === 'string' && (json.includes('${{') || json.includes('}}'))) {
    const inner = WHOLE.exec(json)?.[1];
    if (inner === undefined || inner.includes('${{') || inner.includes('}}')) {
      report(
        source.valueAt(doc),
        'cordon_playbook_bad_expression',
        'expected a literal or one whole expression in brackets, found a mixture: strings are never built in a playbook',
      );
      return undefined;
    }
    const expression = bindExpression(binder, inner.trim(), doc, scope, wanted, misfitCode);
    return expression && { kind: 'expression', expression };
  }
  if (!containsExpression(json)) {
    const expected = misfit(wanted, json);
    if (expected === undefined) return { kind: 'literal', value: json };
    report(
      source.valueAt(doc),
      misfitCode,
      `expected ${expected}, found ${JSON.stringify(json)?.slice(0, 80)}`,
    );
    return undefined;
  }
  if (Array.isArray(json)) {
    const inner = wanted.kind === 'list' ? wanted.items : ANY;
    if (wanted.kind !== 'list' && wanted.kind !== 'any') {
      report(source.valueAt(doc), misfitCode, `expected ${describeShape(wanted)}, found a list`);
      return undefined;
    }
    const items = json.map((item: Json, index) =>
      bindValue(binder, item, [...doc, index], scope, inner, misfitCode),
    );
    return items.every((item) => item !== undefined) ? { kind: 'list', items } : undefined;
  }
  // Neither scalar nor list, and it holds an expression: a map.
  return bindMap(binder, json as JsonObject, doc, scope, wanted, misfitCode);
}

/** As `bindValue`, for a map whose fields are declared: unknown and missing fields are reported by name. */
export function bindMap(
  binder: Binder,
  json: JsonObject,
  doc: DocumentPath,
  scope: Scope,
  wanted: Shape,
  misfitCode: DiagnosticCode,
): Value | undefined {
  const { source, report } = binder;
  if (wanted.kind !== 'object' && wanted.kind !== 'map' && wanted.kind !== 'any') {
    report(source.valueAt(doc), misfitCode, `expected ${describeShape(wanted)}, found a map`);
    return undefined;
  }
  let sound = true;
  const entries = new Map<string, Value>();
  for (const [name, item] of Object.entries(json)) {
    if (item === undefined) continue;
    const field =
      wanted.kind === 'object' ? wanted.fields[name]?.shape : wanted.kind === 'map' ? wanted.values : ANY;
    if (field === undefined) {
      sound = false;
      report(
        source.keyAt([...doc, name]),
        misfitCode,
        `expected ${describeShape(wanted)}, found ${name}: remove it`,
      );
      continue;
    }
    const value = bindValue(binder, item, [...doc, name], scope, field, misfitCode);
    if (value === undefined) sound = false;
    else entries.set(name, value);
  }
  if (wanted.kind === 'object') {
    for (const [name, field] of Object.entries(wanted.fields)) {
      if (field.optional || json[name] !== undefined) continue;
      sound = false;
      report(
        source.keyAt(doc),
        misfitCode,
        `expected ${name} (${describeShape(field.shape)}), found none: add it`,
      );
    }
  }
  return sound ? { kind: 'map', entries } : undefined;
}

function containsExpression(json: Json | undefined): boolean {
  if (typeof json === 'string') return json.includes('${{') || json.includes('}}');
  if (Array.isArray(json)) return json.some(containsExpression);
  return typeof json === 'object' && json !== null && Object.values(json).some(containsExpression);
}

/** Computes a value for one step. Throws `cordon_expression_failed`. */
export function evaluateValue(value: Value, variables: Variables): Json {
  switch (value.kind) {
    case 'literal':
      return value.value;
    case 'expression':
      return value.expression.evaluate(variables);
    case 'list':
      return value.items.map((item) => evaluateValue(item, variables));
    case 'map':
      return evaluateMap(value.entries, variables);
  }
}

/** As `evaluateValue`, for the fields of a map. */
export function evaluateMap(entries: ReadonlyMap<string, Value>, variables: Variables): JsonObject {
  return Object.fromEntries([...entries].map(([name, item]) => [name, evaluateValue(item, variables)]));
}
