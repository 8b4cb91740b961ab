import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { createAwsAccess } from '../../src/aws/access.ts';
import { systemClock } from '../../src/clock.ts';
import { loadEvidenceKeys } from '../../src/evidence/keys.ts';
import { createLocalEvidence } from '../../src/evidence/local.ts';
import { ACCOUNT, CREDENTIALS, subject } from '../account.ts';
import { answerParent } from '../child.ts';
import { instantMs } from '../instant.ts';

export interface Downloaded {
  readonly tookMs: number;
  readonly bytes: number;
  /** True when the bytes have the digest that Lambda gives. */
  readonly matches: boolean;
  /** How far resident memory rose above what it was before, at any chunk. */
  readonly riseMiB: number;
}

export type EvidenceOperations = {
  /** Asks for the link and hashes what is behind it: what a script does. */
  bare(body: { url: string; index: number }): Promise<Downloaded>;
  /** As evidence: checked, durable in a folder of its own, and recorded with its custody. */
  collect(body: { url: string; index: number }): Promise<Downloaded>;
};

/** Downloads code packages, either way, in a process of its own. */
export function evidenceProcess(): void {
  let startBytes = 0;
  let mostBytes = 0;
  const look = () => {
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  };
  const timed = async (work: () => Promise<{ bytes: number; matches: boolean }>): Promise<Downloaded> => {
    startBytes = process.memoryUsage.rss();
    mostBytes = startBytes;
    const startedMs = instantMs();
    const done = await work();
    return { ...done, tookMs: instantMs() - startedMs, riseMiB: (mostBytes - startBytes) / (1024 * 1024) };
  };
  async function* watched(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      look();
      yield chunk;
    }
  }

  const operations: EvidenceOperations = {
    bare({ url, index }) {
      const { functionArn, region } = subject(index);
      const lambda = new LambdaClient({ region, endpoint: url, credentials: CREDENTIALS, maxAttempts: 1 });
      return timed(async () => {
        const answer = await lambda.send(new GetFunctionCommand({ FunctionName: functionArn }));
        const location = answer.Code?.Location ?? '';
        const body = await new Promise<AsyncIterable<Uint8Array>>((resolve, reject) => {
          get(location, resolve).on('error', reject);
        });
        const hash = createHash('sha256');
        let bytes = 0;
        for await (const chunk of watched(body)) {
          hash.update(chunk);
          bytes += chunk.length;
        }
        return { bytes, matches: hash.digest('base64') === answer.Configuration?.CodeSha256 };
      });
    },
    async collect({ url, index }) {
      const folder = await mkdtemp(join(tmpdir(), 'cordon-bench-evidence-'));
      const { functionArn, region } = subject(index);
      const access = createAwsAccess({
        transport: { kind: 'world', endpoint: url, credentials: CREDENTIALS },
        clock: systemClock,
        random: () => 0.5,
      });
      const scope = {
        account: ACCOUNT,
        region,
        partition: 'aws',
        purpose: 'read',
        sourceIdentity: 'cordon',
      } as const;
      const { lambda } = access(scope, { beforeSend: () => {}, take: async () => {} });
      const evidence = createLocalEvidence({
        folder: join(folder, 'evidence'),
        keys: await loadEvidenceKeys(join(folder, 'keys')),
        clock: systemClock,
        collector: { name: 'cordon', version: 'bench' },
      }).openCase('inc-bench', { account: ACCOUNT, region, caller: null, attempt: null });
      try {
        return await timed(async () => {
          const { configuration, codeLocation } = await lambda.getFunction(functionArn);
          const stored = await evidence.put({
            name: 'code/LATEST.zip',
            artifact: 'code-package',
            sourceArn: functionArn,
            apiCall: 'lambda:GetFunction',
            mediaType: 'application/zip',
            secret: false,
            expectedSha256: configuration.codeSha256,
            content: watched(lambda.downloadCode(codeLocation ?? '')),
          });
          return { bytes: stored.size, matches: stored.matchesExpected };
        });
      } finally {
        access.close();
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
  answerParent(operations);
}
