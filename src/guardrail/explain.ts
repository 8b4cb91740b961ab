import type { Decision } from './decision.ts';
import { silenceInWords } from './on-expiry.ts';
import type { Guardrail } from './policy-source.ts';

/** A decision in words, with each policy that made it. */
export interface Explanation {
  /** One sentence: `Ask 2 people within 15 min; if nobody decides, it is refused.` */
  readonly verdict: string;
  readonly because: readonly {
    readonly id: string;
    readonly reason: string;
    readonly file: string;
    readonly line: number;
  }[];
}

/** Explains a decision to people. A policy that is no longer loaded is named, with no reason. */
export function explainDecision(decision: Decision, guardrails: readonly Guardrail[]): Explanation {
  const byId = new Map(guardrails.map((guardrail) => [guardrail.id, guardrail]));
  return {
    verdict: verdictOf(decision),
    because: decision.policies.map((id) => {
      const guardrail = byId.get(id);
      return {
        id,
        reason: guardrail?.reason ?? 'not among the guardrails that are loaded now',
        file: guardrail?.file ?? '',
        line: guardrail?.line ?? 0,
      };
    }),
  };
}

/** Returns the explanation as plain lines: the verdict, then a line for each policy. */
export function formatExplanation(explanation: Explanation): string {
  const because = explanation.because.map(({ id, reason, file, line }) => {
    const where = file === '' ? '' : ` (${file}:${line})`;
    return `  ${id}: ${reason}${where}`;
  });
  return [explanation.verdict, ...because].join('\n');
}

function verdictOf(decision: Decision): string {
  switch (decision.kind) {
    case 'run':
      return 'Run.';
    case 'refuse':
      return `Refuse: ${decision.reason}`;
    case 'ask': {
      const people = decision.quorum === 1 ? '1 person' : `${decision.quorum} people`;
      return `Ask ${people} within ${minutes(decision.expiresMs)}; if nobody decides, ${silenceInWords(decision.onExpiry)}.`;
    }
  }
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 6_000) / 10} min`;
}
