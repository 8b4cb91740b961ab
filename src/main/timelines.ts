import { join } from 'node:path';
import type { ChainExtract, CheckpointExtract } from '../console/api.ts';
import { readCheckpointFiles } from '../evidence/checkpoint-folder.ts';
import { nodeDisk } from '../evidence/disk.ts';
import { loadEvidenceKeys } from '../evidence/keys.ts';
import { compareWithCheckpoint } from '../timeline/checkpoint.ts';
import { describeVerdict, verifyChain } from '../timeline/verify.ts';

/** What a check of all timelines found; no findings means that nothing was altered and nothing is gone. */
export interface AllTimelines {
  readonly verified: boolean;
  readonly chains: number;
  readonly entries: number;
  /** Records of the checkpoint log, and how many of them a signature outside the database covers. */
  readonly records: number;
  readonly signed: number;
  readonly findings: readonly TimelineFinding[];
}

export interface TimelineFinding {
  readonly kind: string;
  /** The chain, or the file of a checkpoint. */
  readonly subject: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Verifies every chain, and all of them against the checkpoints that were signed and written outside the database.
 * `extracts` are read one after the other, so that only hashes of all of them are in memory at once.
 */
export async function verifyAllTimelines(options: {
  readonly dataDir: string;
  readonly checkpoints: CheckpointExtract;
  readonly extracts: AsyncIterable<ChainExtract>;
  readonly publicKeyPem?: string;
}): Promise<AllTimelines> {
  const { checkpoints } = options;
  const findings: TimelineFinding[] = [];
  const hashes = new Map<string, readonly string[]>();
  let entries = 0;
  for await (const extract of options.extracts) {
    const { chain, head } = extract;
    const verdict = verifyChain(chain, extract.entries, head);
    if (verdict.kind === 'broken') {
      const found = describeVerdict(chain, verdict);
      findings.push({ kind: verdict.what, subject: chain, expected: 'an intact chain', found });
    } else if (head === undefined && extract.entries.length > 0) {
      findings.push({
        kind: 'head-missing',
        subject: chain,
        expected: 'the incident that these entries are of',
        found: `${extract.entries.length} entries without it`,
      });
    }
    entries += extract.entries.length;
    hashes.set(
      chain,
      extract.entries.map((entry) => entry.hash),
    );
  }
  const publicKeyPem =
    options.publicKeyPem ?? (await loadEvidenceKeys(join(options.dataDir, 'keys'))).signer.publicKeyPem;
  const signed = await checkCheckpoints(options.dataDir, checkpoints, hashes, publicKeyPem, findings);
  return {
    verified: findings.length === 0,
    chains: hashes.size,
    entries,
    records: checkpoints.records.length,
    signed,
    findings,
  };
}

async function checkCheckpoints(
  dataDir: string,
  { records, signedSize }: CheckpointExtract,
  hashes: ReadonlyMap<string, readonly string[]>,
  publicKeyPem: string,
  findings: TimelineFinding[],
): Promise<number> {
  const folder = join(dataDir, 'checkpoints');
  const files = await readCheckpointFiles(nodeDisk, folder, publicKeyPem);
  for (const { file, checkpoint } of files) {
    if (checkpoint !== null) continue;
    const expected = 'a checkpoint signed by the deployment’s key';
    findings.push({ kind: 'checkpoint-altered', subject: file, expected, found: 'something else' });
  }
  const newest = files.findLast((each) => each.checkpoint !== null);
  if (newest?.checkpoint == null) {
    if (signedSize === 0 && records.length === 0) return 0;
    const expected = `a signed checkpoint over ${signedSize} records in ${folder}`;
    findings.push({ kind: 'checkpoint-missing', subject: 'checkpoints', expected, found: 'none' });
    return 0;
  }
  const { file, checkpoint } = newest;
  if (checkpoint.size < signedSize) {
    const expected = `a signed checkpoint over ${signedSize} records`;
    findings.push({
      kind: 'checkpoint-missing',
      subject: 'checkpoints',
      expected,
      found: `one over ${checkpoint.size}`,
    });
  }
  const hashAt = (chain: string, seq: number) => hashes.get(chain)?.[seq - 1] ?? null;
  for (const each of compareWithCheckpoint(checkpoint, records, hashAt)) {
    findings.push(
      each.kind === 'log-altered'
        ? { ...each, subject: file }
        : each.kind === 'chain-removed'
          ? { kind: each.kind, subject: each.chain, expected: `entry ${each.seq}`, found: 'none' }
          : {
              kind: each.kind,
              subject: each.chain,
              expected: `entry ${each.seq} with hash ${each.expected}`,
              found: each.found,
            },
    );
  }
  return Math.min(checkpoint.size, records.length);
}
