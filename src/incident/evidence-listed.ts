import { z } from 'zod';
import type { Sql } from '../store/sql.ts';
import { readExcerpt } from '../store/timeline.ts';

/** One item of evidence as the timeline has it; never its content. Names are attacker-controlled. */
export type EvidenceListed =
  | {
      readonly kind: 'stored';
      readonly name: string;
      readonly sha256: string;
      /** Bytes. */
      readonly size: number;
      readonly at: string;
    }
  | { readonly kind: 'missing'; readonly name: string; readonly reason: string; readonly at: string };

const stored = z.looseObject({ name: z.string(), sha256: z.string(), size: z.number() });
const missing = z.looseObject({ name: z.string(), reason: z.string() });

/** What an incident's timeline says of its evidence, oldest first; what retention has purged is left out. */
export async function evidenceListed(sql: Sql, incident: string): Promise<readonly EvidenceListed[]> {
  const entries = await readExcerpt(sql, incident, {
    last: 0,
    kinds: ['evidence.stored', 'evidence.missing'],
  });
  return entries.flatMap(({ at, body }): EvidenceListed[] => {
    if (body?.kind === 'evidence.stored') {
      const read = stored.safeParse(body.data);
      const { name, sha256, size } = read.data ?? {};
      return name === undefined || sha256 === undefined || size === undefined
        ? []
        : [{ kind: 'stored', name, sha256, size, at }];
    }
    if (body?.kind !== 'evidence.missing') return [];
    const read = missing.safeParse(body.data);
    return read.success ? [{ kind: 'missing', name: read.data.name, reason: read.data.reason, at }] : [];
  });
}
