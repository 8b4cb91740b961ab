import {
  AddPermissionCommand,
  DeleteFunctionCodeSigningConfigCommand,
  DeleteFunctionEventInvokeConfigCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAliasCommand,
  GetEventSourceMappingCommand,
  GetFunctionCodeSigningConfigCommand,
  GetFunctionEventInvokeConfigCommand,
  GetFunctionScalingConfigCommand,
  GetFunctionUrlConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  type LambdaClient,
  PutFunctionCodeSigningConfigCommand,
  PutFunctionEventInvokeConfigCommand,
  PutFunctionScalingConfigCommand,
  PutProvisionedConcurrencyConfigCommand,
  RemovePermissionCommand,
  UpdateAliasCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
  UpdateFunctionEventInvokeConfigCommand,
  UpdateFunctionUrlConfigCommand,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import type { Destinations, DoorsPort } from '../action/doors-port.ts';
import { absent } from './absent.ts';
import type { Caller } from './call.ts';
import { checked } from './checked.ts';

const destination = z.object({ Destination: z.string().optional() }).optional();
const invokeConfig = z.object({
  DestinationConfig: z.object({ OnSuccess: destination, OnFailure: destination }).optional(),
});
const mapping = z.object({
  UUID: z.string(),
  FunctionArn: z.string(),
  EventSourceArn: z.string().optional(),
  State: z.string(),
});
const alias = z.object({
  Name: z.string(),
  FunctionVersion: z.string(),
  RevisionId: z.string().optional(),
  RoutingConfig: z
    .object({ AdditionalVersionWeights: z.record(z.string(), z.number()).optional() })
    .optional(),
});
const bounds = z.object({ MinExecutionEnvironments: z.number(), MaxExecutionEnvironments: z.number() });

/** The doors of functions over one client. Times and failures are the caller's (see `call.ts`). */
export function doorsPort(client: LambdaClient, call: Caller): DoorsPort {
  const named = (FunctionName: string, Qualifier: string | null) =>
    Qualifier === null ? { FunctionName } : { FunctionName, Qualifier };
  return {
    getDestinations: (functionArn, qualifier) =>
      absent(async () => {
        const operation = 'lambda:GetFunctionEventInvokeConfig';
        const command = new GetFunctionEventInvokeConfigCommand(named(functionArn, qualifier));
        const answer = await call(operation, (options) => client.send(command, options));
        const { DestinationConfig } = checked(invokeConfig, answer, operation);
        const arn = (found: string | undefined) => (found === undefined || found === '' ? null : found);
        return {
          onSuccess: arn(DestinationConfig?.OnSuccess?.Destination),
          onFailure: arn(DestinationConfig?.OnFailure?.Destination),
        };
      }),
    async updateDestinations(functionArn, qualifier, to) {
      const command = new UpdateFunctionEventInvokeConfigCommand({
        ...named(functionArn, qualifier),
        DestinationConfig: destinationConfig(to),
      });
      await call('lambda:UpdateFunctionEventInvokeConfig', (options) => client.send(command, options));
    },
    async createDestinations(functionArn, qualifier, to) {
      const command = new PutFunctionEventInvokeConfigCommand({
        ...named(functionArn, qualifier),
        DestinationConfig: destinationConfig(to),
      });
      await call('lambda:PutFunctionEventInvokeConfig', (options) => client.send(command, options));
    },
    async deleteDestinations(functionArn, qualifier) {
      const command = new DeleteFunctionEventInvokeConfigCommand(named(functionArn, qualifier));
      await call('lambda:DeleteFunctionEventInvokeConfig', (options) => client.send(command, options));
    },

    getEventSource: (UUID) =>
      absent(async () => {
        const operation = 'lambda:GetEventSourceMapping';
        const answer = await call(operation, (options) =>
          client.send(new GetEventSourceMappingCommand({ UUID }), options),
        );
        const found = checked(mapping, answer, operation);
        return {
          uuid: found.UUID,
          functionArn: found.FunctionArn,
          sourceArn: found.EventSourceArn ?? null,
          state: found.State,
        };
      }),
    async enableEventSource(UUID, Enabled) {
      const command = new UpdateEventSourceMappingCommand({ UUID, Enabled });
      await call('lambda:UpdateEventSourceMapping', (options) => client.send(command, options));
    },

    getProvisioned: (functionArn, qualifier) =>
      absent(async () => {
        const operation = 'lambda:GetProvisionedConcurrencyConfig';
        const command = new GetProvisionedConcurrencyConfigCommand({
          FunctionName: functionArn,
          Qualifier: qualifier,
        });
        const answer = await call(operation, (options) => client.send(command, options));
        const shape = z.object({ RequestedProvisionedConcurrentExecutions: z.number().int().min(0) });
        return checked(shape, answer, operation).RequestedProvisionedConcurrentExecutions;
      }),
    async putProvisioned(functionArn, qualifier, requested) {
      const command = new PutProvisionedConcurrencyConfigCommand({
        FunctionName: functionArn,
        Qualifier: qualifier,
        ProvisionedConcurrentExecutions: requested,
      });
      await call('lambda:PutProvisionedConcurrencyConfig', (options) => client.send(command, options));
    },
    async deleteProvisioned(functionArn, qualifier) {
      const command = new DeleteProvisionedConcurrencyConfigCommand({
        FunctionName: functionArn,
        Qualifier: qualifier,
      });
      await call('lambda:DeleteProvisionedConcurrencyConfig', (options) => client.send(command, options));
    },

    getUrlAuth: (functionArn, name) =>
      absent(async () => {
        const operation = 'lambda:GetFunctionUrlConfig';
        const command = new GetFunctionUrlConfigCommand(named(functionArn, name));
        const answer = await call(operation, (options) => client.send(command, options));
        return checked(z.object({ AuthType: z.string() }), answer, operation).AuthType;
      }),
    async setUrlAuth(functionArn, name, AuthType) {
      const command = new UpdateFunctionUrlConfigCommand({ ...named(functionArn, name), AuthType });
      await call('lambda:UpdateFunctionUrlConfig', (options) => client.send(command, options));
    },

    async addPermission(functionArn, qualifier, statement) {
      const command = new AddPermissionCommand({
        ...named(functionArn, qualifier),
        StatementId: statement.statementId,
        Action: statement.action,
        Principal: statement.principal,
        SourceArn: statement.sourceArn,
        SourceAccount: statement.sourceAccount,
        PrincipalOrgID: statement.principalOrgId,
        EventSourceToken: statement.eventSourceToken,
        FunctionUrlAuthType: statement.functionUrlAuthType,
        InvokedViaFunctionUrl: statement.invokedViaFunctionUrl,
      });
      await call('lambda:AddPermission', (options) => client.send(command, options));
    },
    async removePermission(functionArn, qualifier, StatementId) {
      const command = new RemovePermissionCommand({ ...named(functionArn, qualifier), StatementId });
      await call('lambda:RemovePermission', (options) => client.send(command, options));
    },

    getAlias: (functionArn, name) =>
      absent(async () => {
        const operation = 'lambda:GetAlias';
        const command = new GetAliasCommand({ FunctionName: functionArn, Name: name });
        const answer = await call(operation, (options) => client.send(command, options));
        const found = checked(alias, answer, operation);
        return {
          name: found.Name,
          version: found.FunctionVersion,
          weights: found.RoutingConfig?.AdditionalVersionWeights ?? {},
          revisionId: found.RevisionId ?? null,
        };
      }),
    async updateAlias(functionArn, { name, version, weights, revisionId }) {
      const command = new UpdateAliasCommand({
        FunctionName: functionArn,
        Name: name,
        FunctionVersion: version,
        // An empty map takes weighted routing away; leaving it out would keep it.
        RoutingConfig: { AdditionalVersionWeights: { ...weights } },
        ...(revisionId === null ? {} : { RevisionId: revisionId }),
      });
      await call('lambda:UpdateAlias', (options) => client.send(command, options));
    },

    async describeFunction(FunctionName, Description) {
      const command = new UpdateFunctionConfigurationCommand({ FunctionName, Description });
      await call('lambda:UpdateFunctionConfiguration', (options) => client.send(command, options));
    },

    async getCodeSigning(functionArn) {
      const operation = 'lambda:GetFunctionCodeSigningConfig';
      const command = new GetFunctionCodeSigningConfigCommand({ FunctionName: functionArn });
      const answer = await call(operation, (options) => client.send(command, options));
      const found = checked(z.object({ CodeSigningConfigArn: z.string().optional() }), answer, operation);
      return found.CodeSigningConfigArn ?? null;
    },
    async putCodeSigning(functionArn, CodeSigningConfigArn) {
      const command = new PutFunctionCodeSigningConfigCommand({
        FunctionName: functionArn,
        CodeSigningConfigArn,
      });
      await call('lambda:PutFunctionCodeSigningConfig', (options) => client.send(command, options));
    },
    async deleteCodeSigning(functionArn) {
      const command = new DeleteFunctionCodeSigningConfigCommand({ FunctionName: functionArn });
      await call('lambda:DeleteFunctionCodeSigningConfig', (options) => client.send(command, options));
    },

    getScalingBounds: (functionArn, qualifier) =>
      absent(async () => {
        const operation = 'lambda:GetFunctionScalingConfig';
        const command = new GetFunctionScalingConfigCommand({
          FunctionName: functionArn,
          Qualifier: qualifier,
        });
        const answer = await call(operation, (options) => client.send(command, options));
        const shape = z.object({ RequestedFunctionScalingConfig: bounds.optional() });
        const found = checked(shape, answer, operation).RequestedFunctionScalingConfig;
        return found === undefined
          ? null
          : { min: found.MinExecutionEnvironments, max: found.MaxExecutionEnvironments };
      }),
    async putScalingBounds(functionArn, qualifier, { min, max }) {
      const command = new PutFunctionScalingConfigCommand({
        FunctionName: functionArn,
        Qualifier: qualifier,
        FunctionScalingConfig: { MinExecutionEnvironments: min, MaxExecutionEnvironments: max },
      });
      await call('lambda:PutFunctionScalingConfig', (options) => client.send(command, options));
    },
  };
}

function destinationConfig({ onSuccess, onFailure }: Destinations) {
  // An empty object takes a destination away.
  const to = (arn: string | null) => (arn === null ? {} : { Destination: arn });
  return { OnSuccess: to(onSuccess), OnFailure: to(onFailure) };
}
