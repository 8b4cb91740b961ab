import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { canonicalJson } from '../timeline/canonical.ts';
import type { PermissionRequest } from './doors-port.ts';

/** What `AddPermission` takes to make a statement again, or why it cannot (reference, 1.2 step 7). */
export type Rebuild =
  | { readonly kind: 'exact'; readonly request: PermissionRequest }
  | { readonly kind: 'impossible'; readonly reason: string };

const shape = z.strictObject({
  Sid: z.string(),
  Effect: z.literal('Allow'),
  Principal: z.union([
    z.literal('*'),
    z.strictObject({ Service: z.string() }),
    z.strictObject({ AWS: z.string() }),
    z.strictObject({ AWS: z.literal('*') }),
  ]),
  Action: z.string(),
  Resource: z.string(),
  Condition: z.record(z.string(), z.record(z.string(), z.string())).optional(),
});

/** The parameter that makes each condition; operator and key as AWS writes them, the key without case. */
const CONDITIONS: Readonly<Record<string, keyof PermissionRequest>> = {
  'ArnLike aws:sourcearn': 'sourceArn',
  'StringEquals aws:sourceaccount': 'sourceAccount',
  'StringEquals aws:principalorgid': 'principalOrgId',
  'StringEquals lambda:eventsourcetoken': 'eventSourceToken',
  'StringEquals lambda:functionurlauthtype': 'functionUrlAuthType',
  'Bool lambda:invokedviafunctionurl': 'invokedViaFunctionUrl',
};

/** How a statement of a resource policy can be made again by `AddPermission`. Pure. */
export function rebuildOf(statement: JsonObject): Rebuild {
  const read = shape.safeParse(statement);
  if (!read.success) {
    const fields = read.error.issues.map((issue) => issue.path.join('.') || 'the statement').join(', ');
    return { kind: 'impossible', reason: `AddPermission cannot express ${fields}` };
  }
  const { Sid, Principal, Action, Condition = {} } = read.data;
  const conditions: Partial<Record<keyof PermissionRequest, string>> = {};
  for (const [operator, keys] of Object.entries(Condition)) {
    for (const [key, value] of Object.entries(keys)) {
      const parameter = CONDITIONS[`${operator} ${key.toLowerCase()}`];
      if (parameter === undefined) {
        return { kind: 'impossible', reason: `AddPermission has no parameter for ${operator} on ${key}` };
      }
      conditions[parameter] = value;
    }
  }
  const { functionUrlAuthType: auth, invokedViaFunctionUrl: viaUrl, ...texts } = conditions;
  if (auth !== undefined && auth !== 'NONE' && auth !== 'AWS_IAM') {
    return { kind: 'impossible', reason: `AddPermission takes NONE or AWS_IAM for a URL, not ${auth}` };
  }
  return {
    kind: 'exact',
    request: {
      statementId: Sid,
      action: Action,
      principal: principalOf(Principal),
      ...texts,
      ...(auth === undefined ? {} : { functionUrlAuthType: auth }),
      ...(viaUrl === undefined ? {} : { invokedViaFunctionUrl: viaUrl === 'true' }),
    },
  };
}

/** Whether two statements say the same, whatever the order of their keys. */
export function sameStatement(left: JsonObject | null, right: JsonObject | null): boolean {
  return canonicalJson(left) === canonicalJson(right);
}

function principalOf(principal: z.infer<typeof shape>['Principal']): string {
  if (principal === '*') return '*';
  if ('Service' in principal) return principal.Service;
  // AddPermission makes the root of an account from its number, and takes other ARNs as they are.
  const account = /^arn:aws[a-z-]*:iam::(\d{12}):root$/.exec(principal.AWS)?.[1];
  return account ?? principal.AWS;
}
