import { createHash } from 'node:crypto';
import { canonicalJson } from '../src/timeline/canonical.ts';
import { appendEntries, CHAIN_START } from '../src/timeline/chain.ts';
import type { Entry, EntryBody } from '../src/timeline/entry.ts';
import { ENTRY_KINDS } from '../src/timeline/entry.ts';
import { verifyChain } from '../src/timeline/verify.ts';
import { type Benchmark, compared, median } from './figure.ts';
import { instantMs } from './instant.ts';

const ENTRIES = 10_000;
const ROUNDS = 9;
const CHAIN = 'inc-benchmark';

/**
 * A whole verification of a timeline, as it comes out of the database, beside the hashing alone: two SHA-256 for
 * each entry, over bytes that lie ready. What is above the baseline is parsing, shape and canonical JSON.
 */
export const timelineVerify: Benchmark = {
  name: 'timeline-verify',
  shows: `seconds to verify ${ENTRIES} timeline entries, beside a bare loop of their hashes`,
  async run(note) {
    note(`${ENTRIES} entries, ${ROUNDS} rounds`);
    const { entries, head } = appendEntries(CHAIN_START, CHAIN, new Date(0), bodies());
    const stored: readonly Entry[] = JSON.parse(JSON.stringify(entries));
    const bytes = stored.flatMap(({ hash: _, body, ...link }) => [
      Buffer.from(canonicalJson(link)),
      Buffer.from(canonicalJson(body)),
    ]);
    const verified: number[] = [];
    const bare: number[] = [];
    // The first round warms both up and is not counted.
    for (let round = 0; round <= ROUNDS; round++) {
      const bareMs = timeOf(() => {
        for (const each of bytes) createHash('sha256').update(each).digest('hex');
      });
      const verifyMs = timeOf(() => {
        const verdict = verifyChain(CHAIN, stored, head);
        if (verdict.kind !== 'intact' || verdict.entries !== ENTRIES)
          throw new Error('expected an intact chain');
      });
      if (round === 0) continue;
      bare.push(bareMs / 1000);
      verified.push(verifyMs / 1000);
    }
    const ratio = median(verified.map((value, index) => value / (bare[index] ?? Number.NaN)));
    return [compared(`timeline-verify.${ENTRIES}-entries`, median(verified), 's', median(bare), ratio)];
  },
};

/** Bodies as an incident has them: a sentence, and some data with nesting. */
function bodies(): readonly EntryBody[] {
  return Array.from({ length: ENTRIES }, (_, index) => ({
    kind: ENTRY_KINDS[index % ENTRY_KINDS.length] ?? 'note.added',
    actor: { kind: 'playbook', id: 'lambda-compromise' },
    summary: `Allowed lambda.reserve-zero-concurrency on arn:aws:lambda:eu-west-1:111122223333:function:checkout-${index}`,
    data: {
      attempt: `att-${index}`,
      policies: ['playbook-contains', 'budget-left'],
      changes: [{ path: 'ReservedConcurrentExecutions', from: null, to: 0, at: index }],
    },
  }));
}

function timeOf(work: () => void): number {
  const startedMs = instantMs();
  work();
  return instantMs() - startedMs;
}
