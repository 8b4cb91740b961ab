import { describe, expect, test } from '@jest/globals';
import { compileExpression, MAX_EXPRESSION_LENGTH } from '../../../src/playbook/expression.ts';
import { ALERT_SHAPE, createScope, INCIDENT_SHAPE } from '../../../src/playbook/scope.ts';
import { ANY, NUMBER, objectShape, STRING, STRINGS } from '../../../src/playbook/shape.ts';
import { alert, ambient } from './fixtures.ts';

const scope = createScope({
  incident: INCIDENT_SHAPE,
  alert: ALERT_SHAPE,
  vars: objectShape({ tries: NUMBER, note: STRING, list: STRINGS, any: ANY }),
  event: objectShape({ output: objectShape({ verdict: STRING, severity: NUMBER }, ['severity']), raw: ANY }),
});

const values = {
  ...ambient(),
  alert,
  vars: { tries: 2, note: 'a note', list: ['a', 'b'], any: null },
  event: { output: { verdict: 'benign' }, raw: { n: 3, text: 'x', items: [1, 2] } },
};

function compiled(source: string) {
  const result = compileExpression(source, scope);
  if (result.kind === 'refused') throw new Error(`${source}: ${result.code} ${result.message}`);
  return result.expression;
}

describe('an expression', () => {
  test.each([
    ['vars.tries + 1', 3],
    ['vars.tries == 2', true],
    ['vars.tries != 2', false],
    ['2 < vars.tries', false],
    ['size(vars.list)', 2],
    ['size(vars.list) == 2', true],
    ['1 + 2', 3],
    ['vars.tries / 4', 0.5],
    ['-vars.tries', -2],
    ['double(event.raw.n) + 1', 4],
    ['vars.list + ["c"]', ['a', 'b', 'c']],
    ['vars.list.filter(x, x != "a")', ['b']],
    [
      'vars.list.map(x, {"name": x, "n": 1})',
      [
        { name: 'a', n: 1 },
        { name: 'b', n: 1 },
      ],
    ],
    ['incident.targets[0].functionName', 'checkout'],
    ['incident.targets.all(t, size(t.roles) == 1)', true],
    ['has(event.output.severity) ? event.output.severity : vars.tries', 2],
    ['has(event.output.severity) && event.output.severity > 1', false],
    ['alert.findingType.startsWith("Backdoor:")', true],
    ['vars.any == null', true],
    ['event.raw', { n: 3, text: 'x', items: [1, 2] }],
  ])('%s is %j', (source, expected) => {
    const value = compiled(source).evaluate(values);
    expect(value).toEqual(expected);
    expect(JSON.parse(JSON.stringify(value))).toEqual(value);
  });

  test.each([
    ['foo', 'cordon_playbook_unknown_variable', 0],
    ['vars.nope', 'cordon_playbook_unknown_variable', 5],
    ['incident.targets[0].nope', 'cordon_playbook_unknown_variable', 20],
    ['item.functionArn', 'cordon_playbook_unknown_variable', 0],
    ['vars.note == 3', 'cordon_playbook_ill_typed', 0],
    ['vars.note.matches("a+")', 'cordon_playbook_bad_expression', 0],
    ['"a".matches("a")', 'cordon_playbook_bad_expression', 0],
    ['vars.list.join(",")', 'cordon_playbook_bad_expression', 0],
    ['vars.note.split(" ")', 'cordon_playbook_bad_expression', 0],
    ['string(vars.tries)', 'cordon_playbook_bad_expression', 0],
    ['vars.note.substring(1)', 'cordon_playbook_bad_expression', 0],
    ['cel.bind(x, 1, x)', 'cordon_playbook_bad_expression', 0],
    ['timestamp("2026-01-01T00:00:00Z")', 'cordon_playbook_bad_expression', 0],
    ['"a" + alert.title', 'cordon_playbook_bad_expression', 0],
    ['event.raw.text + event.raw.text', 'cordon_playbook_bad_expression', 0],
    ['vars.list.map(x, x + "a")', 'cordon_playbook_bad_expression', 17],
    ['vars.tries >', 'cordon_playbook_bad_expression', 12],
    ['event.output.severity > 1', 'cordon_playbook_optional_field', 0],
    ['alert.target.roleArn == "x"', 'cordon_playbook_optional_field', 0],
    ['vars.list.all(a, vars.list.all(b, vars.list.all(c, a == c)))', 'cordon_playbook_bad_expression', 34],
    ['x'.repeat(MAX_EXPRESSION_LENGTH + 1), 'cordon_playbook_bad_expression', 0],
    [`${'('.repeat(40)}1${')'.repeat(40)}`, 'cordon_playbook_bad_expression', expect.any(Number)],
    [Array.from({ length: 120 }, () => '1').join('+'), 'cordon_playbook_bad_expression', expect.any(Number)],
  ])('%s is refused', (source, code, offset) => {
    expect(compileExpression(source, scope)).toEqual({
      kind: 'refused',
      code,
      offset,
      message: expect.any(String),
    });
  });

  test.each([
    ['a field that is not there', 'event.raw.nope'],
    ['an index that is not there', 'event.raw.items[7]'],
    ['the inside of an object that every JavaScript object has', 'event.raw.constructor'],
    ['a prototype', 'event.raw.__proto__'],
    ['a division by zero', '1 / 0'],
    ['a number that JSON cannot hold', 'vars.tries / 0.0'],
    ['an integer that a double cannot hold', '9007199254740993'],
    ['unlike operands', 'event.raw.text > 1'],
    ['bytes', 'b"ab"'],
    ['an unsigned integer', '1u'],
  ])('throws a coded error for %s', (_name, source) => {
    expect(() => compiled(source).evaluate(values)).toThrow(
      expect.objectContaining({ code: 'cordon_expression_failed' }),
    );
  });

  test('has() finds nothing that only the prototype has', () => {
    expect(compiled('has(event.raw.toString)').evaluate(values)).toBe(false);
  });
});
