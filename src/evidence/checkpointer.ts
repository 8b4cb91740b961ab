import type { Clock } from '../clock.ts';
import { codeOf, describeError } from '../error.ts';
import type { Log } from '../log.ts';
import {
  appendCheckpointRecords,
  changedHeads,
  lastSignature,
  readCheckpointRecords,
  storeSignature,
} from '../store/checkpoint.ts';
import { dropLease, takeLease } from '../store/lease.ts';
import type { Sql } from '../store/sql.ts';
import { canonicalJson, sha256Hex } from '../timeline/canonical.ts';
import { checkpointLeaf, checkpointStatement } from '../timeline/checkpoint.ts';
import { IN_TOTO_PAYLOAD_TYPE, type Signer, signEnvelope } from '../timeline/dsse.ts';
import { type GrowingTree, growTree } from '../timeline/merkle.ts';
import { envelopeText, readCheckpointFiles, writeCheckpointFile } from './checkpoint-folder.ts';
import type { Disk } from './disk.ts';
import { EvidenceError } from './error.ts';
import { readEnvelope } from './verify-seals.ts';

/**
 * Appends what changed to the global log and signs its root, by one process at a time. What was signed before is
 * read from outside the database first: a log that contradicts it is never signed again, so that whoever
 * rewrites the database cannot have the engine vouch for it.
 */
export interface Checkpointer {
  /** Brings the log and its signature up to date; does nothing while another process holds the lease. */
  once(): Promise<void>;
  /** Begins to do so from time to time. */
  start(): void;
  /** Stops, after a last time. Never throws: what is not signed now is signed at the next start. */
  stop(): Promise<void>;
}

const LEASE = 'checkpointer';
const LEASE_MS = 60_000;
const EVERY_MS = 15_000;

export function createCheckpointer(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly disk: Disk;
  /** Outside the database: `<data>/checkpoints`. */
  readonly folder: string;
  readonly signer: Signer;
  /** Names this process among those that share the database. */
  readonly owner: string;
}): Checkpointer {
  const { sql, clock, log, disk, folder, signer, owner } = options;
  const stopping = new AbortController();
  let tree: GrowingTree | null = null;
  let loop: Promise<void> = Promise.resolve();

  /** Reads what others, or an earlier run, appended; the first time against what was signed. */
  async function catchUp(): Promise<GrowingTree> {
    const known = tree ?? growTree();
    const signed = tree === null ? await newestFile() : null;
    for (const record of await readCheckpointRecords(sql, known.size())) {
      known.append(checkpointLeaf(record));
      if (known.size() === signed?.size && rootOf(known) !== signed.root) {
        throw contradicted(`root ${signed.root}`, `root ${rootOf(known)}`);
      }
    }
    if (signed !== null && known.size() < signed.size) {
      throw contradicted(`${signed.size} records`, `${known.size()}`);
    }
    tree = known;
    return known;
  }

  async function newestFile() {
    const files = await readCheckpointFiles(disk, folder, signer.publicKeyPem);
    return files.findLast((each) => each.checkpoint !== null)?.checkpoint ?? null;
  }

  async function append(known: GrowingTree): Promise<boolean> {
    const heads = await changedHeads(sql);
    if (heads.length === 0) return true;
    const records = heads.map(({ chain, seq, hash }, offset) => ({
      index: known.size() + offset,
      chain,
      seq,
      head: hash,
    }));
    if (!(await appendCheckpointRecords(sql, records))) return false;
    for (const record of records) known.append(checkpointLeaf(record));
    return true;
  }

  async function sign(known: GrowingTree): Promise<void> {
    const last = await lastSignature(sql);
    if (known.size() === 0) return;
    if (last?.size === known.size() && isOurs(last.envelope)) {
      // Signed just before a crash, perhaps: the file outside may still be missing.
      await writeCheckpointFile(disk, folder, { ...last, owner });
      return;
    }
    const at = clock.now();
    const statement = canonicalJson(
      checkpointStatement({
        size: known.size(),
        root: rootOf(known),
        at: at.toISOString(),
        previous: last?.statementSha256 ?? null,
      }),
    );
    const envelope = envelopeText(await signEnvelope(signer, IN_TOTO_PAYLOAD_TYPE, Buffer.from(statement)));
    const signature = { size: known.size(), statementSha256: sha256Hex(statement), envelope };
    // Where a process with another key has signed the same records, its signature stays; ours is in our folder.
    await storeSignature(sql, signature, at);
    await writeCheckpointFile(disk, folder, { ...signature, owner });
  }

  function isOurs(envelope: string): boolean {
    return readEnvelope(Buffer.from(envelope))?.signatures[0]?.keyid === signer.keyId;
  }

  async function once(): Promise<void> {
    if (!(await takeLease(sql, LEASE, owner, LEASE_MS))) return;
    for (;;) {
      const known = await catchUp();
      if (await append(known)) {
        await sign(known);
        return;
      }
    }
  }

  async function carefully(): Promise<void> {
    try {
      await once();
    } catch (error) {
      tree = null; // what is known may be half of a round: the next one reads it again
      log.error({ code: codeOf(error), reason: describeError(error) }, 'no checkpoint was made');
    }
  }

  return {
    once,
    start() {
      loop = (async () => {
        while (!stopping.signal.aborted) {
          await carefully();
          await clock.sleep(EVERY_MS, stopping.signal);
        }
      })();
    },
    async stop() {
      stopping.abort();
      await loop;
      await carefully();
      await dropLease(sql, LEASE, owner).catch(() => {}); // it ends by itself
    },
  };
}

function rootOf(tree: GrowingTree): string {
  return Buffer.from(tree.root()).toString('hex');
}

function contradicted(expected: string, found: string): EvidenceError {
  return new EvidenceError(
    'cordon_checkpoint_contradicted',
    `Expected the checkpoint log to have ${expected}, as a checkpoint outside the database says, found ${found}. ` +
      'Nothing more is signed. Run `cordon timeline verify --all`, keep a copy of the database, and restore it from its backup.',
  );
}
