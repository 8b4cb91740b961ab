import type { Command } from 'commander';
import type { Api, Context, Run } from '../context.ts';
import { withCustody } from '../custody.ts';
import type { ExitCode } from '../error.ts';
import { EXIT } from '../error.ts';
import { findIncident, type Incident, nameOf, REFERENCE } from '../incident.ts';
import { shown } from '../output.ts';

/** Runs an incident again with what it proposes, and says what that saves. */
export function postmortemReplay(group: Command, run: Run): void {
  group
    .command('replay')
    .summary('run the incident again with the changes that it proposes')
    .description(
      'Builds the account again from the manifest in the evidence, sends the alert again on a virtual clock, lets people answer as they did and as late, once with the definitions as they are and once with the proposed changes, and says how many seconds they save. Touches nothing real. Exit code 1 when the incident proposes no change.',
    )
    .argument('<incident>', REFERENCE)
    .action(
      run(async (context, reference: string) =>
        context.withApi(async (api) => replay(context, api, await findIncident(api, reference))),
      ),
    );
}

async function replay(context: Context, api: Api, incident: Incident): Promise<ExitCode> {
  const { out, clock, ids } = context;
  const { replayIncident } = await import('../../main/replay.ts');
  const { feedbackOfIncident } = await import('../../main/feedback.ts');
  const { sourceOf } = await import('../../postmortem/feedback.ts');
  const { unifiedDiff } = await import('../../postmortem/edit.ts');
  const config = await context.config();
  const feedback = await feedbackOfIncident(config.dataDir, incident.id);
  const entries = (await api.timeline(incident.id, 0))?.entries ?? [];
  const log = await context.log();
  const result = await withCustody(context, incident, (custody) =>
    replayIncident({ config, custody, incident: incident.id, feedback, entries, clock, ids, log }),
  );
  const changes = result.edits.map((edit) => ({
    kind: edit.kind,
    file: edit.file,
    why: edit.why,
    entries: edit.entries,
    diff: unifiedDiff(edit.file, sourceOf(edit, result.definitions), edit),
  }));
  const { recorded, before, after, opensNothing, leftOut } = result;
  const savedMs = savedBy(result);
  out.result(
    { incident: nameOf(incident), changes, recorded, before, after, opensNothing, savedMs, leftOut },
    () => {
      for (const change of changes) {
        out.line(`${out.paint.bold(change.file)}  ${shown(change.why, 500)}`);
        for (const line of change.diff.split('\n')) out.line(`  ${coloured(context, shown(line, 400))}`);
      }
      out.table(
        ['', 'accepted after', 'effective after', 'contained for'],
        [
          ['as it was', ...cells(recorded)],
          ['run again', ...cells(before)],
          [
            'with the changes',
            ...(after !== null
              ? cells(after)
              : changes.length === 0
                ? ['nothing to change', '', '']
                : ['no incident opens', '', '']),
          ],
        ],
      );
      for (const part of leftOut) out.remark(`The simulated account goes without ${shown(part, 200)}.`);
      out.line(
        changes.length === 0
          ? 'This incident proposes no change: nobody was waited for, or its finding has no verdict.'
          : opensNothing
            ? `The changes save the whole of it: ${seconds(before.containedForMs)} of a contained function.`
            : `The changes save ${out.paint.bold(seconds(savedMs))} until containment is effective.`,
      );
    },
  );
  return changes.length === 0 ? EXIT.no : EXIT.ok;
}

type Result = Awaited<ReturnType<typeof import('../../main/replay.ts').replayIncident>>;

function savedBy({ before, after, opensNothing }: Result): number | null {
  if (opensNothing) return before.containedForMs;
  const [was, is] = [
    before.effectiveMs ?? before.acceptedMs,
    after?.effectiveMs ?? after?.acceptedMs ?? null,
  ];
  return was === null || is === null ? null : was - is;
}

function cells(times: Result['before']): readonly string[] {
  return [times.acceptedMs, times.effectiveMs, times.containedForMs].map(seconds);
}

function seconds(ms: number | null): string {
  return ms === null ? 'not reached' : `${(ms / 1000).toFixed(1)} s`;
}

function coloured({ out }: Context, line: string): string {
  if (line.startsWith('+')) return out.paint.green(line);
  return line.startsWith('-') ? out.paint.red(line) : line;
}
