import {
  type ASTNode,
  TypeError as CelTypeError,
  EvaluationError,
  ParseError,
  serialize,
} from '@marcbachmann/cel-js';
import type { Json } from '../json.ts';
import type { DiagnosticCode } from './diagnostic.ts';
import { PlaybookError } from './error.ts';
import { createEnvironment, type Scope } from './scope.ts';
import type { Shape } from './shape.ts';

/** The values of the variables at run time. */
export type Variables = Readonly<Record<string, unknown>>;

/** A checked expression, ready to run. */
export interface Expression {
  readonly source: string;
  /** The CEL type that the checker found: `bool`, `double`, `list<string>`, `dyn` … */
  readonly type: string;
  /** Evaluates to plain JSON. Throws `cordon_expression_failed`. */
  evaluate(variables: Variables): Json;
}

export type Compiled =
  | { readonly kind: 'ok'; readonly expression: Expression }
  | {
      readonly kind: 'refused';
      readonly code: DiagnosticCode;
      readonly message: string;
      readonly offset: number;
    };

/** Longest expression, in characters: what is longer belongs into a state of its own. */
export const MAX_EXPRESSION_LENGTH = 500;
/** Comprehensions inside comprehensions: cost grows as (list length)^nesting. */
const MAX_NESTING = 2;

const COMPREHENSIONS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/**
 * Everything an expression may call. An allow-list, because the library's own list grows: `matches`
 * blocks the loop for seconds on an input of 28 characters, and `join`, `split`, `substring`,
 * `replace` and `string` build strings, by which something an attacker controls could become syntax.
 */
const FUNCTIONS = new Set([
  'has',
  'size',
  'double',
  'int',
  'startsWith',
  'endsWith',
  'contains',
  ...COMPREHENSIONS,
]);

/** All names are dynamic here: types were checked at load, and typed lists of objects cannot be indexed at run time (cel-js 8.0). */
const runtime = createEnvironment();
for (const name of ['incident', 'alert', 'event', 'item', 'vars']) runtime.registerVariable(name, 'dyn');

/** Parses and type-checks one CEL expression in `scope`; never throws. */
export function compileExpression(source: string, scope: Scope): Compiled {
  if (source.length > MAX_EXPRESSION_LENGTH) {
    return refuse(
      'cordon_playbook_bad_expression',
      `expected at most ${MAX_EXPRESSION_LENGTH} characters, found ${source.length}: split it over two states`,
      0,
    );
  }
  try {
    const parsed = scope.environment.parse(source);
    const objection = inspect(parsed.ast, scope);
    if (objection !== undefined) return objection;
    const checked = parsed.check();
    if (!checked.valid || checked.type === undefined) return refusalOf(checked.error);
    const concatenation = findConcatenation(parsed.ast, scope, false);
    if (concatenation !== undefined) return concatenation;
    const run = runtime.parse(source);
    return {
      kind: 'ok',
      expression: { source, type: checked.type, evaluate: (variables) => evaluate(source, run, variables) },
    };
  } catch (error) {
    return refusalOf(error);
  }
}

function evaluate(source: string, run: (context: Variables) => unknown, variables: Variables): Json {
  let value: unknown;
  try {
    value = run(variables);
  } catch (error) {
    const summary = error instanceof EvaluationError ? error.summary : 'it could not be evaluated';
    throw new PlaybookError('cordon_expression_failed', `the expression \`${source}\` failed: ${summary}`, {
      cause: error,
    });
  }
  return toJson(value, source);
}

/** CEL integers are BigInt, which JSON does not know: they become numbers here, or an error when too large. */
function toJson(value: unknown, source: string): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => toJson(item, source));
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([name, item]) => [String(name), toJson(item, source)]));
  }
  if (
    typeof value === 'object' &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
  ) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([name, item]) => [name, toJson(item, source)]));
  }
  throw new PlaybookError(
    'cordon_expression_failed',
    `the expression \`${source}\` gave a value that JSON cannot hold (${typeof value}): use strings, finite numbers, lists and maps`,
  );
}

function refuse(code: DiagnosticCode, message: string, offset: number): Compiled & { kind: 'refused' } {
  return { kind: 'refused', code, message, offset };
}

function refusalOf(error: unknown): Compiled & { kind: 'refused' } {
  if (error instanceof ParseError) {
    return refuse('cordon_playbook_bad_expression', error.summary, error.range?.start ?? 0);
  }
  if (error instanceof CelTypeError) {
    const unknown = error.code === 'unknown_variable' || error.code === 'no_such_key';
    return refuse(
      unknown ? 'cordon_playbook_unknown_variable' : 'cordon_playbook_ill_typed',
      error.summary,
      error.range?.start ?? 0,
    );
  }
  return refuse('cordon_playbook_bad_expression', 'the expression could not be read', 0);
}

type Node = ASTNode;

function childrenOf(node: Node): readonly Node[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}

/** Refuses calls that are not on the list, deep nesting, and optional fields read without `has()`. */
function inspect(root: Node, scope: Scope): (Compiled & { kind: 'refused' }) | undefined {
  const guarded = new Set<string>();
  const collect = (node: Node) => {
    if (node.op === 'call' && node.args[0] === 'has' && node.args[1][0] !== undefined) {
      guarded.add(serialize(node.args[1][0]));
    }
    childrenOf(node).forEach(collect);
  };
  collect(root);

  const walk = (
    node: Node,
    names: Readonly<Record<string, Shape>>,
    nesting: number,
  ): (Compiled & { kind: 'refused' }) | undefined => {
    if (node.op === 'call' || node.op === 'rcall') {
      const name = node.args[0];
      if (!FUNCTIONS.has(name)) {
        return refuse(
          'cordon_playbook_bad_expression',
          `${name}() is not allowed in a playbook; allowed are ${[...FUNCTIONS].join(', ')}`,
          node.start,
        );
      }
      if (name === 'has') return undefined; // what is inside is not read, only looked for
      if (node.op === 'rcall' && COMPREHENSIONS.has(name)) {
        if (nesting >= MAX_NESTING) {
          return refuse(
            'cordon_playbook_bad_expression',
            `expected at most ${MAX_NESTING} nested ${name}()`,
            node.start,
          );
        }
        const [, receiver, [variable, ...bodies]] = node.args;
        const list = shapeOf(receiver, names);
        const element: Shape = list?.kind === 'list' ? list.items : { kind: 'any' };
        const inner = variable?.op === 'id' ? { ...names, [variable.args]: element } : names;
        return walk(receiver, names, nesting) ?? firstOf(bodies, (body) => walk(body, inner, nesting + 1));
      }
    }
    if (node.op === '.' && !guarded.has(serialize(node))) {
      const owner = shapeOf(node.args[0], names);
      if (owner?.kind === 'object' && owner.fields[node.args[1]]?.optional === true) {
        const path = serialize(node);
        return refuse(
          'cordon_playbook_optional_field',
          `${path} may be absent: write has(${path}) && … or has(${path}) ? … : …`,
          node.start,
        );
      }
    }
    return firstOf(childrenOf(node), (child) => walk(child, names, nesting));
  };
  return walk(root, scope.names, 0);
}

function shapeOf(node: Node, names: Readonly<Record<string, Shape>>): Shape | undefined {
  if (node.op === 'id') return Object.hasOwn(names, node.args) ? names[node.args] : undefined;
  if (node.op === '.') {
    const owner = shapeOf(node.args[0], names);
    if (owner?.kind === 'object') return owner.fields[node.args[1]]?.shape;
    return owner?.kind === 'map' ? owner.values : undefined;
  }
  if (node.op === '[]') {
    const owner = shapeOf(node.args[0], names);
    return owner?.kind === 'list' ? owner.items : owner?.kind === 'map' ? owner.values : undefined;
  }
  return undefined;
}

/** Refuses `+` on anything but numbers and lists: no string building, see `FUNCTIONS`. */
function findConcatenation(
  node: Node,
  scope: Scope,
  inComprehension: boolean,
): (Compiled & { kind: 'refused' }) | undefined {
  if (node.op === '+') {
    // Inside a comprehension the iteration variable is out of reach of a second check: refuse `+` there.
    const type = inComprehension ? undefined : scope.environment.check(serialize(node)).type;
    if (type === undefined || !(type === 'double' || type === 'int' || type.startsWith('list'))) {
      return refuse(
        'cordon_playbook_bad_expression',
        'expected + between numbers or lists only: strings are never built in a playbook',
        node.start,
      );
    }
  }
  const inner = inComprehension || (node.op === 'rcall' && COMPREHENSIONS.has(node.args[0]));
  return firstOf(childrenOf(node), (child) => findConcatenation(child, scope, inner));
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
