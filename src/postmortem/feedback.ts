import { z } from 'zod';
import type { Alert } from '../alert/alert.ts';
import type { CompiledPlaybook } from '../playbook/compile.ts';
import { matchPlaybook } from '../playbook/match.ts';
import type { Entry } from '../timeline/entry.ts';
import { type Edit, unifiedDiff } from './edit.ts';
import { gatherFacts } from './facts.ts';
import type { Definitions } from './propose.ts';
import { proposeEdits } from './propose.ts';

/**
 * What an incident says back to detection: was the rule right, what should change, and the alert itself as a
 * regression fixture. Replayed, a true finding must still start its playbook; a false one fails until the
 * change that its record proposes is made, and passes then.
 */
export const FEEDBACK_SHAPE = z.strictObject({
  version: z.literal(1),
  incident: z.string().min(1),
  exercise: z.boolean(),
  /** The source's own name of the rule. */
  rule: z.string().min(1),
  source: z.string().min(1),
  verdict: z.enum(['true_positive', 'false_positive', 'benign', 'unanswered']),
  reason: z.string().nullable(),
  decidedBy: z.string().nullable(),
  proposal: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('keep') }),
    /** A condition (CEL) to add to the playbook's trigger with `&&`; it ends by itself at `expiresAt`. */
    z.strictObject({ kind: z.literal('suppress'), when: z.string().min(1), expiresAt: z.iso.datetime() }),
  ]),
  /** Changes of guardrails and playbook that would have made this incident shorter, for people to review. */
  changes: z
    .array(
      z.strictObject({
        kind: z.enum(['guardrail', 'playbook']),
        file: z.string().min(1),
        why: z.string().min(1),
        /** Entries of the incident's timeline that it comes from. */
        entries: z.array(z.int()),
        /** A unified diff: `git apply` takes it. */
        diff: z.string().min(1),
      }),
    )
    .default([]),
  owner: z.string().nullable(),
  dueAt: z.iso.datetime(),
  fixture: z.strictObject({
    playbook: z.string().min(1),
    alert: z.looseObject({ findingType: z.string(), lastSeenAt: z.string() }),
  }),
});

export type Feedback = z.infer<typeof FEEDBACK_SHAPE>;

/** What a replay of one record came to. */
export interface FeedbackResult {
  readonly incident: string;
  readonly rule: string;
  readonly verdict: Feedback['verdict'];
  readonly expected: 'starts' | 'does not start' | 'nothing';
  /** The playbook that the alert starts now, if any. */
  readonly starts: string | null;
  readonly ok: boolean;
}

const DAY_MS = 86_400_000;
// A suppression that nobody looks at again hides the next real finding: it always ends.
const SUPPRESS_MS = 90 * DAY_MS;
const DUE_MS = 7 * DAY_MS;

/** The record of one incident. `now` is when it is written: the suppression that it proposes counts from then. */
export function feedbackOf(
  incident: {
    readonly id: string;
    readonly exercise: boolean;
    readonly playbook: string;
    readonly lead: string | null;
    readonly alert: Alert;
  },
  entries: readonly Entry[],
  now: Date,
  definitions?: Definitions,
): Feedback {
  const answer = gatherFacts(entries).answers.findLast(
    (each) => each.form === 'triage' && each.verdict !== null,
  );
  const verdict = verdictOf(answer?.verdict ?? null);
  const expiresAt = new Date(now.getTime() + SUPPRESS_MS).toISOString();
  const wrong = verdict === 'false_positive' || verdict === 'benign';
  const record: Omit<Feedback, 'changes'> = {
    version: 1,
    incident: incident.id,
    exercise: incident.exercise,
    rule: incident.alert.findingType,
    source: incident.alert.source,
    verdict,
    reason: answer?.note ?? null,
    decidedBy: answer?.by ?? null,
    proposal: wrong
      ? { kind: 'suppress', when: exclusionOf(incident.alert, expiresAt), expiresAt }
      : { kind: 'keep' },
    owner: incident.lead,
    dueAt: new Date(now.getTime() + DUE_MS).toISOString(),
    fixture: { playbook: incident.playbook, alert: { ...incident.alert } },
  };
  if (definitions === undefined) return { ...record, changes: [] };
  const changes = editsOf(record, entries, definitions).map((edit) => ({
    kind: edit.kind,
    file: edit.file,
    why: edit.why,
    entries: [...edit.entries],
    diff: unifiedDiff(edit.file, sourceOf(edit, definitions), edit),
  }));
  return { ...record, changes };
}

/** What an incident's record proposes, as edits of the definitions as they are now. */
export function editsOf(
  feedback: Pick<Feedback, 'verdict' | 'proposal' | 'fixture'>,
  entries: readonly Entry[],
  definitions: Definitions,
): readonly Edit[] {
  const { proposal, verdict, fixture } = feedback;
  return proposeEdits(
    {
      // Written by `feedbackOf` from an alert.
      alert: fixture.alert as unknown as Alert,
      verdict,
      exclusion: proposal.kind === 'suppress' ? proposal.when : null,
    },
    entries,
    definitions,
  );
}

/** The text of the file that an edit is of. */
export function sourceOf(edit: Pick<Edit, 'kind' | 'file'>, definitions: Definitions): string {
  if (edit.kind === 'playbook') return definitions.playbook.source;
  const name = edit.file.split('/').at(-1);
  return definitions.guardrails.policies.find(({ file }) => file.split('/').at(-1) === name)?.text ?? '';
}

/** Replays the fixture against the playbooks as they are now. */
export function replayFeedback(feedback: Feedback, playbooks: readonly CompiledPlaybook[]): FeedbackResult {
  // Written by `feedbackOf` from an alert; whoever edits the file by hand gets what the triggers make of it.
  const alert = feedback.fixture.alert as unknown as Alert;
  const starts = matchPlaybook(playbooks, alert)?.id ?? null;
  const expected = expectationOf(feedback, alert);
  const ok =
    expected === 'nothing' ||
    (expected === 'starts' ? starts === feedback.fixture.playbook : starts === null);
  return {
    incident: feedback.incident,
    rule: feedback.rule,
    verdict: feedback.verdict,
    expected,
    starts,
    ok,
  };
}

/** Precision and counts of each rule over real incidents (drills say nothing of a detector); `precision` is null where nobody gave a verdict. */
export function scoreRules(records: readonly Feedback[]): readonly {
  readonly rule: string;
  readonly right: number;
  readonly wrong: number;
  readonly unanswered: number;
  readonly precision: number | null;
}[] {
  return [...grouped(records)].map(([rule, group]) => {
    const count = (...verdicts: readonly Feedback['verdict'][]) =>
      group.filter((each) => verdicts.includes(each.verdict)).length;
    const right = count('true_positive');
    const wrong = count('false_positive', 'benign');
    return {
      rule,
      right,
      wrong,
      unanswered: count('unanswered'),
      precision: right + wrong === 0 ? null : right / (right + wrong),
    };
  });
}

function grouped(records: readonly Feedback[]): ReadonlyMap<string, readonly Feedback[]> {
  const rules = new Map<string, Feedback[]>();
  for (const record of records) {
    if (record.exercise) continue;
    rules.set(record.rule, [...(rules.get(record.rule) ?? []), record]);
  }
  return new Map([...rules].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function verdictOf(verdict: string | null): Feedback['verdict'] {
  switch (verdict) {
    case 'true_positive':
    case 'false_positive':
    case 'benign':
      return verdict;
    default:
      return 'unanswered';
  }
}

function expectationOf(feedback: Feedback, alert: Alert): FeedbackResult['expected'] {
  if (feedback.verdict === 'unanswered') return 'nothing';
  return feedback.proposal.kind === 'suppress' && alert.lastSeenAt < feedback.proposal.expiresAt
    ? 'does not start'
    : 'starts';
}

/**
 * The narrowest condition that leaves this finding out: its rule, on its function, until it expires. The words
 * are the attacker's, so they stand in it as string literals (JSON's escapes are CEL's too).
 */
function exclusionOf(alert: Alert, expiresAt: string): string {
  const about =
    alert.target === undefined
      ? `alert.account == ${JSON.stringify(alert.account)}`
      : `has(alert.target) && alert.target.functionArn == ${JSON.stringify(alert.target.functionArn)}`;
  return `!(alert.findingType == ${JSON.stringify(alert.findingType)} && ${about} && alert.lastSeenAt < ${JSON.stringify(expiresAt)})`;
}
