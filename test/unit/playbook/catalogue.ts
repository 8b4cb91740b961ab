import { z } from 'zod';
import { buildCatalogue, type PlaybookCatalogue } from '../../../src/playbook/catalogue.ts';
import type { CatalogueEntry } from '../../../src/playbook/catalogue-entry.ts';

/** The actions of the core path as `src/action` declares them to playbooks, and one that cannot be undone. */
const ACTIONS: readonly CatalogueEntry[] = [
  read(
    'target.capture-manifest',
    {},
    { roles: z.array(z.string()), sharedWith: z.int(), codeSha256: z.string() },
  ),
  read(
    'containment.verify',
    {},
    { level: z.enum(['accepted', 'read_back', 'effective']), detail: z.string() },
  ),
  read('evidence.snapshot', {}, { items: z.int(), missing: z.int(), manifestSha256: z.string() }),
  read('target.compare-manifest', {}, { compared: z.boolean() }),
  contain('lambda.reserve-zero-concurrency', {}),
  contain('iam.quarantine-role', { roles: z.array(z.string()).min(1), mode: z.enum(['function', 'role']) }),
  { ...contain('lambda.delete-function', {}), reversible: false },
];

function read(src: string, input: z.core.$ZodShape, output: z.core.$ZodShape): CatalogueEntry {
  return {
    src,
    kind: 'read',
    input: z.strictObject(input),
    output: z.strictObject(output),
    opensHold: false,
    closesHolds: false,
    reversible: true,
  };
}

function contain(src: string, input: z.core.$ZodShape): CatalogueEntry {
  return {
    src,
    kind: 'contain',
    input: z.strictObject(input),
    output: z.unknown(),
    opensHold: true,
    closesHolds: false,
    reversible: true,
  };
}

const base = buildCatalogue([]);

export const catalogue: PlaybookCatalogue = {
  ...base,
  entries: new Map([...base.entries, ...ACTIONS.map((entry) => [entry.src, entry] as const)]),
};
