import { Environment } from '@marcbachmann/cel-js';
import type { Target } from '../action/ports.ts';
import type { Alert, AlertTarget } from '../alert/alert.ts';
import { ANY, BOOLEAN, NUMBER, objectShape, type Shape, STRING, STRING_MAP, STRINGS } from './shape.ts';
import type { Ambient } from './types.ts';

/** The variables that an expression may see, with their shapes. Anything else is an unknown variable. */
export interface Scope {
  readonly names: Readonly<Record<string, Shape>>;
  readonly environment: Environment;
}

/**
 * Limits of one expression. Measured on two cores: the longest allowed expression type-checks in under
 * a millisecond, and the dearest one, two nested comprehensions over lists of 1,000, runs 160 ms;
 * three nested would take minutes, hence `MAX_NESTING` in `expression.ts`.
 */
const LIMITS = {
  maxAstNodes: 120,
  maxDepth: 16,
  maxListElements: 32,
  maxMapEntries: 32,
  maxCallArguments: 4,
};

/**
 * A CEL environment in which numbers written with and without a point mix. Plain CEL has no
 * `double + int`, and every number that comes out of JSON is a double, so `vars.tries + 1` would not
 * type-check.
 */
export function createEnvironment(): Environment {
  const environment = new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false });
  const arithmetic: Readonly<Record<string, (left: number, right: number) => number>> = {
    '+': (left, right) => left + right,
    '-': (left, right) => left - right,
    '*': (left, right) => left * right,
    '/': (left, right) => left / right,
  };
  for (const [operator, apply] of Object.entries(arithmetic)) {
    const mixed = (left: unknown, right: unknown) => apply(Number(left), Number(right));
    environment.registerOperator(`double ${operator} int`, mixed);
    environment.registerOperator(`int ${operator} double`, mixed);
  }
  // The library derives `int == double` and both `!=` from this one.
  environment.registerOperator(
    'double == int',
    (left: unknown, right: unknown) => Number(left) === Number(right),
  );
  return environment;
}

/** Builds a scope; costs about 0.3 ms, so scopes are made once per document and shared. */
export function createScope(names: Readonly<Record<string, Shape>>): Scope {
  const environment = createEnvironment();
  const register = (shape: Shape, name: string): string => {
    switch (shape.kind) {
      case 'any':
        return 'dyn';
      case 'boolean':
        return 'bool';
      case 'number':
        return 'double';
      case 'string':
      case 'null':
        return shape.kind;
      case 'list':
        return `list<${register(shape.items, `${name}_item`)}>`;
      case 'map':
        return `map<string, ${register(shape.values, `${name}_value`)}>`;
      case 'object': {
        const schema: Record<string, string> = {};
        for (const [field, { shape: inner }] of Object.entries(shape.fields)) {
          schema[field] = register(inner, `${name}_${field}`);
        }
        environment.registerType({ name, schema });
        return name;
      }
    }
  };
  for (const [name, shape] of Object.entries(names)) {
    environment.registerVariable(name, register(shape, `Shape_${name}`));
  }
  return { names, environment };
}

// The shapes below are held equal to the contracts by their key types: a field added to `Alert`,
// `Target` or `Ambient` does not compile until it is named here.

const ALERT_TARGET: Readonly<Record<keyof AlertTarget, Shape>> = {
  functionArn: STRING,
  functionName: STRING,
  partition: STRING,
  account: STRING,
  region: STRING,
  qualifier: STRING,
  roleArn: STRING,
  tags: STRING_MAP,
};

const ALERT: Readonly<Record<keyof Alert, Shape>> = {
  source: STRING,
  dedupeKey: STRING,
  revision: STRING,
  category: { kind: 'string', values: ['function-compromise', 'credential-compromise', 'other'] },
  findingType: STRING,
  title: STRING,
  description: STRING,
  severity: NUMBER,
  confidence: NUMBER,
  account: STRING,
  region: STRING,
  abusedApis: STRINGS,
  unnamedApis: STRINGS,
  target: objectShape(ALERT_TARGET, ['qualifier', 'roleArn']),
  firstSeenAt: STRING,
  lastSeenAt: STRING,
  remoteAddresses: STRINGS,
  sample: BOOLEAN,
};

const MEANS: Readonly<Record<'profile' | 'sink' | 'codeSigningConfig', Shape>> = {
  profile: { kind: 'string', values: ['static', 'dynamic'] },
  sink: ANY,
  codeSigningConfig: ANY,
};

const TARGET: Readonly<Record<keyof Target, Shape>> = {
  functionArn: STRING,
  functionName: STRING,
  partition: STRING,
  account: STRING,
  region: STRING,
  roles: STRINGS,
  tier: STRING,
  tags: STRING_MAP,
  means: objectShape(MEANS),
  open: objectShape({ sinks: STRINGS, logGroups: STRINGS }),
};

const INCIDENT: Readonly<Record<keyof Ambient['incident'], Shape>> = {
  id: STRING,
  severity: NUMBER,
  mode: STRING,
  exercise: BOOLEAN,
  targets: { kind: 'list', items: objectShape(TARGET, ['means', 'open']) },
  contained: BOOLEAN,
};

export const ALERT_SHAPE: Shape = objectShape(ALERT, [
  'target',
  'abusedApis',
  'unnamedApis',
  'remoteAddresses',
]);
export const INCIDENT_SHAPE: Shape = objectShape(INCIDENT);
export const TARGET_SHAPE: Shape = objectShape(TARGET, ['means', 'open']);

/** `event` in `onError` of an invocation. */
export const FAILURE_EVENT: Shape = objectShape({
  error: objectShape({ code: STRING, message: STRING, data: ANY }, ['data']),
});
