import type { rehearse } from '../main/rehearse.ts';
import type { Output } from './output.ts';
import { shown } from './output.ts';

type Rehearsal = Awaited<ReturnType<typeof rehearse>>[number];

/** What a dry run found, for people: each write, what it needs, how it is undone, and what the guardrails say. */
export function printRehearsals(out: Output, rehearsals: readonly Rehearsal[]): void {
  for (const each of rehearsals) {
    if (each.kind === 'refused') {
      out.line(`${out.paint.red('refused')}  ${each.code}: ${shown(each.message, 500)}`);
      continue;
    }
    out.line(`${out.paint.bold(shown(each.title))}  playbook ${shown(each.playbook, 60)}, mode ${each.mode}`);
    for (const attempt of each.attempts) {
      out.line(
        `  ${attempt.action} (${attempt.rung}) on ${shown(attempt.object, 200)}: ${shown(attempt.verdict, 300)}`,
      );
      for (const call of attempt.calls) {
        out.line(`    ${call.call}: ${shown(call.summary)}`);
        out.line(
          out.paint.dim(`      needs: ${call.permission.action} on ${shown(call.permission.resource)}`),
        );
        out.line(out.paint.dim(`      undone by: ${shown(call.undo)}`));
      }
      if (attempt.problem !== null) out.line(out.paint.yellow(`    ${shown(attempt.problem, 500)}`));
    }
  }
  out.line('Nothing was written.');
}
