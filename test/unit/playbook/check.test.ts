import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../../src/action/catalogue.ts';
import { buildCatalogue } from '../../../src/playbook/catalogue.ts';
import { checkPlaybook } from '../../../src/playbook/check.ts';
import { compilePlaybook } from '../../../src/playbook/compile.ts';
import { DIAGNOSTIC_CODES } from '../../../src/playbook/diagnostic.ts';
import { catalogue } from './catalogue.ts';

/** Each document is sound but for one thing; the marks ⟦ ⟧ stand where the finding must point. */
const HEAD = 'id: fixture\nversion: 1\ntitle: Fixture\ntriggers: []\n';

interface Case {
  readonly code: string;
  readonly name: string;
  readonly text: string;
}

const CASES: readonly Case[] = [
  {
    code: 'cordon_playbook_syntax',
    name: 'a key twice',
    text: `${HEAD}initial: a\nstates:\n  a: { type: final }\n  ⟦a: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_syntax',
    name: 'an alias',
    text: `${HEAD}initial: a\nstates:\n  a: { type: final }\n  b: ⟦*a\n`,
  },
  {
    code: 'cordon_playbook_syntax',
    name: 'a tag',
    text: `${HEAD}initial: !!str ⟦a\nstates: { a: { type: final } }\n`,
  },
  {
    code: 'cordon_playbook_schema',
    name: 'a misspelt key',
    text: `${HEAD}initial: a\nstates:\n  a:\n    invoke:\n      src: postmortem.draft\n      onDone: b\n      ⟦onErorr: b\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_schema',
    name: 'a misspelt key of a transition',
    text: `${HEAD}initial: a\nstates:\n  a:\n    on:\n      release.requested: { target: b, ⟦gaurd: 'true' }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_schema',
    name: 'something else than a duration',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after: { ⟦soon: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_schema',
    name: 'a final state that does something',
    text: `${HEAD}initial: a\nstates:\n  a: { type: final, ⟦after: { 1s: a } }\n`,
  },
  {
    code: 'cordon_playbook_duplicate_id',
    name: 'one id twice',
    text: `${HEAD}initial: a\nstates:\n  a: { id: x, always: b }\n  b: { id: ⟦x, type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_target',
    name: 'a target that is not there',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after:\n      1s: ⟦gone\n`,
  },
  {
    code: 'cordon_playbook_unknown_target',
    name: 'an id that is not there',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after: { 1s: { target: ⟦'#gone' } }\n`,
  },
  {
    code: 'cordon_playbook_unknown_target',
    name: 'an initial state that is not there',
    text: `${HEAD}⟦initial: gone\nstates:\n  a: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_crosses_regions',
    name: 'a jump between regions',
    text: `${HEAD}initial: p\nstates:\n  p:\n    type: parallel\n    onDone: end\n    states:\n      x: { initial: a, states: { a: { after: { 1s: ⟦'#there' } }, b: { type: final } } }\n      y: { initial: c, states: { c: { id: there, after: { 1s: d } }, d: { type: final } } }\n  end: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_nested_for_each',
    name: 'a forEach in a forEach',
    text: `${HEAD}initial: a\nstates:\n  a:\n    forEach: incident.targets\n    initial: x\n    states:\n      x:\n        ⟦forEach: incident.targets\n        initial: y\n        states: { y: { type: final } }\n    onDone: b\n    onError: b\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_action',
    name: 'an unknown action',
    text: `${HEAD}initial: a\nstates:\n  a:\n    invoke: { src: ⟦lambda.explode, onDone: b, onError: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_needs_target',
    name: 'an action outside a forEach',
    text: `${HEAD}initial: a\nstates:\n  a:\n    invoke: { src: ⟦evidence.snapshot, onDone: b, onError: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_role',
    name: 'an unknown role',
    text: `${HEAD}initial: a\nstates:\n  a:\n    invoke:\n      src: human.question\n      input: { form: triage, to: ⟦boss }\n      onDone: b\n      onError: b\n    after: { 1m: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_form',
    name: 'an unknown form',
    text: `${HEAD}initial: a\nstates:\n  a:\n    invoke:\n      src: human.question\n      input: { form: ⟦survey, to: responder }\n      onDone: b\n      onError: b\n    after: { 1m: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_event',
    name: 'an unknown event',
    text: `${HEAD}initial: a\nstates:\n  a:\n    on: { ⟦release.requsted: b }\n    after: { 1s: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_event',
    name: 'a wildcard',
    text: `${HEAD}initial: a\nstates:\n  a:\n    on:\n      ⟦release.*: b\n    after: { 1s: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_event',
    name: 'an event of XState',
    text: `${HEAD}initial: a\nstates:\n  a:\n    on: { ⟦xstate.stop: b }\n    after: { 1s: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_notification',
    name: 'an unknown notification',
    text: `${HEAD}initial: a\nstates:\n  a:\n    type: final\n    entry: [{ notify: ⟦shout }]\n`,
  },
  {
    code: 'cordon_playbook_unknown_variable',
    name: 'an unknown variable in a guard',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after:\n      1s:\n        - { guard: vars.⟦tries > 3, target: b }\n        - { target: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_variable',
    name: 'an event where there is none',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after:\n      1s: [{ guard: ⟦event.output.x == 1, target: b }, { target: b }]\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unknown_variable',
    name: 'an assignment to nothing',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after: { 1s: { target: b, assign: { ⟦tries: 1 } } }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_bad_input',
    name: 'an input that is not declared',
    text: `${HEAD}initial: a\nstates:\n  a:\n    invoke:\n      src: postmortem.draft\n      input: { ⟦length: 3 }\n      onDone: b\n      onError: b\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_bad_input',
    name: 'an input that is missing',
    text: `${HEAD}initial: a\nstates:\n  a:\n    invoke:\n      src: human.question\n      ⟦input: { form: triage }\n      onDone: b\n      onError: b\n    after: { 1m: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_bad_input',
    name: 'an ill-typed parameter',
    text: `${HEAD}initial: a\nstates:\n  a:\n    type: final\n    entry:\n      - notify: postmortem-failed\n        params: { code: ⟦3 }\n`,
  },
  {
    code: 'cordon_playbook_bad_expression',
    name: 'a mixture of text and expression',
    text: `${HEAD}initial: a\nstates:\n  a:\n    type: final\n    entry:\n      - notify: postmortem-failed\n        params: { code: ⟦'code \${{ incident.id }}' }\n`,
  },
  {
    code: 'cordon_playbook_bad_expression',
    name: 'matches',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after:\n      1s: [{ guard: 'true && ⟦alert.title.matches("x")', target: b }, { target: b }]\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_ill_typed',
    name: 'a guard that is no truth value',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after:\n      1s: [{ guard: ⟦alert.title, target: b }, { target: b }]\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_ill_typed',
    name: 'an assignment of another type',
    text: `${HEAD}vars: { tries: { type: number, default: 0 } }\ninitial: a\nstates:\n  a:\n    after: { 1s: { target: b, assign: { tries: ⟦'\${{ alert.title }}' } } }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_ill_typed',
    name: 'a default of another type',
    text: `${HEAD}vars: { tries: { type: number, default: ⟦none } }\ninitial: a\nstates:\n  a: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_optional_field',
    name: 'an optional answer read without asking',
    text: `${HEAD}vars: { severity: { type: number, default: 3 } }\ninitial: a\nstates:\n  a:\n    invoke:\n      src: human.question\n      input: { form: triage, to: responder }\n      onDone: { target: b, assign: { severity: '\${{ ⟦event.output.severity }}' } }\n      onError: b\n    after: { 1m: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_missing_outcome',
    name: 'an invocation without onError',
    text: `${HEAD}initial: a\nstates:\n  a:\n    ⟦invoke: { src: postmortem.draft, onDone: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_missing_outcome',
    name: 'a forEach without onError',
    text: `${HEAD}initial: a\nstates:\n  a:\n    ⟦forEach: incident.targets\n    initial: x\n    states: { x: { type: final } }\n    onDone: b\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_outcome_not_total',
    name: 'an outcome whose guards may all be false',
    text: `${HEAD}initial: a\nstates:\n  a:\n    invoke:\n      src: postmortem.draft\n      onDone:\n        - { target: b }\n      onError:\n        - ⟦{ guard: event.error.code == "x", target: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_outcome_not_total',
    name: 'a transition after one without guard',
    text: `${HEAD}initial: a\nstates:\n  a:\n    on:\n      release.requested:\n        - ⟦{ target: b }\n        - { target: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_human_without_deadline',
    name: 'a question without deadline',
    text: `${HEAD}initial: a\nstates:\n  a:\n    ⟦invoke:\n      src: human.question\n      input: { form: triage, to: responder }\n      onDone: b\n      onError: b\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_irreversible_unmarked',
    name: 'an irreversible action without its mark',
    text: `${HEAD}initial: a\nstates:\n  a:\n    forEach: incident.targets\n    initial: x\n    states:\n      x:\n        invoke: { src: ⟦lambda.delete-function, onDone: y, onError: y }\n      y: { type: final }\n    onDone: c\n    onError: c\n  c:\n    invoke: { src: containment.release, onDone: b, onError: c }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_unreachable_state',
    name: 'a state that nothing leads to',
    text: `${HEAD}initial: a\nstates:\n  a: { after: { 1s: b } }\n  ⟦island: { after: { 1s: b } }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_no_way_to_final',
    name: 'a state with no way out',
    text: `${HEAD}initial: a\nstates:\n  a:\n    after: { 1s: b, 2s: trap }\n  b: { type: final }\n  ⟦trap: { description: nobody leaves }\n`,
  },
  {
    code: 'cordon_playbook_no_way_to_final',
    name: 'a region that never ends',
    text: `${HEAD}initial: p\nstates:\n  p:\n    type: parallel\n    onDone: b\n    states:\n      x: { initial: one, states: { one: { after: { 1s: two } }, two: { type: final } } }\n      y: { initial: three, states: { three: { after: { 1s: { target: four } } }, ⟦four: { description: waits } } }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_open_hold',
    name: 'an end while a hold is open',
    text: `${HEAD}initial: a\nstates:\n  a:\n    forEach: incident.targets\n    initial: x\n    states:\n      x:\n        invoke: { src: lambda.reserve-zero-concurrency, onDone: y, onError: y }\n      y: { type: final }\n    onDone: b\n    onError: b\n  ⟦b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_open_hold',
    name: 'an end after a release that failed',
    text: `${HEAD}initial: a\nstates:\n  a:\n    forEach: incident.targets\n    initial: x\n    states:\n      x:\n        invoke: { src: lambda.reserve-zero-concurrency, onDone: y, onError: y }\n      y: { type: final }\n    onDone: c\n    onError: c\n  c:\n    invoke: { src: containment.release, onDone: b, onError: d }\n  b: { type: final }\n  ⟦d: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_open_hold',
    name: 'a release beside a containment that still runs',
    text: `${HEAD}initial: p\nstates:\n  p:\n    type: parallel\n    onDone: b\n    states:\n      left:\n        initial: a\n        states:\n          a:\n            forEach: incident.targets\n            initial: x\n            states:\n              x:\n                invoke: { src: lambda.reserve-zero-concurrency, onDone: y, onError: y }\n              y: { type: final }\n            onDone: e\n            onError: e\n          e: { type: final }\n      right:\n        initial: c\n        states:\n          c:\n            invoke: { src: containment.release, onDone: d, onError: c }\n          d: { type: final }\n  ⟦b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_eventless_cycle',
    name: 'a circle of eventless transitions',
    text: `${HEAD}initial: a\nstates:\n  a:\n    always: [{ guard: incident.contained, target: b }, { target: c }]\n  b:\n    ⟦always: a\n  c: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_eventless_cycle',
    name: 'an always that only assigns',
    text: `${HEAD}vars: { n: { type: number, default: 0 } }\ninitial: a\nstates:\n  a:\n    ⟦always: { guard: vars.n < 3, assign: { n: 1 } }\n    after: { 1s: b }\n  b: { type: final }\n`,
  },
  {
    code: 'cordon_playbook_too_large',
    name: 'more combinations than can be explored',
    text: `⟦${HEAD}initial: p\nstates:\n  p:\n    type: parallel\n    onDone: end\n    states:\n${Array.from({ length: 6 }, (_, r) => `      r${r}:\n        initial: s0\n        states:\n${Array.from({ length: 6 }, (_, s) => `          s${s}: { after: { 1s: s${s + 1} } }\n`).join('')}          s6: { type: final }\n`).join('')}  end: { type: final }\n`,
  },
];

describe('the checker refuses', () => {
  test.each(CASES)('$name ($code)', ({ text, code }) => {
    const before = text.slice(0, text.indexOf('⟦'));
    const lines = before.split('\n');
    const clean = text.replace('⟦', '');
    expect(checkPlaybook(clean, 'fixture.yaml', catalogue)).toEqual([
      {
        file: 'fixture.yaml',
        line: lines.length,
        column: (lines.at(-1) ?? '').length + 1,
        code,
        message: expect.any(String),
      },
    ]);
    expect(() => compilePlaybook(clean, catalogue)).toThrow(
      expect.objectContaining({ code: 'cordon_playbook_invalid' }),
    );
  });

  test('each rule is shown at work', () => {
    expect(new Set(CASES.map((item) => item.code))).toEqual(new Set(DIAGNOSTIC_CODES));
  });

  test('a document that is far too long, without reading it', () => {
    const long = `# ${'x'.repeat(300_000)}`;
    expect(checkPlaybook(long, 'f', catalogue)).toMatchObject([{ code: 'cordon_playbook_too_large' }]);
  });

  test.each(['', '[]', 'just text', 'null', '{', '\u0000', 'id: [a'])('%j without throwing', (text) => {
    expect(checkPlaybook(text, 'f', catalogue).length).toBeGreaterThan(0);
  });

  test('several faults at once, in document order', () => {
    const text = `${HEAD}initial: a\nstates:\n  a:\n    invoke: { src: gone, onDone: b, onError: b }\n  b:\n    after: { 1s: nowhere }\n`;
    expect(checkPlaybook(text, 'f', catalogue).map((finding) => [finding.line, finding.code])).toEqual([
      [8, 'cordon_playbook_unknown_action'],
      [10, 'cordon_playbook_unknown_target'],
    ]);
  });
});

describe('the checker accepts', () => {
  test.each([
    [
      'an irreversible action with its mark',
      'invoke: { src: lambda.delete-function, irreversible: true, onDone: y, onError: y }',
    ],
    [
      'a reversible action (control)',
      'invoke: { src: lambda.reserve-zero-concurrency, onDone: y, onError: y }',
    ],
  ])('%s', (_name, invoke) => {
    const text = `${HEAD}initial: a\nstates:\n  a:\n    forEach: incident.targets\n    initial: x\n    states:\n      x:\n        ${invoke}\n      y: { type: final }\n    onDone: c\n    onError: c\n  c:\n    invoke: { src: containment.release, onDone: b, onError: c }\n  b: { type: final }\n`;
    expect(checkPlaybook(text, 'f', catalogue)).toEqual([]);
  });

  test('a hold that is handed over instead of released', () => {
    const text = `${HEAD}initial: a\nstates:\n  a:\n    forEach: incident.targets\n    initial: x\n    states:\n      x:\n        invoke: { src: lambda.reserve-zero-concurrency, onDone: y, onError: y }\n      y: { type: final }\n    onDone: c\n    onError: c\n  c:\n    invoke: { src: containment.hand-over, input: { to: commander }, onDone: b, onError: c }\n    after: { 1d: c }\n  b: { type: final }\n`;
    expect(checkPlaybook(text, 'f', catalogue)).toEqual([]);
  });

  test.each([
    ['the actions of the catalogue', buildCatalogue(CATALOGUE)],
    ['what the other tests take them to be', catalogue],
  ])('the playbook that ships, with %s', (_name, known) => {
    const path = new URL('../../../playbooks/lambda-compromise.yaml', import.meta.url);
    expect(checkPlaybook(readFileSync(path, 'utf8'), 'lambda-compromise.yaml', known)).toEqual([]);
  });
});
