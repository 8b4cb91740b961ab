import { join } from 'node:path';
import { openDesk } from '../../src/action/evidence/desk.ts';
import { collectLogs } from '../../src/action/evidence/logs.ts';
import type { AwsAccess, EvidencePort } from '../../src/action/ports.ts';
import { systemClock } from '../../src/clock.ts';
import { loadEvidenceKeys } from '../../src/evidence/keys.ts';
import { createLocalEvidence } from '../../src/evidence/local.ts';
import { actionContext } from './action-context.ts';
import { accessTo, openGuard, SCOPE } from './aws-access.ts';

/**
 * `package URL SHA256` downloads what is behind the link, `buffered URL SHA256` does so the wrong way, `logs COUNT`
 * collects so many events of one log group; each into a folder of its own. Prints one line of JSON: how far resident memory rose
 * above what it was before, at any chunk, and what was stored.
 */
const [folder = '', mode = '', ...rest] = process.argv.slice(2);

const evidence = createLocalEvidence({
  folder: join(folder, 'evidence'),
  keys: await loadEvidenceKeys(join(folder, 'keys')),
  clock: systemClock,
  collector: { name: 'cordon', version: '0.0.0-test' },
}).openCase('inc-large', { account: '1', region: 'r', caller: null, attempt: null });
await evidence.put({
  name: 'first',
  artifact: 'manifest',
  sourceArn: 'a',
  apiCall: 'c',
  mediaType: 'text/plain',
  secret: false,
  content: 'so that everything is loaded before memory is measured',
});

let startBytes = 0;
let mostBytes = 0;
const look = () => {
  mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
};

async function* watched(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    look();
    yield chunk;
  }
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of watched(chunks)) parts.push(chunk);
  const bytes = Buffer.concat(parts);
  look();
  return bytes;
}

async function download(url: string, expectedSha256: string, buffered: boolean) {
  const { lambda } = accessTo(new URL(url).origin)(SCOPE, openGuard());
  const content = lambda.downloadCode(url);
  startBytes = process.memoryUsage.rss();
  const stored = await evidence.put({
    name: 'code/LATEST.zip',
    artifact: 'code-package',
    sourceArn: 'a',
    apiCall: 'lambda:GetFunction',
    mediaType: 'application/zip',
    secret: false,
    expectedSha256,
    content: buffered ? await whole(content) : watched(content),
  });
  return { size: stored.size, matches: stored.matchesExpected };
}

async function collect(count: number) {
  const perPage = 10_000; // the most that FilterLogEvents answers at a time
  async function* filterEvents() {
    for (let from = 0; from < count; from += perPage) {
      look();
      yield Array.from({ length: Math.min(perPage, count - from) }, (_, index) => ({
        stream: '2026/11/20/[$LATEST]0123456789abcdef',
        timestampMs: from + index,
        message: `RequestId: 00000000-0000-0000-0000-${String(from + index).padStart(12, '0')} something was done`,
      }));
    }
  }
  // Only what the collection of logs reaches for; anything else would throw.
  const aws = {
    logs: { filterEvents },
    trail: { take: () => ({ count: 0, requestIds: [] }) },
  } as unknown as AwsAccess;
  const sizes: number[] = [];
  const port: EvidencePort = {
    ...evidence,
    put: async (item) => {
      const stored = await evidence.put(item);
      sizes.push(stored.size);
      return stored;
    },
  };
  const desk = await openDesk(
    actionContext(accessTo('http://127.0.0.1:1'), { aws: () => aws, evidence: port }),
  );
  startBytes = process.memoryUsage.rss();
  await collectLogs(desk, [], [{ name: 'large', fromMs: 0, toMs: 1 }]);
  return { size: sizes[0] ?? 0, matches: desk.missing() === 0 };
}

const [first = '', expected = ''] = rest;
const result =
  mode === 'logs' ? await collect(Number(first)) : await download(first, expected, mode === 'buffered');
look();
const riseMiB = (mostBytes - startBytes) / (1024 * 1024);
process.stdout.write(`${JSON.stringify({ ...result, riseMiB })}\n`);
process.exit(0);
