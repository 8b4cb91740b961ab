import type { FunctionConfiguration } from '../ports.ts';
import { fileOf } from './configuration.ts';
import type { Desk } from './desk.ts';

/** Resource policies of the function, of each alias and of each published version: each may carry its own. */
export async function collectPolicies(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
  aliases: readonly string[],
): Promise<void> {
  const { lambda } = desk.aws;
  const arn = desk.context.target.functionArn;
  const versions = configurations.map((item) => item.version).filter((version) => version !== '$LATEST');
  for (const qualifier of [undefined, ...aliases, ...versions]) {
    const source = {
      artifact: 'resource-policy',
      sourceArn: qualifier === undefined ? arn : `${arn}:${qualifier}`,
      apiCall: 'lambda:GetPolicy',
      request: { FunctionName: arn, ...(qualifier === undefined ? {} : { Qualifier: qualifier }) },
      ...(qualifier === undefined ? {} : { qualifier }),
    };
    const name = qualifier === undefined ? 'policy.json' : `policy/${fileOf(qualifier)}.json`;
    await desk.json({ ...source, name }, () => lambda.getPolicy(arn, qualifier));
  }
}
