import { expect, test } from '@jest/globals';
import { drawPlaybook } from '../../../src/playbook/graph.ts';
import { compile } from './fixtures.ts';

test('draws states, regions, forEach charts and what leads from one to the next', () => {
  const { model } = compile(
    'responding',
    `  responding:
    type: parallel
    onDone: { target: closed }
    states:
      containment:
        initial: collecting
        states:
          collecting:
            forEach: incident.targets
            initial: snapshot
            states:
              snapshot:
                invoke: { src: evidence.snapshot, onDone: sealed, onError: sealed }
              sealed: { type: final }
            onDone: settled
            onError: settled
          settled: { type: final }
      people:
        initial: waiting
        states:
          waiting:
            after: { 15m: [{ guard: incident.severity > 1, target: answered }, { target: answered }] }
          answered: { type: final }
  closed: { type: final }
`,
  );
  expect(drawPlaybook(model)).toBe(`stateDiagram-v2
  [*] --> chart__responding
  state "responding" as chart__responding {
    state "containment" as chart__responding__containment {
      [*] --> chart__responding__containment__collecting
      state "collecting (each target)" as chart__responding__containment__collecting {
        [*] --> chart__responding__containment__collecting__snapshot
        state "snapshot: evidence.snapshot" as chart__responding__containment__collecting__snapshot
        state "sealed" as chart__responding__containment__collecting__sealed
        chart__responding__containment__collecting__sealed --> [*]
        chart__responding__containment__collecting__snapshot --> chart__responding__containment__collecting__sealed: succeeded
        chart__responding__containment__collecting__snapshot --> chart__responding__containment__collecting__sealed: failed
      }
      state "settled" as chart__responding__containment__settled
      chart__responding__containment__settled --> [*]
      chart__responding__containment__collecting --> chart__responding__containment__settled: succeeded
      chart__responding__containment__collecting --> chart__responding__containment__settled: failed
    }
    --
    state "people" as chart__responding__people {
      [*] --> chart__responding__people__waiting
      state "waiting" as chart__responding__people__waiting
      state "answered" as chart__responding__people__answered
      chart__responding__people__answered --> [*]
      chart__responding__people__waiting --> chart__responding__people__answered: after 15 min [incident.severity > 1]
      chart__responding__people__waiting --> chart__responding__people__answered: after 15 min
    }
  }
  state "closed" as chart__closed
  chart__closed --> [*]
  chart__responding --> chart__closed: done
`);
});
