import type { Context, Register } from '../context.ts';
import type { ExitCode } from '../error.ts';
import { EXIT } from '../error.ts';
import { shown } from '../output.ts';

const FILES = 'records of ended incidents; by default those of the data folder';

export const feedback: Register = (program, run) => {
  const group = program
    .command('feedback')
    .summary('replay what incidents said about detection')
    .description(
      'Each incident leaves a record of whether its alert was right, with the alert as a fixture and the change that it proposes.',
    );
  group
    .command('test')
    .summary('replay every alert against the playbooks as they are')
    .description(
      'Replays the alerts of ended incidents: a real one must still start its playbook, a false one must not any more, until its suppression ends. Exit code 1 names those that do otherwise.',
    )
    .argument('[files...]', FILES)
    .action(run(test));
  group
    .command('rules')
    .summary('say how often each rule was right')
    .description('Counts the verdicts about each rule of a detector, over real incidents.')
    .argument('[files...]', FILES)
    .action(run(rules));
};

async function recordsOf(context: Context, given: readonly string[]) {
  const { feedbackFiles, readFeedback } = await import('../../main/feedback.ts');
  const files = given.length > 0 ? given : await feedbackFiles((await context.config()).dataDir);
  return Promise.all(files.map(async (file) => ({ file, record: await readFeedback(file) })));
}

async function test(context: Context, files: readonly string[]): Promise<ExitCode> {
  const { out } = context;
  const records = await recordsOf(context, files);
  const { loadPlaybooks } = await import('../../definitions.ts');
  const { replayFeedback } = await import('../../postmortem/feedback.ts');
  const playbooks = await loadPlaybooks((await context.config()).playbooksDir);
  const results = records.map(({ file, record }) => ({
    file,
    ...replayFeedback(record, playbooks),
    proposal: record.proposal,
  }));
  const failed = results.filter((result) => !result.ok);
  out.result({ records: results.length, failed: failed.length, results }, () => {
    for (const result of results) {
      const mark = result.ok ? out.paint.green('ok') : out.paint.red('failed');
      const now = result.starts === null ? 'starts no playbook' : `starts ${result.starts}`;
      out.line(
        `${mark}  ${result.incident}  ${shown(result.rule, 80)} (${result.verdict.replaceAll('_', ' ')}): ${now}, expected: ${result.expected}`,
      );
      if (!result.ok && result.proposal.kind === 'suppress') {
        out.line('      proposed: add this to the trigger of the playbook, with "&&":');
        out.line(`      ${shown(result.proposal.when, 2000)}`);
      }
    }
    out.line(`${results.length - failed.length} of ${results.length} as expected.`);
  });
  return failed.length === 0 ? EXIT.ok : EXIT.no;
}

async function rules(context: Context, files: readonly string[]): Promise<ExitCode> {
  const { out } = context;
  const records = await recordsOf(context, files);
  const { scoreRules } = await import('../../postmortem/feedback.ts');
  const scores = scoreRules(records.map(({ record }) => record));
  out.result(scores, () => {
    if (scores.length === 0) return out.line('No real incident has left a record yet.');
    out.table(
      ['rule', 'right', 'wrong', 'unanswered', 'precision'],
      scores.map((score) => [
        shown(score.rule, 80),
        String(score.right),
        String(score.wrong),
        String(score.unanswered),
        score.precision === null ? '' : `${Math.round(100 * score.precision)} %`,
      ]),
    );
  });
  return EXIT.ok;
}
