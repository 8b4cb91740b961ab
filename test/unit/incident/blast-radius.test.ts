import { describe, expect, test } from '@jest/globals';
import { ACTIONS } from '../../../src/action/catalogue.ts';
import { blastRadiusOf } from '../../../src/incident/blast-radius.ts';
import type { AttemptRow } from '../../../src/incident/state.ts';
import { TARGET } from '../../support/action-context.ts';

const told = (action: string): string => {
  // Of an attempt only these are read.
  const attempt = { action, effect: 'contain', target: TARGET, input: {} } as unknown as AttemptRow;
  return blastRadiusOf(attempt, { sharedWith: {} }, ACTIONS.get(action)).join(' ');
};

describe('what an approver is told that people lose', () => {
  test('is the function itself only where it is stopped, or its role denied', () => {
    const stops = [...ACTIONS.values()].filter(
      ({ id, effect }) => effect === 'contain' && told(id).includes('stops: its callers are throttled'),
    );
    expect(stops.map(({ id }) => id).sort()).toEqual([
      'iam.quarantine-role',
      'lambda.reserve-zero-concurrency',
      'lambda.scale-instances-to-zero',
    ]);
  });

  test('is one way in where one way in is closed', () => {
    expect(told('lambda.close-url')).toContain('every other way in stays open');
    expect(told('lambda.remove-permission')).toContain('every other way in stays open');
  });
});
