import type { FunctionConfiguration } from '../ports.ts';
import { describe } from '../read-manifest.ts';
import type { Desk } from './desk.ts';

/** Configuration of every version; environment values apart, as secrets. Returns what could be read. */
export async function collectConfigurations(desk: Desk): Promise<readonly FunctionConfiguration[]> {
  const { lambda } = desk.aws;
  const arn = desk.context.target.functionArn;
  const request = { FunctionName: arn };
  const latest = await desk.keep(
    {
      name: 'function.json',
      artifact: 'function-configuration',
      sourceArn: arn,
      apiCall: 'lambda:GetFunction',
      request,
    },
    () => lambda.getFunction(arn),
    describe,
  );
  const apiCall = 'lambda:ListVersionsByFunction';
  const listed = await desk.keep(
    { name: 'versions.json', artifact: 'function-configuration', sourceArn: arn, apiCall, request },
    () => lambda.listVersions(arn),
    (versions) =>
      versions.map((item) => ({ version: item.version, codeSha256: item.codeSha256, role: item.roleArn })),
  );
  const versions = listed ?? [];
  const missingLatest = latest !== undefined && !versions.some((item) => item.version === '$LATEST');
  const all = missingLatest ? [latest.configuration, ...versions] : versions;
  for (const item of all) {
    const file = `${fileOf(item.version)}.json`;
    const source = { sourceArn: item.functionArn, apiCall, request, qualifier: item.version };
    await desk.json(
      { ...source, name: `configuration/${file}`, artifact: 'function-configuration' },
      async () => item.raw,
    );
    if (Object.keys(item.environment).length === 0) continue;
    await desk.json(
      { ...source, name: `environment/${file}`, artifact: 'function-environment', secret: true },
      async () => item.environment,
    );
  }
  return all;
}

/** A version as part of a file name: `$LATEST` becomes `LATEST`. */
export function fileOf(version: string): string {
  return encodeURIComponent(version.replace('$', ''));
}
