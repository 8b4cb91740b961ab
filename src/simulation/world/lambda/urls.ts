import { z } from 'zod';
import type { JsonObject } from '../../../json.ts';
import type { Core, Input, Operation } from '../call.ts';
import { cutPage } from '../page.ts';
import { readMembers } from '../read-members.ts';
import { invalid, isVersionNumber, notFound, readReference, validation } from './reference.ts';
import { functionAccess } from './resource.ts';
import type { LambdaFunction, UrlConfig } from './state.ts';

const createUrl = z.object({
  AuthType: z.enum(['NONE', 'AWS_IAM']),
  InvokeMode: z.enum(['BUFFERED', 'RESPONSE_STREAM']).optional(),
});
const updateUrl = z.object({
  AuthType: z.enum(['NONE', 'AWS_IAM']).optional(),
  InvokeMode: z.enum(['BUFFERED', 'RESPONSE_STREAM']).optional(),
});

function describe(target: LambdaFunction, alias: string, config: UrlConfig): JsonObject {
  return {
    FunctionUrl: config.url,
    FunctionArn: alias === '' ? target.arn : `${target.arn}:${alias}`,
    AuthType: config.authType,
    CreationTime: config.createdAt,
    LastModifiedTime: config.lastModified,
    InvokeMode: config.invokeMode,
  };
}

/** What a write answers: the mode only where it was asked for (as recorded). */
function written(
  target: LambdaFunction,
  alias: string,
  config: UrlConfig,
  mode: string | undefined,
): JsonObject {
  const { InvokeMode, ...rest } = describe(target, alias, config);
  return mode === undefined ? rest : { ...rest, InvokeMode };
}

/** The URL that a request names; a URL hangs off the function or an alias, never off a version. */
function locate(core: Core, input: Input) {
  const { arn, qualifier } = readReference(core, input);
  if (qualifier !== undefined && (isVersionNumber(qualifier) || qualifier === '$LATEST')) {
    throw validation(
      qualifier,
      'qualifier',
      'Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)',
    );
  }
  const target = core.state.functions.get(arn);
  const alias = qualifier ?? '';
  return { target, alias, config: target?.urls.get(alias) };
}

/** Function URLs. */
export const urlOperations: Readonly<Record<string, Operation>> = {
  ListFunctionUrlConfigs: {
    service: 'lambda',
    name: 'ListFunctionUrlConfigs',
    write: false,
    access: functionAccess('lambda:ListFunctionUrlConfigs'),
    run(core, input) {
      const target = core.state.functions.get(readReference(core, input).arn);
      if (target === undefined) throw notFound('Function does not exist');
      const all = [...target.urls].map(([alias, config]) => describe(target, alias, config));
      const page = cutPage(all, input.query.get('Marker'), input.query.get('MaxItems'), 50);
      return {
        body: {
          FunctionUrlConfigs: page.items,
          ...(page.next === undefined ? {} : { NextMarker: page.next }),
        },
      };
    },
  },
  GetFunctionUrlConfig: {
    service: 'lambda',
    name: 'GetFunctionUrlConfig',
    write: false,
    access: functionAccess('lambda:GetFunctionUrlConfig'),
    run(core, input) {
      const { target, alias, config } = locate(core, input);
      if (target === undefined || config === undefined)
        throw notFound('The resource you requested does not exist.');
      return { body: describe(target, alias, config) };
    },
  },
  UpdateFunctionUrlConfig: {
    service: 'lambda',
    name: 'UpdateFunctionUrlConfig',
    write: true,
    access: functionAccess('lambda:UpdateFunctionUrlConfig'),
    run(core, input) {
      const { target, alias, config } = locate(core, input);
      if (target === undefined || (alias !== '' && !target.aliases.has(alias))) {
        throw notFound('Function does not exist');
      }
      if (config === undefined) throw notFound('The resource you requested does not exist.');
      const wanted = readMembers(updateUrl, input.body);
      const changed = {
        ...config,
        authType: wanted.AuthType ?? config.authType,
        invokeMode: wanted.InvokeMode ?? config.invokeMode,
        lastModified: core.clock.now().toISOString(),
      };
      target.urls.set(alias, changed);
      return { body: written(target, alias, changed, wanted.InvokeMode) };
    },
  },
  CreateFunctionUrlConfig: {
    service: 'lambda',
    name: 'CreateFunctionUrlConfig',
    write: true,
    status: 201,
    access: functionAccess('lambda:CreateFunctionUrlConfig'),
    run(core, input) {
      const { target, alias, config } = locate(core, input);
      if (target === undefined || (alias !== '' && !target.aliases.has(alias))) {
        throw notFound('Function does not exist');
      }
      if (config !== undefined) {
        throw invalid(
          'ResourceConflictException',
          409,
          `Failed to create function url config for [functionArn = ${alias === '' ? target.arn : `${target.arn}:${alias}`}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
        );
      }
      const wanted = readMembers(createUrl, input.body);
      const now = core.clock.now().toISOString();
      const created: UrlConfig = {
        authType: wanted.AuthType,
        url: `https://${core.names.hex(32)}.lambda-url.${target.region}.on.aws/`,
        invokeMode: wanted.InvokeMode ?? 'BUFFERED',
        createdAt: now,
        lastModified: now,
      };
      target.urls.set(alias, created);
      const { LastModifiedTime: _unsaid, ...body } = written(target, alias, created, wanted.InvokeMode);
      return { body };
    },
  },
  DeleteFunctionUrlConfig: {
    service: 'lambda',
    name: 'DeleteFunctionUrlConfig',
    write: true,
    status: 204,
    access: functionAccess('lambda:DeleteFunctionUrlConfig'),
    run(core, input) {
      const { target, alias } = locate(core, input);
      if (target?.urls.delete(alias) !== true) throw notFound('The resource you requested does not exist.');
      return {};
    },
  },
};
