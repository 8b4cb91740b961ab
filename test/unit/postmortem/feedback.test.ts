import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Alert } from '../../../src/alert/alert.ts';
import { loadPlaybooks, PLAYBOOK_CATALOGUE } from '../../../src/definitions.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { compilePlaybook } from '../../../src/playbook/compile.ts';
import { FEEDBACK_SHAPE, feedbackOf, replayFeedback, scoreRules } from '../../../src/postmortem/feedback.ts';
import type { Entry } from '../../../src/timeline/entry.ts';
import { ARN, wholeIncident } from './whole-incident.ts';

const NOW = new Date('2026-02-01T00:00:00.000Z');
const { entries } = wholeIncident();
const alert: Alert = {
  source: 'guardduty',
  dedupeKey: 'finding-1',
  revision: '1',
  category: 'function-compromise',
  // Hostile on purpose: it must stay one string literal in the condition that is proposed.
  findingType: 'Backdoor:Lambda/"C&C" \\ || true',
  title: 't',
  description: 'd',
  severity: 8,
  confidence: 1,
  account: '111122223333',
  region: 'eu-west-1',
  target: {
    functionArn: ARN,
    functionName: 'checkout',
    partition: 'aws',
    account: '111122223333',
    region: 'eu-west-1',
    tags: {},
  },
  firstSeenAt: '2026-01-31T11:58:00.000Z',
  lastSeenAt: '2026-01-31T12:00:00.000Z',
  sample: false,
};
const incident = { id: 'inc-1', exercise: false, playbook: 'lambda-compromise', lead: 'dana', alert };

function judged(verdict: string): readonly Entry[] {
  return entries.map((entry) =>
    entry.body?.kind === 'question.answered'
      ? {
          ...entry,
          body: { ...entry.body, data: { form: 'triage', answer: { verdict, note: 'a load test' } } },
        }
      : entry,
  );
}

/** The shipped playbook with `condition` added to its trigger, as the record proposes. */
async function changed(condition: string) {
  const text = await readFile(join(PACKAGE_ROOT, 'playbooks', 'lambda-compromise.yaml'), 'utf8');
  const quoted = condition.replaceAll("'", "''");
  const made = text.replace(/when: '([^']*)'/, (_, when: string) => `when: '${when} && ${quoted}'`);
  expect(made).not.toBe(text);
  return [compilePlaybook(made, PLAYBOOK_CATALOGUE)];
}

describe('the feedback of an incident', () => {
  test('keeps a rule that was right: its alert must still start the playbook', async () => {
    const record = feedbackOf(incident, judged('true_positive'), NOW);
    expect(FEEDBACK_SHAPE.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(record).toMatchObject({
      verdict: 'true_positive',
      proposal: { kind: 'keep' },
      reason: 'a load test',
    });
    expect(replayFeedback(record, await loadPlaybooks())).toMatchObject({
      ok: true,
      starts: 'lambda-compromise',
    });
    expect(replayFeedback(record, [])).toMatchObject({ ok: false, starts: null, expected: 'starts' });
  });

  test.each(['false_positive', 'benign'])(
    'fails for a %s until its proposal is made, and passes then',
    async (verdict) => {
      const record = feedbackOf(incident, judged(verdict), NOW);
      if (record.proposal.kind !== 'suppress') throw new Error('expected a suppression to be proposed');
      expect(replayFeedback(record, await loadPlaybooks())).toMatchObject({
        ok: false,
        expected: 'does not start',
      });
      const playbooks = await changed(record.proposal.when);
      expect(replayFeedback(record, playbooks)).toMatchObject({ ok: true, starts: null });
      // The narrowest change: another function, another rule, and the same finding after the end, still start it.
      const other = (change: object) =>
        replayFeedback(
          { ...record, fixture: { ...record.fixture, alert: { ...alert, ...change } } },
          playbooks,
        ).starts;
      expect(other({ target: { ...alert.target, functionArn: `${ARN}-2` } })).toBe('lambda-compromise');
      expect(other({ findingType: 'Trojan:Lambda/DropPoint' })).toBe('lambda-compromise');
      expect(other({ lastSeenAt: '2026-06-01T00:00:00.000Z' })).toBe('lambda-compromise');
    },
  );

  test('expects nothing where nobody gave a verdict', async () => {
    const record = feedbackOf(incident, [], NOW);
    expect(record).toMatchObject({ verdict: 'unanswered', reason: null, decidedBy: null });
    expect(replayFeedback(record, [])).toMatchObject({ ok: true, expected: 'nothing' });
  });

  test('scores each rule over real incidents, and no drill', () => {
    const of = (verdict: string, exercise = false) => ({
      ...feedbackOf(incident, judged(verdict), NOW),
      exercise,
    });
    expect(
      scoreRules([
        of('true_positive'),
        of('false_positive'),
        of('true_positive', true),
        feedbackOf(incident, [], NOW),
      ]),
    ).toEqual([{ rule: alert.findingType, right: 1, wrong: 1, unanswered: 1, precision: 0.5 }]);
  });
});
