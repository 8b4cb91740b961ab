import type { EvidencePort } from '../action/ports.ts';
import { cleanText } from '../alert/clean-text.ts';
import type { CaseWriting } from './case-writing.ts';
import { EvidenceError } from './error.ts';
import { stageContent } from './stage.ts';

/** Records of what is no item of a case: what could not be had, and what was put apart. */

type Gap = Parameters<EvidencePort['missing']>[0];
type Apart = Parameters<EvidencePort['quarantine']>[0];

/** States what could not be had and why; said again, it is said once. */
export async function stateGap(writing: CaseWriting, gap: Gap): Promise<void> {
  const { append, custody, inTurn, open, options, stamp } = writing;
  const { clock } = options;
  await open();
  const name = cleanText(gap.name, 512);
  const reason = cleanText(gap.reason, 1_000);
  const code = gap.code === undefined ? null : cleanText(gap.code, 100);
  await inTurn(() =>
    append((records, next) => {
      const last = records.findLast(
        ({ record }) =>
          (record.kind === 'missing' && record.gap.name === name) ||
          (record.kind === 'item' && record.item.name === name),
      )?.record;
      if (last?.kind === 'missing' && last.gap.reason === reason) return null;
      return {
        ...stamp(next),
        kind: 'missing',
        gap: {
          name,
          artifact: cleanText(gap.artifact, 100),
          sourceArn: cleanText(gap.sourceArn, 2_048),
          reason,
          code,
          tries: gap.tries ?? 0,
        },
        custody: custody(clock.now().toISOString()),
      };
    }),
  );
}

/** Puts what an attacker wrote apart, and records that it came, how much of it, and where it lies. */
export async function keepApart(writing: CaseWriting, item: Apart): Promise<void> {
  const { append, custody, disk, inTurn, open, options, place, stamp, withPart } = writing;
  const { clock } = options;
  await open();
  const { quarantine } = options;
  if (quarantine === undefined) {
    throw new EvidenceError(
      'cordon_evidence_no_quarantine',
      'Expected a place for what an attacker wrote, found none configured. Nothing was kept; it is still in the sink.',
    );
  }
  const collectedAt = clock.now().toISOString();
  await withPart(async (_, part) => {
    const { path, sha256, size } = await stageContent(disk, part, item.content, null);
    try {
      const where = await quarantine.keep(place.incident, path, { sha256, bytes: size });
      await inTurn(() =>
        append((records, next) =>
          records.some(
            ({ record }) =>
              record.kind === 'quarantined' &&
              record.quarantine.sha256 === sha256 &&
              record.quarantine.name === cleanText(item.name, 512),
          )
            ? null
            : {
                ...stamp(next),
                kind: 'quarantined',
                quarantine: {
                  name: cleanText(item.name, 512),
                  artifact: cleanText(item.artifact, 100),
                  sourceArn: cleanText(item.sourceArn, 2_048),
                  apiCall: cleanText(item.apiCall, 200),
                  events: item.events(),
                  size,
                  sha256,
                  place: where,
                  writtenBy: 'attacker',
                },
                custody: custody(collectedAt),
              },
        ),
      );
    } finally {
      await disk.remove(path);
    }
  });
}
