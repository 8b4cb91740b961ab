import type { Json, JsonObject } from '../json.ts';

/**
 * What policy documents allow, one line for each action and resource, so that two looks can be compared. Text only:
 * whether a line matters more than another is for people. Conditions are part of the line. Pure.
 */
export function grantsOf(documents: readonly JsonObject[]): readonly string[] {
  const lines = documents.flatMap((document) =>
    list(document.Statement).flatMap((statement) => {
      if (!isObject(statement) || statement.Effect !== 'Allow') return [];
      const {
        Action: actions,
        NotAction: except,
        Resource: resources,
        NotResource: apart,
        Condition,
      } = statement;
      const what = actions === undefined ? list(except).map((name) => `all but ${name}`) : list(actions);
      const where = resources === undefined ? list(apart).map((arn) => `all but ${arn}`) : list(resources);
      const when = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
      return what.flatMap((action) => where.map((resource) => `${action} on ${resource}${when}`));
    }),
  );
  return [...new Set(lines)].sort();
}

/** Who besides the Lambda service a trust policy lets in. */
export function othersTrusted(trust: JsonObject): readonly string[] {
  const found = list(trust.Statement).flatMap((statement) => {
    if (!isObject(statement) || statement.Effect !== 'Allow') return [];
    // Everybody but some is everybody.
    if (statement.NotPrincipal !== undefined) return ['*'];
    const { Principal: principal } = statement;
    if (!isObject(principal)) return list(principal).map(String);
    return Object.values(principal).flatMap((value) => list(value).map(String));
  });
  return [...new Set(found.filter((who) => who !== 'lambda.amazonaws.com'))].sort();
}

function list(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  // `Array.isArray` does not narrow a readonly list.
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
