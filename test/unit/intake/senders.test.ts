import { describe, expect, test } from '@jest/globals';
import { checkSenders } from '../../../src/intake/senders.ts';

const SECRET = 's'.repeat(32);

describe('the configured senders', () => {
  test('may have two secrets each', () => {
    expect(checkSenders({ 'detector-1': [SECRET, 't'.repeat(32)] }).get('detector-1')).toHaveLength(2);
  });

  test.each([
    ['a name with a slash', { 'a/b': [SECRET] }, 'cordon_intake_bad_sender_name'],
    ['an empty name', { '': [SECRET] }, 'cordon_intake_bad_sender_name'],
    ['no secret', { a: [] }, 'cordon_intake_weak_secret'],
    ['an empty secret', { a: [''] }, 'cordon_intake_weak_secret'],
    ['a short secret', { a: [SECRET, 's'.repeat(31)] }, 'cordon_intake_weak_secret'],
    ['a secret of somebody else', { a: [SECRET], b: [SECRET] }, 'cordon_intake_shared_secret'],
  ])('are refused with %s, and no secret is named', (_, configured, code) => {
    expect(() => checkSenders(configured)).toThrow(
      expect.objectContaining({ code, message: expect.not.stringContaining('sss') }),
    );
  });
});
