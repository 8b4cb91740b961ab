import { z } from 'zod';
import type { Json } from '../json.ts';

/**
 * What a value looks like, as far as an expression can be checked before it runs. Derived from zod
 * schemas through JSON Schema, so that an action's own schema is the one declaration.
 */
export type Shape =
  | { readonly kind: 'any' }
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'number' }
  | { readonly kind: 'string'; readonly values?: readonly string[] }
  | { readonly kind: 'list'; readonly items: Shape }
  | { readonly kind: 'map'; readonly values: Shape }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, Field>> };

export interface Field {
  readonly shape: Shape;
  /** An optional field may be read only beside a `has()` of it. */
  readonly optional: boolean;
}

export const ANY: Shape = { kind: 'any' };
export const STRING: Shape = { kind: 'string' };
export const NUMBER: Shape = { kind: 'number' };
export const BOOLEAN: Shape = { kind: 'boolean' };
export const STRINGS: Shape = { kind: 'list', items: STRING };
export const STRING_MAP: Shape = { kind: 'map', values: STRING };

/** Builds an object shape; names in `optional` may be absent. */
export function objectShape(
  fields: Readonly<Record<string, Shape>>,
  optional: readonly string[] = [],
): Shape {
  return {
    kind: 'object',
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, shape]) => [name, { shape, optional: optional.includes(name) }]),
    ),
  };
}

/** Returns the shape of a zod schema's input or output; whatever JSON Schema cannot say plainly is `any`. */
export function shapeOfSchema(schema: z.ZodType, io: 'input' | 'output'): Shape {
  return fromJsonSchema(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function fromJsonSchema(schema: JsonSchema): Shape {
  if (typeof schema.const === 'string') return { kind: 'string', values: [schema.const] };
  switch (schema.type) {
    case 'null':
      return { kind: 'null' };
    case 'boolean':
      return BOOLEAN;
    case 'number':
    case 'integer':
      return NUMBER;
    case 'string': {
      const values = schema.enum?.filter((value) => typeof value === 'string');
      return values === undefined ? STRING : { kind: 'string', values };
    }
    case 'array':
      return { kind: 'list', items: plain(schema.items) };
    case 'object': {
      const names = Object.entries(schema.properties ?? {});
      if (names.length === 0) {
        const rest = schema.additionalProperties;
        return rest === false ? { kind: 'object', fields: {} } : { kind: 'map', values: plain(rest) };
      }
      const fields: Record<string, Field> = {};
      for (const [name, value] of names) {
        fields[name] = { shape: plain(value), optional: schema.required?.includes(name) !== true };
      }
      return { kind: 'object', fields };
    }
    default:
      return ANY;
  }
}

function plain(schema: unknown): Shape {
  // JSON Schema allows a boolean or a list here; only a schema object says something about the value.
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema)
    ? fromJsonSchema(schema as JsonSchema)
    : ANY;
}

/** Whether a literal fits; returns what was expected when it does not. */
export function misfit(shape: Shape, value: Json): string | undefined {
  const expected = describeShape(shape);
  switch (shape.kind) {
    case 'any':
      return undefined;
    case 'null':
      return value === null ? undefined : expected;
    case 'boolean':
    case 'number':
      return typeof value === shape.kind ? undefined : expected;
    case 'string':
      return typeof value === 'string' && shape.values?.includes(value) !== false ? undefined : expected;
    case 'list':
      return Array.isArray(value) && value.every((item: Json) => misfit(shape.items, item) === undefined)
        ? undefined
        : expected;
    case 'map':
      return isJsonObject(value) &&
        Object.values(value).every((item) => misfit(shape.values, item) === undefined)
        ? undefined
        : expected;
    case 'object':
      return isJsonObject(value) &&
        Object.keys(value).every((name) => name in shape.fields) &&
        Object.entries(shape.fields).every(([name, field]) => {
          const found = value[name];
          return found === undefined ? field.optional : misfit(field.shape, found) === undefined;
        })
        ? undefined
        : expected;
  }
}

/** Whether an expression of the CEL type `type` may stand where `shape` is wanted; `dyn` is judged at run time. */
export function acceptsType(shape: Shape, type: string): boolean {
  if (type === 'dyn' || type.startsWith('dyn<')) return true;
  switch (shape.kind) {
    case 'any':
      return true;
    case 'null':
      return type === 'null';
    case 'boolean':
      return type === 'bool';
    case 'number':
      return type === 'double' || type === 'int';
    case 'string':
      return type === 'string';
    case 'list': {
      const items = /^list<(.*)>$/.exec(type)?.[1];
      return type === 'list' || (items !== undefined && (items === 'T' || acceptsType(shape.items, items)));
    }
    case 'map':
    case 'object':
      return type === 'map' || type.startsWith('map<') || type.startsWith('Shape');
  }
}

/** One word or two for a message. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      return shape.values === undefined ? 'a string' : `one of ${shape.values.join(', ')}`;
    case 'list':
      return `a list of ${describeShape(shape.items)}`;
    case 'object':
      return `an object with ${Object.keys(shape.fields).join(', ') || 'no fields'}`;
    case 'any':
      return 'a value';
    case 'null':
      return 'null';
    default:
      return `a ${shape.kind}`;
  }
}

function isJsonObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
