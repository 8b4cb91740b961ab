import { z } from 'zod';
import { CATALOGUE } from '../../../src/action/catalogue.ts';
import { buildCatalogue, type PlaybookCatalogue } from '../../../src/playbook/catalogue.ts';
import type { CatalogueEntry } from '../../../src/playbook/catalogue-entry.ts';

/** One that cannot be undone, of which the real catalogue has none. */
const IRREVERSIBLE: CatalogueEntry = {
  src: 'lambda.delete-function',
  kind: 'contain',
  input: z.strictObject({}),
  output: z.unknown(),
  opensHold: true,
  closesHolds: false,
  reversible: false,
};

const base = buildCatalogue(CATALOGUE);

export const catalogue: PlaybookCatalogue = {
  ...base,
  entries: new Map([...base.entries, [IRREVERSIBLE.src, IRREVERSIBLE]]),
};
