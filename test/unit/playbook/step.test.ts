import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../../src/json.ts';
import { createChartMachine } from '../../../src/playbook/machine.ts';
import { startChart, stepChart } from '../../../src/playbook/step.ts';
import type { ChartEvent, Step, StoredChart } from '../../../src/playbook/types.ts';
import { ambient, compile, target } from './fixtures.ts';

function stored(step: Step): StoredChart {
  // What the database does to it: nothing that is not JSON survives.
  return JSON.parse(JSON.stringify(step.chart)) as StoredChart;
}

function done(id: string, output: Json = {}): ChartEvent {
  return { kind: 'invocation-done', id, output };
}

function failed(id: string, code = 'cordon_aws_throttled'): ChartEvent {
  return { kind: 'invocation-failed', id, error: { code, message: 'it failed' } };
}

const question = (form: string, done: string, error: string, after: string) => `
    invoke:
      src: human.question
      input: { form: ${form}, to: responder }
      onDone: ${done}
      onError: ${error}
    after: { 15m: ${after} }`;

describe('a step', () => {
  const playbook = compile(
    'asking',
    `  asking:${question('triage', 'closed', 'asking', 'asking')}
    on: { release.requested: closed }
  closed: { type: final, output: { verdict: done } }
`,
  );

  test('starts with the effects of the initial state', () => {
    expect(startChart(playbook, '', ambient())).toEqual({
      chart: {
        value: 'asking',
        vars: {},
        status: 'active',
        output: null,
        error: null,
        history: {},
        openInvocations: [
          { id: 'asking', src: 'human.question', input: { form: 'triage', to: 'responder' } },
        ],
      },
      effects: [
        {
          kind: 'schedule',
          timer: 'xstate.after.900000.fixture.asking',
          event: 'xstate.after.900000.fixture.asking',
          delayMs: 900_000,
        },
        { kind: 'invoke', id: 'asking', src: 'human.question', input: { form: 'triage', to: 'responder' } },
      ],
      entered: ['asking'],
      handled: true,
    });
  });

  test('ends in a final state with its output and cancels what was open', () => {
    const start = startChart(playbook, '', ambient());
    const step = stepChart(
      playbook,
      '',
      stored(start),
      { kind: 'signal', name: 'release.requested', payload: { by: 'U1' } },
      ambient(),
    );
    expect(step.chart.status).toBe('done');
    expect(step.chart.output).toEqual({ verdict: 'done' });
    expect(step.chart.openInvocations).toEqual([]);
    expect(step.effects).toEqual([
      { kind: 'unschedule', timer: 'xstate.after.900000.fixture.asking' },
      { kind: 'withdraw', id: 'asking' },
    ]);
    expect(step.entered).toEqual(['closed']);
  });

  test('does not withdraw the invocation whose outcome it takes', () => {
    const start = startChart(playbook, '', ambient());
    const step = stepChart(playbook, '', stored(start), done('asking', { verdict: 'benign' }), ambient());
    expect(step.effects).toEqual([{ kind: 'unschedule', timer: 'xstate.after.900000.fixture.asking' }]);
  });

  test('leads back into the same state anew: the timer is cancelled first and then set again', () => {
    const start = startChart(playbook, '', ambient());
    const timer = 'xstate.after.900000.fixture.asking';
    const step = stepChart(playbook, '', stored(start), { kind: 'timer', event: timer }, ambient());
    expect(step.handled).toBe(true);
    expect(step.effects.map((effect) => effect.kind)).toEqual([
      'unschedule',
      'withdraw',
      'schedule',
      'invoke',
    ]);
    expect(step.chart.openInvocations).toHaveLength(1);
  });

  test.each([
    ['an unknown signal', { kind: 'signal', name: 'no.such', payload: {} }],
    ['a signal that this state does not name', { kind: 'signal', name: 'target.added', payload: {} }],
    [
      'an event of XState itself, forged as a signal',
      { kind: 'signal', name: 'xstate.done.actor.asking', payload: {} },
    ],
    ['a stop event of XState, forged as a signal', { kind: 'signal', name: 'xstate.stop', payload: {} }],
    ['a timer that is not of this state', { kind: 'timer', event: 'xstate.after.1.fixture.asking' }],
    ['another event, forged as a timer', { kind: 'timer', event: 'release.requested' }],
    ['an outcome of an invocation that is not open', { kind: 'invocation-done', id: 'other', output: null }],
    ['a late failure of an invocation that is not open', failed('other')],
  ] as const)('leaves the chart as it is for %s', (_name, event) => {
    const chart = stored(startChart(playbook, '', ambient()));
    expect(stepChart(playbook, '', chart, event, ambient())).toEqual({
      chart,
      effects: [],
      entered: [],
      handled: false,
    });
  });

  test('leaves a chart that is done as it is', () => {
    const chart = stored(
      stepChart(
        playbook,
        '',
        stored(startChart(playbook, '', ambient())),
        done('asking', { verdict: 'benign' }),
        ambient(),
      ),
    );
    expect(stepChart(playbook, '', chart, failed('asking'), ambient()).handled).toBe(false);
  });

  test('takes the same step for the same chart, event and ambient', () => {
    const chart = stored(startChart(playbook, '', ambient()));
    const step = () => stepChart(playbook, '', chart, failed('asking'), ambient());
    expect(step()).toEqual(step());
  });
});

describe('a stored chart', () => {
  const playbook = compile(
    'asking',
    `  asking:${question('triage', 'closed', 'asking', 'asking')}
  closed: { type: final }
`,
    'vars: { tries: { type: number, default: 0 } }\n',
  );
  const chart = stored(startChart(playbook, '', ambient()));

  test.each([
    ['a state that the playbook does not have', { value: 'gone' }],
    ['a value of another form', { value: { asking: {} } }],
    ['a final state that claims to be active', { value: 'closed' }],
    [
      'a history of states that the playbook does not have',
      { history: { 'fixture.gone': ['fixture.asking'] } },
    ],
    ['a variable that the playbook does not have', { vars: { tries: 0, other: 1 } }],
    ['a missing variable', { vars: {} }],
  ])('is refused with %s', (_name, change) => {
    expect(() => stepChart(playbook, '', { ...chart, ...change }, failed('asking'), ambient())).toThrow(
      expect.objectContaining({ code: 'cordon_playbook_unknown_state' }),
    );
  });

  test('is accepted unchanged (control)', () => {
    expect(stepChart(playbook, '', chart, failed('asking'), ambient()).handled).toBe(true);
  });

  test('of a path that the playbook does not have is refused', () => {
    expect(() => startChart(playbook, 'gone', ambient())).toThrow(
      expect.objectContaining({ code: 'cordon_playbook_unknown_chart' }),
    );
  });
});

describe('expressions in a step', () => {
  const playbook = compile(
    'collecting',
    `  collecting:
    forEach: incident.targets
    vars:
      tries: { type: number, default: 0 }
      roles: { type: list, items: string, default: [] }
    initial: reading
    states:
      reading:
        invoke:
          src: target.capture-manifest
          onDone:
            - guard: event.output.sharedWith > 3
              target: finished
              assign: { tries: '\${{ size(event.output.roles) }}' }
            - { target: finished, assign: { roles: '\${{ event.output.roles }}', tries: '\${{ vars.tries + 1 }}' } }
          onError: finished
      finished: { type: final, output: { tries: '\${{ vars.tries }}', arn: '\${{ item.functionArn }}' } }
    onDone:
      - { guard: 'event.output.outcomes.all(o, o.status == "done" && o.output.tries == 1)', target: closed }
      - { target: closed }
    onError: closed
  closed: { type: final, output: { targets: '\${{ size(incident.targets) }}' } }
`,
  );
  const item = target('checkout');

  test('hand the targets to a forEach and start one chart for each', () => {
    const targets = [item, target('orders')];
    const step = startChart(playbook, '', ambient(targets));
    expect(step.effects).toEqual([
      {
        kind: 'invoke',
        id: 'collecting',
        src: 'cordon.for-each',
        input: { chart: 'collecting', items: targets },
      },
    ]);
    const child = startChart(playbook, 'collecting', ambient(targets, item));
    expect(child.effects).toEqual([
      { kind: 'invoke', id: 'reading', src: 'target.capture-manifest', input: {} },
    ]);
  });

  test('give plain JSON numbers, never BigInt', () => {
    const start = stored(startChart(playbook, 'collecting', ambient([item], item)));
    const step = stepChart(
      playbook,
      'collecting',
      start,
      done('reading', { roles: ['a', 'b'], sharedWith: 4, codeSha256: '' }),
      ambient([item], item),
    );
    expect(step.chart.vars).toEqual({ tries: 2, roles: [] });
    expect(step.chart.output).toEqual({ tries: 2, arn: item.functionArn });
    expect(JSON.parse(JSON.stringify(step))).toEqual(step);
  });

  test('that throw are a coded error, and the message shows no value', () => {
    const start = stored(startChart(playbook, 'collecting', ambient([item], item)));
    const broken = () =>
      stepChart(playbook, 'collecting', start, done('reading', { secret: 'hunter2' }), ambient([item], item));
    expect(broken).toThrow(expect.objectContaining({ code: 'cordon_expression_failed' }));
    expect(broken).not.toThrow(/hunter2/);
  });

  test('that give a variable another type than declared are a coded error', () => {
    const start = stored(startChart(playbook, 'collecting', ambient([item], item)));
    expect(() =>
      stepChart(
        playbook,
        'collecting',
        start,
        done('reading', { roles: [1, 2], sharedWith: 0, codeSha256: '' }),
        ambient([item], item),
      ),
    ).toThrow(expect.objectContaining({ code: 'cordon_expression_failed' }));
  });

  test('read the ambient of this step, not of an earlier one', () => {
    const start = stored(startChart(playbook, '', ambient([item])));
    const outcomes = {
      outcomes: [{ item: item.functionArn, status: 'done', output: { tries: 1, arn: '' } }],
    };
    const step = stepChart(
      playbook,
      '',
      start,
      done('collecting', outcomes),
      ambient([item, target('b'), target('c')]),
    );
    expect(step.chart.output).toEqual({ targets: 3 });
  });
});

describe('leaving a parallel state', () => {
  const playbook = compile(
    'responding',
    `  responding:
    type: parallel
    onDone: { target: releasing }
    states:
      containment:
        initial: containing
        states:
          containing:
            forEach: incident.targets
            initial: stopping
            states:
              stopping:
                invoke: { src: lambda.reserve-zero-concurrency, onDone: finished, onError: finished }
              finished: { type: final }
            onDone: settled
            onError: settled
          settled: { type: final }
      people:
        initial: triage
        states:
          triage:
            invoke:
              src: human.question
              input: { form: triage, to: responder }
              onDone:
                - { guard: event.output.verdict == "false_positive", target: '#releasing' }
                - { target: decided }
              onError: triage
            after: { 15m: triage }
          decided: { type: final }
  releasing:
    id: releasing
    invoke: { src: containment.release, onDone: closed, onError: releasing }
  closed: { type: final }
`,
  );
  const triage = 'responding.people.triage';
  const containing = 'responding.containment.containing';

  test('by an id from a nested region withdraws what the other regions have open', () => {
    const start = stored(startChart(playbook, '', ambient()));
    const step = stepChart(playbook, '', start, done(triage, { verdict: 'false_positive' }), ambient());
    expect(step.effects).toEqual([
      { kind: 'unschedule', timer: 'xstate.after.900000.fixture.responding.people.triage' },
      { kind: 'withdraw', id: containing },
      { kind: 'invoke', id: 'releasing', src: 'containment.release', input: {} },
    ]);
    expect(step.chart.openInvocations.map((open) => open.id)).toEqual(['releasing']);
    expect(step.entered).toEqual(['releasing']);
  });

  test('is done when every region is, in any order', () => {
    const start = stored(startChart(playbook, '', ambient()));
    const outcome = done(containing, { outcomes: [] });
    const verdict = done(triage, { verdict: 'true_positive' });
    for (const [first, second] of [
      [outcome, verdict],
      [verdict, outcome],
    ] as const) {
      const middle = stepChart(playbook, '', start, first, ambient());
      expect(middle.chart.openInvocations).toHaveLength(1);
      const end = stepChart(playbook, '', stored(middle), second, ambient());
      expect(end.chart.value).toBe('releasing');
    }
  });
});

describe('history', () => {
  const playbook = compile(
    'working',
    `  working:
    initial: first
    on: { alert.updated: paused }
    states:
      first:
        on: { target.added: second }
      second:
        on: { close.requested: done }
      done: { type: final }
      last: { type: history, history: shallow }
    onDone: { target: closed }
  paused:
    on: { escalation.acknowledged: '#back' }
  resuming:
    id: back
    always: { target: '#again' }
  closed: { type: final }
`.replace('last: {', 'last: { id: again,'),
  );

  test('survives JSON: the state that was left is entered again', () => {
    let chart = stored(startChart(playbook, '', ambient()));
    for (const name of ['target.added', 'alert.updated']) {
      chart = stored(stepChart(playbook, '', chart, { kind: 'signal', name, payload: {} }, ambient()));
    }
    expect(chart.history).toEqual({ again: ['fixture.working.second'] });
    const back = stepChart(
      playbook,
      '',
      chart,
      { kind: 'signal', name: 'escalation.acknowledged', payload: {} },
      ambient(),
    );
    expect(back.chart.value).toEqual({ working: 'second' });
  });

  test('without anything to remember enters the initial state', () => {
    const chart = { ...stored(startChart(playbook, '', ambient())), value: 'paused' };
    const back = stepChart(
      playbook,
      '',
      chart,
      { kind: 'signal', name: 'escalation.acknowledged', payload: {} },
      ambient(),
    );
    expect(back.chart.value).toEqual({ working: 'first' });
  });
});

describe('an eventless loop', () => {
  test('is a coded error, never an endless step', () => {
    // The checker refuses such a document, so the machine is built from one whose chart is then bent.
    const playbook = compile(
      'rest',
      `  rest:
    on: { release.requested: a, close.requested: end }
  a: { always: [{ guard: incident.contained, target: b }, { target: end }] }
  b: { always: end }
  end: { type: final }
`,
    );
    const compiled = playbook.charts.get('');
    const [a, b] = (compiled?.chart.root.children ?? []).filter(
      (state) => state.key === 'a' || state.key === 'b',
    );
    const back = b?.transitions[0];
    if (compiled === undefined || a === undefined || back === undefined)
      throw new Error('the fixture changed');
    back.target = a;
    const looping = {
      ...playbook,
      charts: new Map([['', { ...compiled, machine: createChartMachine(compiled.chart, 'fixture') }]]),
    };
    const contained = { ...ambient(), incident: { ...ambient().incident, contained: true } };
    const chart = stored(startChart(looping, '', contained));
    const request: ChartEvent = { kind: 'signal', name: 'release.requested', payload: {} };
    expect(() => stepChart(looping, '', chart, request, contained)).toThrow(
      expect.objectContaining({ code: 'cordon_playbook_loop' }),
    );
    // Control: with the guard false the same chart comes to rest.
    expect(stepChart(looping, '', chart, request, ambient()).chart.status).toBe('done');
  });
});
