import { describe, expect, test } from '@jest/globals';
import { compilePlaybook } from '../../../src/playbook/compile.ts';
import { matchPlaybook } from '../../../src/playbook/match.ts';
import { catalogue } from './catalogue.ts';
import { alert } from './fixtures.ts';

function playbook(id: string, when: string, order: number) {
  return compilePlaybook(
    `id: ${id}\nversion: 1\ntitle: T\ntriggers: [{ when: '${when}', order: ${order} }]\ninitial: end\nstates: { end: { type: final } }\n`,
    catalogue,
  );
}

describe('matching', () => {
  const severe = playbook('severe', 'alert.severity >= 7', 100);
  const any = playbook('any', 'true', 200);

  test('takes the trigger of the lowest order whose expression holds', () => {
    expect(matchPlaybook([any, severe], alert)?.id).toBe('severe');
    expect(matchPlaybook([any, severe], { ...alert, severity: 4 })?.id).toBe('any');
  });

  test('breaks a tie by id, whatever the order of the list', () => {
    const other = playbook('another', 'true', 100);
    expect(matchPlaybook([severe, other], alert)?.id).toBe('another');
    expect(matchPlaybook([other, severe], alert)?.id).toBe('another');
  });

  test('finds nothing when no trigger holds', () => {
    expect(matchPlaybook([severe], { ...alert, severity: 1 })).toBeUndefined();
    expect(matchPlaybook([], alert)).toBeUndefined();
  });

  test('gives an alert that a trigger cannot judge to a person, not to the next playbook', () => {
    const tagged = playbook('tagged', 'has(alert.target) && alert.target.tags["tier"] == "gold"', 1);
    const target = {
      functionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:checkout',
      functionName: 'checkout',
      partition: 'aws',
      account: '111122223333',
      region: 'eu-west-1',
      tags: {},
    };
    expect(() => matchPlaybook([tagged, any], { ...alert, target })).toThrow(
      expect.objectContaining({ code: 'cordon_expression_failed' }),
    );
    expect(matchPlaybook([tagged, any], alert)?.id).toBe('any');
  });

  test('names a document by the digest of its text', () => {
    expect(severe.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(severe.sha256).not.toBe(any.sha256);
    expect(playbook('severe', 'alert.severity >= 7', 100).sha256).toBe(severe.sha256);
  });
});
