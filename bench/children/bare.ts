import { GetRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  GetFunctionCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import { quarantinePolicy } from '../../src/action/quarantine-policy.ts';
import { ACCOUNT, CREDENTIALS, subject } from '../account.ts';
import { answerParent } from '../child.ts';
import { instantMs } from '../instant.ts';

export type BareOperations = {
  start(body: { url: string }): void;
  /** Contains one function; when it began, on the clock of `instantMs`. */
  contain(body: { index: number }): Promise<{ startedMs: number }>;
};

/**
 * What a script does that somebody wrote to contain a function: the engine's own calls on the way to
 * containment, with the same clients in the same order, and nothing else. It decides nothing, records
 * nothing, and knows the function's Region and role beforehand.
 */
export function bareProcess(): void {
  let url = '';
  const lambdas = new Map<string, LambdaClient>();
  let iam: IAMClient | undefined;

  const operations: BareOperations = {
    start(body) {
      url = body.url;
      iam = new IAMClient({ region: 'us-east-1', endpoint: url, credentials: CREDENTIALS, maxAttempts: 1 });
    },
    async contain({ index }) {
      const { name, region, functionArn, roleName } = subject(index);
      const lambda =
        lambdas.get(region) ??
        new LambdaClient({ region, endpoint: url, credentials: CREDENTIALS, maxAttempts: 1 });
      lambdas.set(region, lambda);
      if (iam === undefined) throw new Error('expected to be started first');
      const roles = iam;
      const policyName = `CordonQuarantine-function-${region}-${name}`;
      const document = quarantinePolicy(
        { kind: 'function', functionArn },
        { logGroups: [`arn:aws:logs:${region}:${ACCOUNT}:log-group:/aws/lambda/${name}`], sinks: [] },
      );
      const startedMs = instantMs();
      const absent = (error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'NoSuchEntityException') throw error;
      };
      const described = lambda.send(new GetFunctionCommand({ FunctionName: functionArn }));
      const concurrency = async () => {
        await Promise.all([
          described,
          lambda.send(new ListEventSourceMappingsCommand({ FunctionName: functionArn })),
        ]);
        await lambda.send(
          new PutFunctionConcurrencyCommand({ FunctionName: functionArn, ReservedConcurrentExecutions: 0 }),
        );
      };
      const role = async () => {
        await Promise.all([
          roles.send(new GetRolePolicyCommand({ RoleName: roleName, PolicyName: policyName })).catch(absent),
          described,
        ]);
        await roles.send(
          new PutRolePolicyCommand({
            RoleName: roleName,
            PolicyName: policyName,
            PolicyDocument: JSON.stringify(document),
          }),
        );
      };
      await Promise.all([concurrency(), role()]);
      return { startedMs };
    },
  };
  answerParent(operations);
}
