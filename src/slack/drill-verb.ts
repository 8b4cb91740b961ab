import { nearestWord } from '../command/nearest.ts';
import { splitWord } from '../command/typed-words.ts';
import { type ListenerParts, performDrill, type Reply } from './perform.ts';
import { drillListText } from './render/drill.ts';
import { code } from './text.ts';

/** What `/cordon drill …` works with. */
export interface DrillSlash {
  readonly parts: ListenerParts;
  /** `/cordon` or `/ir`, as it was typed. */
  readonly command: string;
  readonly reply: Reply;
  readonly tell: (text: string) => Promise<void>;
  readonly slackUserId: string;
  readonly idempotencyKey: string;
}

const SUBVERBS = ['list', 'start', 'stop'] as const;

/** Starts, stops and lists exercises for people; their twin in the terminal is `cordon exercise`. */
export async function drillVerb(rest: string, slash: DrillSlash): Promise<void> {
  const { parts, command, reply, tell, slackUserId, idempotencyKey } = slash;
  const { drills } = parts;
  if (drills === undefined) return tell('Drills cannot be started from here.');
  const [verb, after] = splitWord(rest);
  const wanted = verb.toLowerCase();
  switch (wanted) {
    case '':
    case 'list':
      if (parts.people.responderOf(slackUserId) === undefined) {
        return tell('Only responders of the enrolment file see drills; ask its owner to add you.');
      }
      return tell(drillListText(command, await drills.scenarios(), drills.running()));
    case 'start': {
      const [scenario, more] = splitWord(after);
      if (scenario === '' || more !== '') {
        return tell(drillListText(command, await drills.scenarios(), drills.running()));
      }
      return performDrill(parts, { slackUserId, idempotencyKey }, reply, () =>
        drills.start({
          scenario: scenario.toLowerCase(),
          slackUserId,
          idempotencyKey,
          onFailed: (why) => tell(`⚠️ ${why}`),
        }),
      );
    }
    case 'stop':
      return performDrill(parts, { slackUserId, idempotencyKey }, reply, () => drills.stop({ slackUserId }));
    default: {
      const near = nearestWord(wanted, SUBVERBS);
      return tell(
        `Expected ${SUBVERBS.map((each) => code(`${command} drill ${each}`, 60)).join(', ')}.${near === undefined ? '' : ` Did you mean *${near}*?`}`,
      );
    }
  }
}
