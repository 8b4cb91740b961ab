import { z } from 'zod';
import type { Target } from '../action/ports.ts';
import type { Json } from '../json.ts';
import { resumeAnswered } from './approval.ts';
import { noteComparison } from './compared.ts';
import type { Draft } from './draft.ts';
import { raiseLevel } from './level.ts';
import type { AttemptRow } from './state.ts';

const manifest = z.looseObject({
  roles: z.array(z.string()),
  sharedWith: z.number(),
  outside: z.array(z.string()).default([]),
  sinks: z.array(z.string()).default([]),
  logGroups: z.array(z.string()).default([]),
});
const swept = z.looseObject({ sink: z.looseObject({ alarm: z.boolean() }).nullable() });
const verification = z.looseObject({
  level: z.enum(['accepted', 'read_back', 'effective']),
  detail: z.string(),
});

/**
 * What the incident itself learns from an action's output, beyond what the playbook makes of it: the
 * target's roles and blast radius from its manifest, its level from a verification.
 */
export function learn(draft: Draft, attempt: AttemptRow, output: Json): void {
  if (attempt.target === null) return;
  if (attempt.action === 'target.capture-manifest') {
    const read = manifest.safeParse(output);
    if (!read.success) return;
    const { roles, sharedWith, outside, sinks, logGroups } = read.data;
    // Who else uses a role that others than Lambda may assume cannot be counted: unknown, so people are asked.
    learnTarget(draft, attempt.target, {
      roles,
      open: { sinks, logGroups, outside },
      sharedWith: sharedWith === 0 && outside.length > 0 ? -1 : sharedWith,
    });
    // What was asked only because nobody knew who else is on the role is answered by that.
    resumeAnswered(draft);
  } else if (attempt.action === 'target.compare-manifest') {
    noteComparison(draft, attempt.target, output);
  } else if (attempt.action === 'evidence.sweep') {
    const read = swept.safeParse(output);
    if (!read.success || read.data.sink?.alarm !== true) return;
    const { functionArn, means } = attempt.target;
    draft.post('announce', { name: 'quarantine-large', functionArn, sink: means?.sink ?? null });
  } else if (attempt.action === 'containment.verify') {
    const read = verification.safeParse(output);
    if (read.success) raiseLevel(draft, attempt.target, read.data.level, read.data.detail);
  }
}

function learnTarget(
  draft: Draft,
  target: Target,
  found: {
    readonly roles: readonly string[];
    readonly sharedWith: number;
    readonly open: NonNullable<Target['open']>;
  },
): void {
  const merge = (known: Target): Target =>
    known.functionArn === target.functionArn
      ? { ...known, roles: [...new Set([...known.roles, ...found.roles])], open: found.open }
      : known;
  draft.putTargets(draft.record.targets.map(merge));
  // The inventory also knows who else may assume a role, and the manifest what is there now: the wider one counts.
  const known = draft.record.sharedWith[target.functionArn] ?? -1;
  draft.record = {
    ...draft.record,
    sharedWith: { ...draft.record.sharedWith, [target.functionArn]: Math.max(known, found.sharedWith) },
  };
  for (const chart of [...draft.charts.values()]) {
    if (chart.item !== null) draft.putChart({ ...chart, item: merge(chart.item) });
  }
}
