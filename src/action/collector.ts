import type { Json } from '../json.ts';
import type { EvidenceItem, EvidencePort } from './ports.ts';
import { tolerant } from './tolerant.ts';

interface JsonItem {
  readonly name: string;
  readonly artifact: string;
  readonly sourceArn: string;
  readonly apiCall: string;
  readonly value: Json;
  readonly secret?: boolean;
}

/** Hands items to the evidence store under one folder; whatever cannot be stored becomes a stated gap. */
export interface Collector {
  json(item: JsonItem): Promise<void>;
  stream(item: Omit<EvidenceItem, 'secret'>): Promise<void>;
  gap(name: string, artifact: string, sourceArn: string, reason: string): Promise<void>;
  /** Gaps stated so far. */
  missing(): number;
}

/** Builds a collector whose item names begin with `folder`. A lost lease passes through; so does a failing gap. */
export function createCollector(evidence: EvidencePort, folder: string): Collector {
  let gaps = 0;
  const gap = async (name: string, artifact: string, sourceArn: string, reason: string) => {
    gaps += 1;
    await evidence.missing({ name: `${folder}/${name}`, artifact, sourceArn, reason });
  };
  const put = async (item: EvidenceItem) => {
    const stored = await tolerant(() => evidence.put({ ...item, name: `${folder}/${item.name}` }));
    if (stored.kind === 'unreadable') await gap(item.name, item.artifact, item.sourceArn, stored.reason);
  };
  return {
    json: ({ value, secret, ...item }) =>
      put({
        ...item,
        mediaType: 'application/json',
        secret: secret ?? false,
        content: JSON.stringify(value, null, 2),
      }),
    stream: (item) => put({ ...item, secret: false }),
    gap,
    missing: () => gaps,
  };
}
