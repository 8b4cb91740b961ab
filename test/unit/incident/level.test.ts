import { describe, expect, test } from '@jest/globals';
import { incidentLevel } from '../../../src/incident/level.ts';
import type { Level } from '../../../src/incident/state.ts';
import { incidentCard, statusLine } from '../../../src/slack/render/card.ts';
import { LEVEL_MARK } from '../../../src/slack/render/level.ts';
import { TARGET } from '../../support/action-context.ts';
import { incident } from '../slack/harness.ts';

const NAMES = ['checkout', 'billing', 'mailer'];
const targets = NAMES.map((name) => ({
  ...TARGET,
  functionName: name,
  functionArn: `${TARGET.functionArn}-${name}`,
}));
const levelOf = (...levels: Level[]) =>
  incidentLevel(
    Object.fromEntries(levels.map((level, index) => [targets[index]?.functionArn ?? '', level])),
    targets.slice(0, levels.length),
  );

describe('the level of an incident', () => {
  test('is that of its least contained function', () => {
    expect(levelOf('effective', 'read_back')).toBe('read_back');
    expect(levelOf('observed', 'effective')).toBe('effective');
    expect(levelOf('effective', 'none', 'observed')).toBe('none');
    expect(incidentLevel({}, [])).toBe('none');
    expect(incidentLevel({}, targets)).toBe('none');
  });

  test('is breached when one function is, whatever the others are', () => {
    for (const other of ['none', 'accepted', 'read_back', 'effective', 'observed'] as const) {
      expect(levelOf(other, 'breached')).toBe('breached');
      expect(levelOf('breached', other, 'effective')).toBe('breached');
    }
  });

  test('is what people see first, and each function has its own beside it', () => {
    const [one] = incident().targets;
    if (one === undefined) throw new Error('the incident of the harness has no target');
    const card = JSON.stringify(
      incidentCard(
        incident({
          level: 'breached',
          containedAt: null,
          targets: [
            { ...one, level: 'effective' },
            { ...one, functionName: 'billing', level: 'breached' },
          ],
        }),
      ),
    );
    expect(statusLine(incident({ level: 'breached', containedAt: null }))).toMatch(/^🔴 \*BREACHED\*/);
    expect(card).toContain(LEVEL_MARK.effective);
    expect(card).toContain(LEVEL_MARK.breached);
  });
});
