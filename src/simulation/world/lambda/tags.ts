import { z } from 'zod';
import type { Core, Input, Operation } from '../call.ts';
import { readMembers } from '../read-members.ts';
import { findFunction, invalid, readReference } from './reference.ts';
import { tagContext } from './resource.ts';
import type { LambdaFunction } from './state.ts';

const tagMembers = z.object({ Tags: z.record(z.string(), z.string()) });

function locate(core: Core, input: Input): LambdaFunction {
  const reference = readReference(core, input, 'Resource');
  if (reference.qualifier !== undefined) {
    throw invalid(
      'InvalidParameterValueException',
      400,
      'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    );
  }
  return findFunction(core, reference);
}

function tagAccess(action: string): Operation['access'] {
  return (core, input) => {
    const reference = readReference(core, input, 'Resource');
    return [
      { action, resource: reference.arn, context: tagContext(core.state.functions.get(reference.arn)) },
    ];
  };
}

/** Tags of functions. */
export const tagOperations: Readonly<Record<string, Operation>> = {
  ListTags: {
    service: 'lambda',
    name: 'ListTags',
    write: false,
    access: tagAccess('lambda:ListTags'),
    run: (core, input) => ({ body: { Tags: Object.fromEntries(locate(core, input).tags) } }),
  },
  TagResource: {
    service: 'lambda',
    name: 'TagResource',
    write: true,
    status: 204,
    access: tagAccess('lambda:TagResource'),
    run(core, input) {
      const target = locate(core, input);
      for (const [key, value] of Object.entries(readMembers(tagMembers, input.body).Tags))
        target.tags.set(key, value);
      return {};
    },
  },
  UntagResource: {
    service: 'lambda',
    name: 'UntagResource',
    write: true,
    status: 204,
    access: tagAccess('lambda:UntagResource'),
    run(core, input) {
      const target = locate(core, input);
      for (const key of input.query.getAll('tagKeys')) target.tags.delete(key);
      return {};
    },
  },
};
