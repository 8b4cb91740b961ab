import type { FunctionConfiguration, OfferedCode } from '../ports.ts';
import { tolerant } from '../tolerant.ts';
import { fileOf } from './configuration.ts';
import type { Desk, Source } from './desk.ts';

/** Distinct code packages that one snapshot fetches, newest first; the others are stated as missing. */
const MAX_PACKAGES = 10;

/**
 * The packages behind the links of the first round, before anything else: the links live ten minutes, and
 * what is behind them is the code as the alert found it, whatever has been deployed since.
 */
export async function collectFirstRoundCode(desk: Desk): Promise<void> {
  const { context } = desk;
  for (const offered of context.codeLinks.take(context.incidentId, context.target.functionArn)) {
    if (offered.configuration.packageType !== 'Image') await download(desk, offered);
  }
}

/** One package for each distinct `CodeSha256` that is not there yet, each with a link of its own. */
export async function collectCode(
  desk: Desk,
  configurations: readonly FunctionConfiguration[],
): Promise<void> {
  const { context } = desk;
  const arn = context.target.functionArn;
  let packages = 0;
  for (const item of newestFirst(configurations, context.alert.target?.qualifier)) {
    const source = packageSource(item);
    if (desk.has(source.name) || desk.has(imageSource(item).name)) {
      desk.coverage.collected(source.artifact);
      continue;
    }
    packages += 1;
    if (packages > MAX_PACKAGES) {
      const reason = `one snapshot fetches the ${MAX_PACKAGES} newest distinct packages; this is an older one`;
      await desk.gap(source, reason);
      continue;
    }
    await collectPackage(desk, arn, item);
  }
}

async function collectPackage(desk: Desk, arn: string, item: FunctionConfiguration): Promise<void> {
  const { lambda } = desk.aws;
  // A fresh link for each, right before it is used: links live for ten minutes.
  const found = await tolerant(() => lambda.getFunction(arn, item.version));
  if (found.kind === 'unreadable') {
    await desk.gap(packageSource(item), found.reason, found.code, 1);
    return;
  }
  const { configuration, codeLocation: location, imageUri } = found.value;
  if (configuration.packageType === 'Image' || location === undefined) {
    await desk.json(imageSource(configuration), async () => ({
      imageUri: imageUri ?? null,
      codeSha256: configuration.codeSha256,
    }));
    const reason = `the code is a container image or has no link (${imageUri ?? 'unknown image'}): its digest is recorded, its layers stay in the registry`;
    await desk.gap(
      { ...packageSource(configuration), name: `${packageSource(configuration).name}#layers` },
      reason,
    );
    return;
  }
  await download(desk, { configuration, location });
}

async function download(desk: Desk, { configuration, location }: OfferedCode): Promise<void> {
  const { lambda } = desk.aws;
  const arn = desk.context.target.functionArn;
  let link: string | undefined = location;
  await desk.bytes(packageSource(configuration), {
    mediaType: 'application/zip',
    expectedSha256: configuration.codeSha256,
    content: async function* () {
      // Tried again, it needs a link of its own: the first may be over by then.
      const current = link ?? (await lambda.getFunction(arn, configuration.version)).codeLocation;
      link = undefined;
      if (current !== undefined) yield* lambda.downloadCode(current);
    },
  });
}

function packageSource(item: FunctionConfiguration): Source {
  return {
    name: `code/${fileOf(item.version)}-${digestPart(item.codeSha256)}.zip`,
    artifact: 'code-package',
    sourceArn: item.functionArn,
    apiCall: 'lambda:GetFunction',
    request: { FunctionName: item.functionArn, Qualifier: item.version },
    qualifier: item.version,
  };
}

function imageSource(item: FunctionConfiguration): Source {
  return {
    ...packageSource(item),
    name: `code/${fileOf(item.version)}-${digestPart(item.codeSha256)}.image.json`,
  };
}

/** The start of a digest in hex: tells the packages of one version apart when `$LATEST` is overwritten. */
function digestPart(codeSha256: string): string {
  return Buffer.from(codeSha256, 'base64').toString('hex').slice(0, 12);
}

/** One of each package: `$LATEST` first, then the version in the alert, then the newest. */
function newestFirst(
  configurations: readonly FunctionConfiguration[],
  alerted: string | undefined,
): readonly FunctionConfiguration[] {
  const order = (item: FunctionConfiguration) =>
    item.version === '$LATEST'
      ? Number.POSITIVE_INFINITY
      : item.version === alerted
        ? Number.MAX_VALUE
        : Number(item.version);
  const distinct = new Map<string, FunctionConfiguration>();
  for (const item of [...configurations].sort((left, right) => order(right) - order(left) || 0)) {
    if (!distinct.has(item.codeSha256)) distinct.set(item.codeSha256, item);
  }
  return [...distinct.values()];
}
