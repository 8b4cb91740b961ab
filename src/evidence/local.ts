import type { EvidencePort } from '../action/ports.ts';
import {
  type CaseContext,
  type CaseWriting,
  type LocalEvidenceOptions,
  openWriting,
} from './case-writing.ts';
import { storedWhole } from './known.ts';
import { casePlace } from './place.ts';
import { keepApart, stateGap } from './put-aside.ts';
import { putItem } from './put-item.ts';
import { sealCase } from './seal.ts';
import { stampSeals } from './timestamp-seal.ts';
import { createWriter } from './writer.ts';

/** Evidence of many incidents in one local folder. */
export interface EvidenceStore {
  /** Opens the case of an incident, made at its first use. Throws `cordon_evidence_bad_case_id`. */
  openCase(incidentId: string, context: CaseContext): EvidencePort;
}

/** Creates the store. Every call is safe to interrupt: a new process goes on from what is on the disk. */
export function createLocalEvidence(options: LocalEvidenceOptions): EvidenceStore {
  const writer = createWriter(options);
  return {
    openCase(incidentId, context) {
      const place = casePlace(options.folder, incidentId);
      return createCase(openWriting(options, writer, place, context));
    },
  };
}

function createCase(writing: CaseWriting): EvidencePort {
  const { disk, inTurn, journal, open, options, place, withPart } = writing;
  const { clock, folder, keys } = options;
  return {
    put: (item) => putItem(writing, item),
    missing: (gap) => stateGap(writing, gap),
    quarantine: (item) => keepApart(writing, item),

    async stored() {
      await open();
      return storedWhole(await inTurn(() => journal.refresh()));
    },

    async seal() {
      await open();
      return inTurn(() =>
        withPart(async (_, part) => {
          const { manifest, keyId } = await sealCase({
            disk,
            evidence: folder,
            place,
            signer: keys.signer,
            records: await journal.refresh(),
            now: clock.now(),
            temporary: () => part,
          });
          const sealed = { manifestSha256: manifest.sha256, items: manifest.manifest.items, keyId };
          const { authority } = options;
          if (authority === undefined) return sealed;
          const seals = manifest.manifest.number;
          const timestamp = await stampSeals({
            disk,
            place,
            signer: keys.signer,
            authority,
            seals,
            temporary: () => part,
          });
          return { ...sealed, timestamp };
        }),
      );
    },
  };
}
