import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { codeOf } from '../../src/error.ts';
import type { Json, JsonObject } from '../../src/json.ts';
import { buildModel } from '../../src/playbook/build.ts';
import type { CompiledPlaybook } from '../../src/playbook/compile.ts';
import type { Report } from '../../src/playbook/diagnostic.ts';
import { reachableConfigurations } from '../../src/playbook/explore.ts';
import { createChartMachine } from '../../src/playbook/machine.ts';
import { playbookDocument } from '../../src/playbook/schema.ts';
import { parseSource } from '../../src/playbook/source.ts';
import { startChart, stepChart } from '../../src/playbook/step.ts';
import type { StoredChart } from '../../src/playbook/types.ts';
import { catalogue } from '../unit/playbook/catalogue.ts';
import { ambient } from '../unit/playbook/fixtures.ts';

/** Random statecharts over three signals: what the machine does, the checker must have foreseen. */

const SIGNALS = ['alert.updated', 'target.added', 'escalation.acknowledged'];
const NAMES = ['a', 'b', 'c'];
const GUARDS = ['vars.n > 1', 'vars.n < 3', 'incident.contained'];

const transition = (targets: readonly string[]) =>
  fc.record(
    {
      target: fc.constantFrom(...targets),
      guard: fc.constantFrom(...GUARDS),
      assign: fc.constant({ n: '${' + '{ vars.n + 1 }}' }),
    },
    { requiredKeys: ['target'] },
  );

const leaf = (targets: readonly string[]) =>
  fc.record(
    {
      on: fc.dictionary(fc.constantFrom(...SIGNALS), transition(targets), { minKeys: 1, maxKeys: 3 }),
      always: fc.record({ target: fc.constantFrom(...targets), guard: fc.constantFrom(...GUARDS) }),
    },
    { requiredKeys: ['on'] },
  );

function compound(prefix: string, outer: readonly string[]): fc.Arbitrary<JsonObject> {
  const targets = [...NAMES, 'end', ...outer];
  return fc
    .tuple(
      leaf(targets),
      leaf(targets),
      leaf(targets),
      fc.constantFrom(...NAMES),
      fc.constantFrom('shallow', 'deep'),
    )
    .map(([a, b, c, initial, history]) => ({
      initial,
      states: {
        a,
        b,
        c,
        end: { type: 'final' },
        last: { id: `${prefix}-last`, type: 'history', history },
      },
    })) as fc.Arbitrary<JsonObject>; // made of plain JSON
}

const document = fc
  .record({
    left: compound('left', ['#rest']),
    right: compound('right', ['#rest']),
    simple: compound('simple', ['#rest', '#both']),
    rest: leaf(['simple', 'both', 'end', '#left-last', '#right-last', '#simple-last']),
    done: fc.constantFrom('rest', 'simple', 'end'),
    start: fc.constantFrom('both', 'simple', 'rest'),
  })
  .map(({ left, right, simple, rest, done, start }) => ({
    id: 'random',
    version: 1,
    title: 'Random',
    triggers: [],
    vars: { n: { type: 'number', default: 0 } },
    initial: start,
    states: {
      both: { id: 'both', type: 'parallel', states: { left, right }, onDone: done },
      simple: { ...simple, onDone: 'end' },
      rest: { id: 'rest', ...rest },
      end: { type: 'final' },
    },
  }));

function leavesOf(value: Json, at = ''): readonly string[] {
  const join = (key: string) => (at === '' ? key : `${at}.${key}`);
  if (typeof value === 'string') return [join(value)];
  return Object.entries(value as JsonObject).flatMap(([key, inner]) => leavesOf(inner ?? null, join(key)));
}

/** Compiles without the exploration: most random charts have unreachable states, which is beside the point here. */
function compileUnexplored(text: string): CompiledPlaybook {
  const fail: Report = (_at, code, message) => {
    throw new Error(`${code} ${message}`);
  };
  const source = parseSource(text, fail);
  if (source === undefined) throw new Error('the document could not be parsed');
  const model = buildModel(playbookDocument.parse(source.value), source, catalogue, fail);
  const charts = new Map(
    [...model.charts].map(([path, chart]) => [path, { chart, machine: createChartMachine(chart, model.id) }]),
  );
  const { id, version, title, triggers } = model;
  return { id, version, title, triggers, charts, model, source: text, sha256: '' };
}

/** The leaves that a chart was in, one name for each rest; a chart that loops ends there. */
function wander(playbook: CompiledPlaybook, events: readonly string[]): readonly string[] {
  const visited: string[] = [];
  try {
    let { chart } = startChart(playbook, '', ambient());
    visited.push(leavesOf(chart.value).join(' '));
    for (const name of events) {
      const stored = JSON.parse(JSON.stringify(chart)) as StoredChart;
      chart = stepChart(playbook, '', stored, { kind: 'signal', name, payload: {} }, ambient()).chart;
      visited.push(leavesOf(chart.value).join(' '));
    }
  } catch (error) {
    if (codeOf(error) !== 'cordon_playbook_loop') throw error;
  }
  return visited;
}

describe('a random chart', () => {
  test('is only ever in configurations that the checker foresees, and survives JSON at every step', () => {
    const visited = new Set<string>();
    fc.assert(
      fc.property(document, fc.array(fc.constantFrom(...SIGNALS), { maxLength: 25 }), (playbook, events) => {
        const compiled = compileUnexplored(stringify(playbook, { aliasDuplicateObjects: false }));
        const chart = compiled.charts.get('')?.chart;
        const reachable = (chart && reachableConfigurations(chart)) ?? new Set();
        const found = wander(compiled, events);
        for (const leaves of found) visited.add(leaves);
        expect(found.filter((leaves) => !reachable.has(leaves))).toEqual([]);
      }),
      { numRuns: 150 },
    );
    // Control: the charts did go places.
    expect(visited.size).toBeGreaterThan(12);
  });
});
