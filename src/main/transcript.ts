import type { EvidenceStore } from '../evidence/local.ts';
import type { IncidentId } from '../id.ts';
import type { Advance } from '../incident/advance.ts';
import type { KeepTranscript as Keep } from '../slack/port.ts';

export type KeepTranscript = Keep;

const NAME = 'slack/transcript.json';

/** Keeps what was said in an incident's channel with its evidence, seals the bundle anew, and says both in the timeline. */
export function createTranscripts(parts: {
  readonly advance: Pick<Advance, 'advance' | 'read'>;
  readonly evidence: EvidenceStore;
}): KeepTranscript {
  const { advance, evidence } = parts;
  return async (incident, { channel, content, messages }) => {
    const id = incident as IncidentId; // out of the outbox row
    const state = await advance.read(id);
    if (state === undefined) throw new TypeError(`the outbox names incident ${incident}, which is not there`);
    const { account, region, purgedAt } = state.record;
    // What a purge removed would come back.
    if (purgedAt !== undefined) return null;
    const port = evidence.openCase(id, { account, region, caller: null, attempt: null });
    const stored = await port.put({
      name: NAME,
      artifact: 'slack-transcript',
      sourceArn: `slack:channel/${channel}`,
      apiCall: 'slack:conversations.history',
      mediaType: 'application/json',
      secret: false,
      content,
    });
    const { manifestSha256, items, keyId } = await port.seal();
    await advance.advance(id, (draft) => {
      draft.log(
        'evidence.stored',
        { kind: 'engine' },
        `Stored ${NAME} (${stored.size} bytes, ${messages} messages)`,
        {
          name: NAME,
          sha256: stored.sha256,
          size: stored.size,
          matchesExpected: true,
        },
      );
      draft.log('evidence.sealed', { kind: 'engine' }, `Sealed ${items} evidence items`, {
        items,
        manifestSha256,
        keyId,
      });
    });
    return { sha256: stored.sha256 };
  };
}
