import { emptyInput } from '../aim.ts';
import type { Access, Core, Input } from '../call.ts';
import { readPolicy } from '../policy/document.ts';
import { readReference } from './reference.ts';
import type { LambdaFunction } from './state.ts';

/** `aws:ResourceTag/<key>` of a function. */
export function tagContext(target: LambdaFunction | undefined): Record<string, string> {
  return Object.fromEntries(
    [...(target?.tags ?? [])].map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
  );
}

/** Access to the function that the path names, with the qualifier that the caller gave. */
export function functionAccess(action: string): (core: Core, input: Input) => readonly Access[] {
  return (core, input) => {
    const reference = readReference(core, input);
    const target = core.state.functions.get(reference.arn);
    return [{ action, resource: reference.qualifiedArn, context: tagContext(target) }];
  };
}

/** Access to an action that has no resource. */
export function regionAccess(action: string): () => readonly Access[] {
  return () => [{ action, resource: '*' }];
}

/** An input of nothing but a function's name. */
function named(region: string, name: string, qualifier: string | undefined): Input {
  const input = emptyInput(region, '');
  if (qualifier !== undefined) input.query.set('Qualifier', qualifier);
  return { ...input, path: { FunctionName: name } };
}

/** Access to invoke, which the function's own policy may grant as well. */
export function invokeAccess(
  core: Core,
  region: string,
  name: string,
  qualifier?: string,
): readonly Access[] {
  const reference = readReference(core, named(region, name, qualifier));
  const target = core.state.functions.get(reference.arn);
  const policy = target?.resourcePolicies.get(reference.qualifier ?? '');
  return [
    {
      action: 'lambda:InvokeFunction',
      resource: reference.qualifiedArn,
      context: tagContext(target),
      resourcePolicy:
        policy === undefined
          ? undefined
          : readPolicy({ Version: '2012-10-17', Statement: policy.statements }, 'resource'),
    },
  ];
}
