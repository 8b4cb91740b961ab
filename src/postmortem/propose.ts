import { isScalar, parseDocument } from 'yaml';
import type { Alert } from '../alert/alert.ts';
import type { GuardrailFiles } from '../guardrail/check.ts';
import { readGuardrails } from '../guardrail/policy-source.ts';
import type { Entry } from '../timeline/entry.ts';
import type { Edit } from './edit.ts';
import type { Facts, Response } from './facts.ts';
import { gatherFacts } from './facts.ts';
import { duration } from './markdown.ts';

/** What an incident's own course is held against: the definitions as they are now. */
export interface Definitions {
  readonly guardrails: GuardrailFiles;
  readonly playbook: { readonly id: string; readonly source: string };
}

const FUNCTION_ARN = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[\w-]{1,140}$/;

/**
 * What would have made this incident shorter, as edits for people to review. A true finding whose containment waited
 * for an approval that then came: the policy that asked no longer asks for this function when a source is as sure
 * and the finding as grave. A false one: the playbook's trigger leaves it out (`exclusion`, in CEL). Nothing is proposed
 * where people decided otherwise, or where the policy is not in these guardrails any more.
 */
export function proposeEdits(
  subject: { readonly alert: Alert; readonly verdict: string; readonly exclusion: string | null },
  entries: readonly Entry[],
  definitions: Definitions,
): readonly Edit[] {
  if (subject.exclusion !== null) return excluded(subject.exclusion, entries, definitions);
  if (subject.verdict !== 'true_positive') return [];
  return narrowed(subject.alert, gatherFacts(entries), definitions.guardrails);
}

/** How long an attempt waited for people who then agreed, in milliseconds; `null` when nobody was asked, or said no. */
function waited(response: Response): { readonly ms: number; readonly policies: readonly string[] } | null {
  const { askedAt, approvedAt, askedBy } = response;
  if (response.restores || askedAt === null || approvedAt === null || askedBy.length === 0) return null;
  return { ms: Date.parse(approvedAt) - Date.parse(askedAt), policies: askedBy };
}

function narrowed(alert: Alert, facts: Facts, guardrails: GuardrailFiles): readonly Edit[] {
  const known = new Map(readGuardrails(guardrails.policies).guardrails.map((each) => [each.id, each]));
  // By policy and function: several attempts may have waited for the same one.
  const waits = new Map<string, { policy: string; target: string; ms: number; entries: number[] }>();
  for (const response of facts.responses) {
    const wait = waited(response);
    const target = response.target ?? alert.target?.functionArn ?? '';
    if (wait === null || !FUNCTION_ARN.test(target)) continue;
    for (const policy of wait.policies) {
      const key = `${policy} ${target}`;
      const before = waits.get(key) ?? { policy, target, ms: 0, entries: [] };
      waits.set(key, {
        ...before,
        ms: Math.max(before.ms, wait.ms),
        entries: [...before.entries, ...response.entries],
      });
    }
  }
  return [...waits.values()].flatMap(({ policy, target, ms, entries }): Edit[] => {
    const guardrail = known.get(policy);
    if (guardrail?.asking == null) return [];
    const end = guardrail.offset + guardrail.text.length;
    const source = guardrails.policies.find(({ file }) => file === guardrail.file)?.text ?? '';
    const semicolon = source.lastIndexOf(';', end);
    if (semicolon < guardrail.offset) return [];
    return [
      {
        kind: 'guardrail',
        file: `guardrails/${guardrail.file.split('/').at(-1)}`,
        why: `${policy} asked, and people agreed after ${duration(ms)}: the finding was real. It no longer asks for this function when the finding is as grave and its source as sure.`,
        entries: [...new Set(entries)].sort((a, b) => a - b),
        start: semicolon,
        end: semicolon,
        text: `\n// Approved after ${duration(ms)} when the finding was real: as grave and as sure, it need not be asked again.\nunless\n{\n  resource == Target::${JSON.stringify(target)} &&\n  context.severity.greaterThanOrEqual(decimal("${alert.severity.toFixed(4)}")) &&\n  context.confidence.greaterThanOrEqual(decimal("${alert.confidence.toFixed(4)}"))\n}`,
      },
    ];
  });
}

function excluded(exclusion: string, entries: readonly Entry[], { playbook }: Definitions): readonly Edit[] {
  const document = parseDocument(playbook.source);
  const when = document.getIn(['triggers', 0, 'when'], true);
  if (!isScalar(when) || typeof when.value !== 'string' || when.range == null) return [];
  const [start, end] = when.range;
  return [
    {
      kind: 'playbook',
      file: `playbooks/${playbook.id}.yaml`,
      why: 'the finding was wrong: the trigger leaves exactly it out, on this function, until the exclusion ends by itself.',
      entries: gatherFacts(entries).answers.map(({ seq }) => seq),
      start,
      end,
      // A JSON string is a YAML one, and what it says is one CEL expression more.
      text: JSON.stringify(`(${when.value}) && ${exclusion}`),
    },
  ];
}
