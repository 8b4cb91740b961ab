import type { Json, JsonObject } from '../json.ts';
import { roleNameIn } from './arn.ts';
import type { IamPort, Target } from './ports.ts';
import { type Found, tolerant } from './tolerant.ts';

/** A part that could not be read, by its name in the documents that are stored. */
export interface Unreadable extends JsonObject {
  readonly part: string;
  readonly code: string;
  readonly reason: string;
}

/**
 * Reads all that a role is: trust, boundary, tags, inline policies and the default versions of attached ones.
 * An unreadable part is `null` in `document` and named in `unknown`; the rest goes on.
 */
export async function readRole(
  iam: IamPort,
  target: Target,
  roleArn: string,
): Promise<{ readonly document: JsonObject; readonly unknown: readonly Unreadable[] }> {
  const unknown: Unreadable[] = [];
  const keep = <Value>(part: string, found: Found<Value>): Value | null => {
    if (found.kind === 'found') return found.value;
    unknown.push({ part, code: found.code, reason: found.reason });
    return null;
  };
  const named = await tolerant(async () => roleNameIn(target, roleArn, 'iam:GetRole'));
  const name = keep(`role ${roleArn}`, named);
  if (name === null) return { document: { arn: roleArn }, unknown };

  const [role, inlineNames, attached] = await Promise.all([
    tolerant(() => iam.getRole(name)),
    tolerant(() => iam.listInlinePolicies(name)),
    tolerant(() => iam.listAttachedPolicies(name)),
  ]);
  const inlineList = keep(`inline policies of ${name}`, inlineNames);
  const attachedList = keep(`attached policies of ${name}`, attached);
  const [inline, managed] = await Promise.all([
    Promise.all(
      (inlineList ?? []).map(async (policy): Promise<[string, Json]> => {
        const document = await tolerant(() => iam.getInlinePolicy(name, policy));
        return [policy, keep(`inline policy ${policy} of ${name}`, document)];
      }),
    ),
    Promise.all(
      (attachedList ?? []).map(async (policy): Promise<JsonObject> => {
        const document = await tolerant(() => iam.getManagedPolicy(policy.arn));
        return { ...policy, document: keep(`attached policy ${policy.arn}`, document) };
      }),
    ),
  ]);
  return {
    document: {
      arn: roleArn,
      role: keep(`role ${name}`, role)?.raw ?? null,
      // A list that could not be read is null: not the same as a role without policies.
      inlinePolicies: inlineList === null ? null : Object.fromEntries(inline),
      attachedPolicies: attachedList === null ? null : managed,
    },
    unknown,
  };
}
