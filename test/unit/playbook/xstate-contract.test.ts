import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  fromPromise,
  initialTransition,
  SimulatedClock,
  transition,
} from 'xstate';

/**
 * The behaviour of XState that Cordon stands on, or works around. If an upgrade changes one of these,
 * the design must be looked at again before the version is raised.
 */

const child = fromPromise(async () => 'output');

/** A state that invokes and has a deadline, and a way out. */
function machine(): AnyStateMachine {
  return createMachine(
    {
      id: 'm',
      initial: 'working',
      context: { count: 0 },
      states: {
        working: {
          entry: [{ type: 'tell', params: { text: 'hello' } }],
          invoke: {
            id: 'job',
            src: 'child',
            input: ({ context }: { context: { count: number } }) => ({ count: context.count }),
            onDone: 'finished',
            onError: 'late',
          },
          after: { 1000: 'late' },
          on: { AGAIN: { target: 'working', reenter: true }, STAY: { target: 'working' }, LEAVE: 'late' },
        },
        late: { on: { BACK: 'working' } },
        finished: { type: 'final', output: { answer: 42 } },
      },
      output: ({ event }: { event: { output?: unknown } }) => event.output,
    },
    { actors: { child } },
  );
}

function effects(actions: readonly { readonly type: string; readonly params?: unknown }[]): string[] {
  return actions.map((action) => action.type);
}

function paramsOf(
  actions: readonly { readonly type: string; readonly params?: unknown }[],
  type: string,
): unknown {
  return actions.find((action) => action.type === type)?.params;
}

const AFTER = 'xstate.after.1000.m.working';

test('this is the version that the facts below were read from', () => {
  const path = createRequire(import.meta.url).resolve('xstate/package.json');
  expect(JSON.parse(readFileSync(path, 'utf8')).version).toMatch(/^5\.33\./);
});

describe('effects come back as data', () => {
  test('entry actions first, then the timer, then the invocation', () => {
    const [, actions] = initialTransition(machine());
    expect(effects(actions)).toEqual(['tell', 'xstate.raise', 'xstate.spawnChild']);
    expect(actions[0]).toMatchObject({ params: { text: 'hello' } });
    expect(actions[1]).toMatchObject({ params: { id: AFTER, event: { type: AFTER }, delay: 1000 } });
    expect(actions[2]).toMatchObject({ params: { id: 'job', src: 'child', input: { count: 0 } } });
  });

  test('a cancel comes before a raise of the same id, and a stop before a spawn of the same id', () => {
    const m = machine();
    const [before] = initialTransition(m);
    const [, actions] = transition(m, before, { type: 'AGAIN' });
    expect(effects(actions)).toEqual([
      'xstate.cancel',
      'xstate.stopChild',
      'tell',
      'xstate.raise',
      'xstate.spawnChild',
    ]);
    expect(actions[0]).toMatchObject({ params: { sendId: AFTER } });
    expect(actions[1]).toMatchObject({ params: { id: 'job' } });
  });

  test('entering a state again gives the same ids: they are no fence', () => {
    const m = machine();
    const [first, opened] = initialTransition(m);
    const [, reopened] = transition(m, first, { type: 'AGAIN' });
    expect(reopened.at(-1)).toMatchObject({ type: 'xstate.spawnChild', params: { id: 'job' } });
    expect(opened.at(-1)).toMatchObject({ type: 'xstate.spawnChild', params: { id: 'job' } });
  });

  test('a stale error of the first entry moves the second', () => {
    const m = machine();
    let [state] = initialTransition(m);
    [state] = transition(m, state, { type: 'AGAIN' });
    const stale = { type: 'xstate.error.actor.job', error: 'from the first' };
    expect(transition(m, state, stale)[0].value).toBe('late');
  });

  test('a transition to its own state without reenter keeps the state and its timers', () => {
    const m = machine();
    const [before] = initialTransition(m);
    expect(transition(m, before, { type: 'STAY' })[1]).toEqual([]);
  });

  test('assigning is no effect', () => {
    const m = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { GO: { actions: assign({ seen: true }) } } } },
    });
    const [before] = initialTransition(m);
    expect(transition(m, before, { type: 'GO' })[1]).toEqual([]);
  });

  test('what was left unfinished is stopped when the machine is done', () => {
    const m = createMachine(
      {
        id: 'm',
        initial: 'a',
        invoke: { id: 'root-job', src: 'child' },
        states: { a: { on: { END: 'end' } }, end: { type: 'final' } },
      },
      { actors: { child } },
    );
    const [before] = initialTransition(m);
    const [after, actions] = transition(m, before, { type: 'END' });
    expect(after.status).toBe('done');
    expect(effects(actions)).toEqual(['xstate.stopChild']);
  });
});

describe('restoring', () => {
  const stub = { id: 'job' };

  function restored(value: string, children: Record<string, unknown> = {}): AnyMachineSnapshot {
    const snapshot = machine().resolveState({ value, context: { count: 0 } });
    snapshot.children = children as typeof snapshot.children;
    return snapshot;
  }

  test('without stand-in children a stopChild says nothing of what to stop', () => {
    const [, actions] = transition(machine(), restored('working'), { type: 'LEAVE' });
    expect(paramsOf(actions, 'xstate.stopChild')).toBeUndefined();
  });

  test('with them it does, and an id is all that a stand-in needs (control)', () => {
    const [, actions] = transition(machine(), restored('working', { job: stub }), { type: 'LEAVE' });
    expect(paramsOf(actions, 'xstate.stopChild')).toMatchObject(stub);
  });

  test('history holds nodes, which do not survive JSON, and maps back by id', () => {
    const m = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          initial: 'x',
          on: { OUT: 'b' },
          states: { x: { on: { NEXT: 'y' } }, y: {}, h: { type: 'history' } },
        },
        b: { on: { BACK: 'a.h' } },
      },
    });
    let [state] = initialTransition(m);
    [state] = transition(m, state, { type: 'NEXT' });
    [state] = transition(m, state, { type: 'OUT' });
    const ids = state.historyValue['m.a.h']?.map((node) => node.id);
    expect(ids).toEqual(['m.a.y']);

    const back = (historyValue: AnyMachineSnapshot['historyValue']) =>
      transition(m, m.resolveState({ value: 'b', historyValue }), { type: 'BACK' })[0].value;
    expect(back({ 'm.a.h': [m.getStateNodeById('m.a.y')] })).toEqual({ a: 'y' });
    expect(back({})).toEqual({ a: 'x' });
  });

  test('a final output is lost by a persisted value: resolveState does not compute it', () => {
    const m = machine();
    const [before] = initialTransition(m);
    const [done] = transition(m, before, { type: 'xstate.done.actor.job', output: 1 });
    expect(done.output).toEqual({ answer: 42 });
    expect(m.resolveState({ value: done.value, context: { count: 0 } }).output).toBeUndefined();
  });

  test('a value that the machine does not have throws', () => {
    expect(() => machine().resolveState({ value: 'gone', context: {} })).toThrow("'gone' does not exist");
    expect(() => machine().getStateNodeById('m.gone')).toThrow('does not exist');
  });

  test('a value that lacks a region is silently filled in', () => {
    const m = createMachine({
      id: 'm',
      type: 'parallel',
      states: { a: { initial: 'x', states: { x: {} } }, b: { initial: 'y', states: { y: {} } } },
    });
    expect(m.resolveState({ value: { a: 'x' } }).value).toEqual({ a: 'x', b: 'y' });
  });
});

describe('what passes silently, so it is checked before', () => {
  test('an unknown event changes nothing and says nothing', () => {
    const m = machine();
    const [before] = initialTransition(m);
    const [after, actions] = transition(m, before, { type: 'NO_SUCH_EVENT' });
    expect(actions).toEqual([]);
    expect(after.value).toBe(before.value);
    expect(m.getTransitionData(before, { type: 'NO_SUCH_EVENT' })).toEqual([]);
  });

  test('an action without implementation comes back like any other', () => {
    const [, actions] = initialTransition(machine());
    expect(actions[0]).toMatchObject({ type: 'tell', exec: undefined });
  });

  test('a late error of any invocation puts the whole machine in error', () => {
    const m = machine();
    const [before] = initialTransition(m);
    const [away] = transition(m, before, { type: 'LEAVE' });
    expect(transition(m, away, { type: 'xstate.error.actor.job', error: 'late' })[0].status).toBe('error');
  });

  test('a late success does nothing (control)', () => {
    const m = machine();
    const [before] = initialTransition(m);
    const [away] = transition(m, before, { type: 'LEAVE' });
    expect(transition(m, away, { type: 'xstate.done.actor.job', output: 1 })[0].status).toBe('active');
  });

  test('a stop event from outside ends the machine', () => {
    const m = machine();
    const [before] = initialTransition(m);
    expect(transition(m, before, { type: 'xstate.stop' })[0].status).toBe('stopped');
  });
});

describe('what throws', () => {
  const thrower = () => {
    throw Object.assign(new Error('mine'), { code: 'mine' });
  };

  test('a guard throws out of transition, as another error without our code', () => {
    const m = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { GO: { guard: thrower, target: 'a' } } } },
    });
    const [before] = initialTransition(m);
    let found: unknown;
    try {
      transition(m, before, { type: 'GO' });
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(Error);
    expect(String(found)).toContain('Unable to evaluate guard');
    expect(found).not.toHaveProperty('code');
  });

  test('on the first step it is put into the snapshot instead', () => {
    const m = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { always: { guard: thrower, target: 'b' } }, b: {} },
    });
    expect(initialTransition(m)[0]).toMatchObject({ status: 'error', error: { code: 'mine' } });
  });

  test('each transition builds an initial state of its own, without input, and forgives what that throws', () => {
    const inputs: unknown[] = [];
    const m = createMachine({
      id: 'm',
      initial: 'a',
      context: ({ input }: { input: unknown }) => {
        inputs.push(input);
        if (input === undefined) throw new Error('no input');
        return {};
      },
      states: { a: { on: { GO: 'b' } }, b: {} },
    });
    const [before] = initialTransition(m, { given: true });
    expect(inputs).toEqual([undefined, { given: true }]);
    expect(transition(m, before, { type: 'GO' })[0].value).toBe('b');
    expect(inputs).toHaveLength(3);
  });

  test('an eventless loop is endless unless maxIterations is set', () => {
    const states = { a: { always: 'b' }, b: { always: 'a' }, rest: { on: { GO: 'a' } } };
    const bounded = createMachine({ id: 'm', initial: 'rest', states, options: { maxIterations: 10 } });
    const [before] = initialTransition(bounded);
    expect(() => transition(bounded, before, { type: 'GO' })).toThrow('Infinite loop detected');
    expect(createMachine({ id: 'm', initial: 'rest', states }).options.maxIterations).toBe(Infinity);
  });
});

describe('regions', () => {
  test('a reentering transition between two regions enters all regions of the parallel state again', () => {
    const m = createMachine({
      id: 'm',
      type: 'parallel',
      states: {
        left: { initial: 'a', states: { a: { on: { JUMP: { target: '#there', reenter: true } } } } },
        right: { initial: 'b', states: { b: {}, c: { id: 'there' } } },
        third: { initial: 'd', states: { d: { on: { STEP: 'e' } }, e: {} } },
      },
    });
    let [state] = initialTransition(m);
    [state] = transition(m, state, { type: 'STEP' });
    [state] = transition(m, state, { type: 'JUMP' });
    expect(state.value).toEqual({ left: 'a', right: 'c', third: 'd' });
  });
});

describe('a live actor restored from a snapshot, which Cordon never makes', () => {
  function live(snapshot?: unknown) {
    const clock = new SimulatedClock();
    let runs = 0;
    const m = machine().provide({
      actors: {
        child: fromPromise(() => {
          runs += 1;
          return new Promise(() => {});
        }),
      },
    });
    const actor = createActor(m, {
      clock,
      ...(snapshot === undefined ? {} : { snapshot: snapshot as never }),
    });
    actor.start();
    return { actor, clock, runs: () => runs };
  }

  test('loses its after timers', () => {
    const first = live();
    const second = live(JSON.parse(JSON.stringify(first.actor.getPersistedSnapshot())));
    second.clock.increment(5000);
    expect(second.actor.getSnapshot().value).toBe('working');
    first.clock.increment(5000);
    expect(first.actor.getSnapshot().value).toBe('late'); // control: the timer of the first is there
  });

  test('runs its invocations again', () => {
    const first = live();
    expect(first.runs()).toBe(1);
    const second = live(JSON.parse(JSON.stringify(first.actor.getPersistedSnapshot())));
    expect(second.runs()).toBe(1);
  });
});
