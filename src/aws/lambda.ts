import {
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetPolicyCommand,
  type LambdaClient,
  ListAliasesCommand,
  ListEventSourceMappingsCommand,
  ListFunctionEventInvokeConfigsCommand,
  ListFunctionsCommand,
  ListFunctionUrlConfigsCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListVersionsByFunctionCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { AwsError } from '../action/failure.ts';
import type { FunctionDescription, LambdaPort } from '../action/ports.ts';
import type { Caller } from './call.ts';
import { checked } from './checked.ts';
import { badResponse } from './classify.ts';
import { readConfiguration } from './function-configuration.ts';
import type { Operation } from './operations.ts';
import { allOf, pages } from './pages.ts';
import { parseDocument, plain } from './plain.ts';
import type { SharedReads } from './shared-reads.ts';

// Fields that Cordon relies on. Others pass: AWS adds fields at any time.
const functionAnswer = z.object({
  Configuration: z.unknown(),
  Code: z
    .object({
      Location: z.string().optional(),
      ImageUri: z.string().optional(),
      ResolvedImageUri: z.string().optional(),
    })
    .optional(),
  Tags: z.record(z.string(), z.string()).optional(),
  Concurrency: z.object({ ReservedConcurrentExecutions: z.number().int().min(0).optional() }).optional(),
});
const concurrencyAnswer = z.object({ ReservedConcurrentExecutions: z.number().int().min(0).optional() });
const provisionedAnswer = z.object({
  FunctionArn: z.string(),
  RequestedProvisionedConcurrentExecutions: z.number().int().min(0),
});
const sibling = z.object({ FunctionArn: z.string(), Role: z.string() });

/** The Lambda port over one client. Times and failures are the caller's (see `call.ts`). */
export function lambdaPort(
  client: LambdaClient,
  call: Caller,
  downloadCode: LambdaPort['downloadCode'],
  shared: SharedReads,
): LambdaPort {
  const qualified = (functionArn: string, qualifier: string | undefined) =>
    qualifier === undefined
      ? { FunctionName: functionArn }
      : { FunctionName: functionArn, Qualifier: qualifier };

  const describe = async (functionArn: string, qualifier?: string): Promise<FunctionDescription> => {
    const command = new GetFunctionCommand(qualified(functionArn, qualifier));
    const answer = await call('lambda:GetFunction', (options) => client.send(command, options));
    const { Configuration, Code, Tags, Concurrency } = checked(functionAnswer, answer, 'lambda:GetFunction');
    const imageUri = Code?.ResolvedImageUri ?? Code?.ImageUri;
    return {
      configuration: readConfiguration(Configuration, 'lambda:GetFunction'),
      reservedConcurrency: Concurrency?.ReservedConcurrentExecutions ?? null,
      tags: Tags ?? {},
      ...(Code?.Location === undefined ? {} : { codeLocation: Code.Location }),
      ...(imageUri === undefined ? {} : { imageUri }),
    };
  };
  const offered = (functionArn: string) =>
    shared.offered(`function ${functionArn}`, () => describe(functionArn));

  return {
    getFunction: (functionArn, qualifier) =>
      qualifier === undefined ? offered(functionArn) : describe(functionArn, qualifier),
    async getFunctionOnce(functionArn) {
      const theirs = shared.underWay<FunctionDescription>(`function ${functionArn}`);
      // Theirs may fail for reasons of their own, such as a lost lease.
      return (await theirs?.catch(() => undefined)) ?? offered(functionArn);
    },
    async listVersions(functionArn) {
      const operation = 'lambda:ListVersionsByFunction';
      const found = await allOf(
        pages(operation, async (Marker) => {
          const command = new ListVersionsByFunctionCommand({ FunctionName: functionArn, Marker });
          const answer = await call(operation, (options) => client.send(command, options));
          return { page: list(answer.Versions, operation, 'Versions'), next: answer.NextMarker };
        }),
      );
      return found.map((version) => readConfiguration(version, operation));
    },
    async listAliases(functionArn) {
      const operation = 'lambda:ListAliases';
      const found = await allOf(
        pages(operation, async (Marker) => {
          const command = new ListAliasesCommand({ FunctionName: functionArn, Marker });
          const answer = await call(operation, (options) => client.send(command, options));
          return { page: list(answer.Aliases, operation, 'Aliases'), next: answer.NextMarker };
        }),
      );
      return found.map(plain);
    },
    async listProvisionedConcurrency(functionArn) {
      const operation = 'lambda:ListProvisionedConcurrencyConfigs';
      const found = await allOf(
        pages(operation, async (Marker) => {
          const command = new ListProvisionedConcurrencyConfigsCommand({ FunctionName: functionArn, Marker });
          const answer = await call(operation, (options) => client.send(command, options));
          const configs = list(
            answer.ProvisionedConcurrencyConfigs,
            operation,
            'ProvisionedConcurrencyConfigs',
          );
          return { page: configs, next: answer.NextMarker };
        }),
      );
      return found.map((item) => {
        const { FunctionArn, RequestedProvisionedConcurrentExecutions } = checked(
          provisionedAnswer,
          item,
          operation,
        );
        // The ARN is qualified: its eighth part is the version or alias.
        return {
          qualifier: FunctionArn.split(':')[7] ?? '',
          requested: RequestedProvisionedConcurrentExecutions,
        };
      });
    },
    async getReservedConcurrency(functionArn) {
      const operation = 'lambda:GetFunctionConcurrency';
      const command = new GetFunctionConcurrencyCommand({ FunctionName: functionArn });
      const answer = await call(operation, (options) => client.send(command, options));
      // Unset is an empty object, which is neither 0 nor N.
      return checked(concurrencyAnswer, answer, operation).ReservedConcurrentExecutions ?? null;
    },
    async putReservedConcurrency(functionArn, value) {
      const operation = 'lambda:PutFunctionConcurrency';
      const command = new PutFunctionConcurrencyCommand({
        FunctionName: functionArn,
        ReservedConcurrentExecutions: value,
      });
      const answer = await call(operation, (options) => client.send(command, options));
      const now = checked(concurrencyAnswer, answer, operation).ReservedConcurrentExecutions;
      if (now !== value)
        throw badResponse(operation, `expected reserved concurrency ${value}, found ${now ?? 'none'}`);
    },
    async deleteReservedConcurrency(functionArn) {
      const command = new DeleteFunctionConcurrencyCommand({ FunctionName: functionArn });
      await call('lambda:DeleteFunctionConcurrency', (options) => client.send(command, options));
    },
    async listEventSourceMappings(functionArn) {
      const operation = 'lambda:ListEventSourceMappings';
      let calls = 0;
      const mappings = async (FunctionName: string | undefined) => {
        const found = await allOf(
          pages(operation, async (Marker) => {
            calls += 1;
            const command = new ListEventSourceMappingsCommand({ FunctionName, Marker });
            const answer = await call(operation, (options) => client.send(command, options));
            return {
              page: list(answer.EventSourceMappings, operation, 'EventSourceMappings'),
              next: answer.NextMarker,
            };
          }),
        );
        return found.map(plain);
      };
      // One function is asked for by name. A crowd of them gets one list of the account: 15 calls a second in all are
      // what a thousand containments have (reference, section 4).
      if (!shared.crowded('mappings', functionArn)) return mappings(functionArn);
      const all = await shared.whole('mappings', async () => ({ items: await mappings(undefined), calls }));
      return all.filter(
        ({ FunctionArn }) =>
          FunctionArn === functionArn ||
          (typeof FunctionArn === 'string' && FunctionArn.startsWith(`${functionArn}:`)),
      );
    },
    async listEventInvokeConfigs(functionArn) {
      const operation = 'lambda:ListFunctionEventInvokeConfigs';
      const found = await allOf(
        pages(operation, async (Marker) => {
          const command = new ListFunctionEventInvokeConfigsCommand({ FunctionName: functionArn, Marker });
          const answer = await call(operation, (options) => client.send(command, options));
          const configs = list(answer.FunctionEventInvokeConfigs, operation, 'FunctionEventInvokeConfigs');
          return { page: configs, next: answer.NextMarker };
        }),
      );
      return found.map(plain);
    },
    async listFunctionUrls(functionArn) {
      const operation = 'lambda:ListFunctionUrlConfigs';
      const found = await allOf(
        pages(operation, async (Marker) => {
          const command = new ListFunctionUrlConfigsCommand({ FunctionName: functionArn, Marker });
          const answer = await call(operation, (options) => client.send(command, options));
          return {
            page: list(answer.FunctionUrlConfigs, operation, 'FunctionUrlConfigs'),
            next: answer.NextMarker,
          };
        }),
      );
      return found.map(plain);
    },
    async getPolicy(functionArn, qualifier) {
      const operation = 'lambda:GetPolicy';
      const command = new GetPolicyCommand(qualified(functionArn, qualifier));
      try {
        const answer = await call(operation, (options) => client.send(command, options));
        const { Policy } = checked(z.object({ Policy: z.string() }), answer, operation);
        return parseDocument(Policy, operation);
      } catch (error) {
        // "No policy" and "no function" are the same error; the function's own reads tell them apart.
        if (error instanceof AwsError && error.code === 'cordon_aws_not_found') return null;
        throw error;
      }
    },
    async listAllVersions() {
      const operation = 'lambda:ListFunctions';
      const found = await allOf(
        pages(operation, async (Marker) => {
          const command = new ListFunctionsCommand({ FunctionVersion: 'ALL', Marker });
          const answer = await call(operation, (options) => client.send(command, options));
          return { page: list(answer.Functions, operation, 'Functions'), next: answer.NextMarker };
        }),
      );
      return found.map((version) => readConfiguration(version, operation));
    },
    listFunctions: () =>
      shared.whole('functions', async () => {
        const operation = 'lambda:ListFunctions';
        let calls = 0;
        const found = await allOf(
          pages(operation, async (Marker) => {
            calls += 1;
            const command = new ListFunctionsCommand({ FunctionVersion: 'ALL', Marker });
            const answer = await call(operation, (options) => client.send(command, options));
            return { page: list(answer.Functions, operation, 'Functions'), next: answer.NextMarker };
          }),
        );
        const items = new Map<string, { readonly functionArn: string; readonly roleArn: string }>();
        for (const item of found) {
          const { FunctionArn, Role } = checked(sibling, item, operation);
          const functionArn = FunctionArn.split(':').slice(0, 7).join(':');
          items.set(`${functionArn} ${Role}`, { functionArn, roleArn: Role });
        }
        return { items: [...items.values()], calls };
      }),
    downloadCode,
  };
}

// A list that is absent is a broken answer, not an empty list: to read it as empty would hide what is there.
function list<Item>(
  items: readonly Item[] | undefined,
  operation: Operation,
  field: string,
): readonly Item[] {
  if (items === undefined) throw badResponse(operation, `expected a list ${field} in the answer`);
  return items;
}
