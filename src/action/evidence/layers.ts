import { z } from 'zod';
import type { FunctionConfiguration } from '../ports.ts';
import type { Desk } from './desk.ts';
import { pointersOf } from './raw.ts';

const described = z.object({
  CodeSha256: z.string().optional(),
  Content: z.object({ Location: z.string().optional(), CodeSha256: z.string().optional() }).optional(),
});
const LAYER_VERSION = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$/;

/** Each distinct layer of any version: what it is, its package, and who else may use it. */
export async function collectLayers(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
): Promise<void> {
  const layers = new Set(
    configurations.flatMap((item) => (pointersOf(item.raw).Layers ?? []).map((layer) => layer.Arn)),
  );
  if (layers.size === 0) desk.coverage.note('layer', 'No version has a layer.');
  for (const arn of [...layers].sort()) {
    const name = `layers/${encodeURIComponent(arn.split(':').slice(4).join(':'))}`;
    const source = { artifact: 'layer', sourceArn: arn };
    if (!LAYER_VERSION.test(arn)) {
      await desk.gap({ ...source, name }, 'expected the ARN of a layer version, found something else');
      continue;
    }
    let location: string | undefined;
    // The link is a secret while it lives: it is left out of what is stored.
    const answer = await desk.keep(
      { ...source, name: `${name}.json`, apiCall: 'lambda:GetLayerVersion', request: { Arn: arn } },
      async () => {
        for await (const page of desk.aws.survey.pages({
          call: 'lambda:GetLayerVersion',
          input: { Arn: arn },
        })) {
          return page;
        }
        return {};
      },
      ({ Content, ...rest }) => ({
        ...rest,
        codeSha256: described.safeParse({ Content }).data?.Content?.CodeSha256 ?? null,
      }),
    );
    const read = described.safeParse(answer);
    if (read.success) location = read.data.Content?.Location;
    const expectedSha256 = read.data?.Content?.CodeSha256;
    if (location !== undefined) {
      const link = location;
      await desk.bytes(
        { ...source, name: `${name}.zip`, apiCall: 'lambda:GetLayerVersion', request: { Arn: arn } },
        {
          mediaType: 'application/zip',
          ...(expectedSha256 === undefined ? {} : { expectedSha256 }),
          content: () => desk.aws.lambda.downloadCode(link),
        },
      );
    }
    const version = arn.split(':').at(-1) ?? '';
    const input = { LayerName: arn.split(':').slice(0, -1).join(':'), VersionNumber: Number(version) };
    await desk.answer(
      { ...source, name: `${name}.policy.json` },
      { call: 'lambda:GetLayerVersionPolicy', input },
      { absent: true },
    );
  }
}
