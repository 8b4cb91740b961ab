import type { CaseFindings } from './case-findings.ts';
import type { EvidenceSummary } from './evidence-summary.ts';
import { unseenGrants } from './exposure-markdown.ts';
import { code, escaped, instant, table } from './markdown.ts';

/** What was collected and how it stands, and what nothing that was collected can show. */
export function evidence(summarised: EvidenceSummary | null): string {
  if (summarised === null)
    return 'Not verified for this render: "cordon evidence verify" says how it stands.';
  const checked = summarised.verified
    ? 'Every byte was checked against its seal when this was drafted; nothing was found.'
    : 'The check found the following when this was drafted:';
  const problems = summarised.problems.map((problem) => `- ${escaped(problem, 600)}`);
  const seal =
    summarised.manifestSha256 === null
      ? 'There is no valid seal.'
      : `Seals: ${summarised.seals}. Last manifest: ${code(summarised.manifestSha256)}. Keys: ${summarised.keyIds.map((id) => code(id)).join(', ')}.`;
  const rows = summarised.contents.map((line) =>
    line.kind === 'item'
      ? [
          `${code(line.name)}${line.version === 1 ? '' : ` (version ${line.version})`}`,
          escaped(line.artifact),
          `${line.size}`,
          code(line.sha256),
          `${code(line.apiCall)} at ${instant(line.collectedAt)}`,
          [line.secret ? 'encrypted' : '', line.matchesExpected ? '' : '**differs from the source digest**']
            .filter((note) => note !== '')
            .join(', '),
        ]
      : [code(line.name), escaped(line.artifact), '', '', '', `**not collected**: ${escaped(line.reason)}`],
  );
  const list =
    rows.length === 0
      ? 'Nothing was collected.'
      : table(['Item', 'Artifact', 'Bytes', 'SHA-256', 'Collected by', 'Note'], rows);
  return [[checked, ...problems].join('\n'), seal, list].join('\n\n');
}

export function limits(summarised: EvidenceSummary | null, found: CaseFindings | null): string {
  const unseen = unseenGrants(found);
  const named = unseen.slice(0, 10).map((grant) => code(grant));
  const more = unseen.length > named.length ? ` and ${unseen.length - named.length} more` : '';
  return [
    ...(summarised?.notObtainable ?? []).map(
      (entry) => `- ${escaped(entry.artifact)}: ${escaped(entry.reason)}`,
    ),
    '- What an execution environment did between two of its log lines and AWS calls.',
    '- Whether data that was read has left: CloudTrail shows calls, not where their answers went.',
    '- Calls that CloudTrail does not record unless data events were on before (invocations, object reads).',
    ...(named.length === 0
      ? []
      : [`- So whether these were used, which the roles allow: ${named.join(', ')}${more}.`]),
    ...(found === null || found.calls.length === 0
      ? []
      : [
          '- Which of the calls of a role were the attacker’s: sessions of the function and of whoever stole its credentials have the same name.',
        ]),
  ].join('\n');
}
